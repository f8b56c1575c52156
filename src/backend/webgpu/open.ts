/**
 * The WebGPU engine: tfjs's backend on a device of our own, with every limit the adapter has, our kernels, and errors that
 * stop the run instead of becoming silent zeros.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { RunError, UsageError } from "../../errors.ts";
import type { Backend, EngineOptions } from "../backend.ts";
import { registerComposedKernels } from "../composed/register.ts";
import { makeCurrent, once, refuseSecond } from "../current.ts";
import { EagerDeviceState } from "../eager.ts";
import { CATALOGUE, type Catalogue } from "./convolution/catalogue.ts";
import { KernelDevice, largestBlock, traitsOf } from "./program/device.ts";
import type { WebGpuEngine } from "./engine.ts";
import { frozenGraph, frozenKernels } from "./frozen.ts";
import { quietMesa } from "./mesa.ts";
import { MemoryPool } from "./program/memory_pool.ts";
import { ReplayedDeviceState } from "./device_state.ts";
import { convolutionsOf } from "./program/schedule.ts";
import { registerTraceKernels } from "./trace/kernels.ts";
import { Tuner } from "./tuning/tuner.ts";
import { tuningPath, TuningStore } from "./tuning/store.ts";

/** An adapter and what is known of it. */
export interface AdapterDescription {
  readonly adapter: GPUAdapter;
  /** Vendor, device and driver as far as the platform tells. */
  readonly description: string;
  /** A CPU that plays a GPU (lavapipe, SwiftShader, WARP). */
  readonly software: boolean;
}

const SOFTWARE = /llvmpipe|lavapipe|swiftshader|basic render|software/i;

/** The adapters of this machine, best first; empty when there is none or WebGPU is missing. */
export async function describeAdapters(): Promise<AdapterDescription[]> {
  // A runtime without WebGPU has no `navigator.gpu`, whatever the type says.
  const gpu = navigator.gpu as GPU | undefined;
  await quietMesa();
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return [];
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const name = description || [vendor, architecture, device].filter(Boolean).join(" ");
  return [{ adapter, description: name, software: isFallbackAdapter || SOFTWARE.test(name) }];
}

/** What timings depend on beside the kernels: the device, and Deno, which translates shaders and drives it. */
export function hostOf(description: string): string {
  return `${description}, Deno ${Deno.version.deno}`;
}

/** The engine's name in tfjs: `webgpu` is that of tfjs's own. */
export const ENGINE_NAME = "memloss-webgpu";

/** The limits that tfjs's kernels or ours depend on, raised to what the adapter offers. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxTextureDimension2D",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeWorkgroupSizeX",
  "maxComputeInvocationsPerWorkgroup",
] as const;

/** Features that some kernels use where they exist. */
const FEATURES = ["shader-f16", "timestamp-query"] as const;

/** How the engine is opened. */
export interface WebGpuOptions
  extends Pick<EngineOptions, "attackPrecision" | "tune" | "pinned" | "onNote" | "onProgress"> {
  /** The convolutions to choose from; all unless given. */
  readonly catalogue?: Catalogue;
  /** Where timings are kept; the user's cache unless given. */
  readonly store?: TuningStore;
}

/**
 * Opens the adapter as tfjs's current backend, with our kernels.
 *
 * @throws {UsageError} if the attack is to compute in float16, which the adapter cannot, or if one is open
 */
export async function openWebGpu(
  { adapter, description, software }: AdapterDescription,
  options: WebGpuOptions = {},
): Promise<Backend> {
  if (options.attackPrecision === "f16" && !adapter.features.has("shader-f16")) {
    throw new UsageError(`--attack-precision f16 needs shader-f16, which ${description} lacks.`);
  }
  refuseSecond(ENGINE_NAME);
  const opened = await openDevice(adapter);
  const { device } = opened;
  const tfjs = new WebGPUBackend(device, adapter.info);
  const { attackPrecision = "f32", tune = true, onNote = () => {}, onProgress = () => {} } =
    options;
  const name = nameOf(adapter), { pinned } = options;
  const tuner = await Tuner.open(device, {
    catalogue: options.catalogue ?? CATALOGUE,
    // What suited another device may be slow on this one or beyond it, and would not give the same bits either.
    pinned: pinned?.adapter === name ? pinned.variants : {},
    traits: traitsOf(device),
    software,
    onNote,
    onProgress,
    host: hostOf(description),
    ...tune && { store: options.store ?? new TuningStore(await tuningPath(), onNote) },
  });
  const kernels = new KernelDevice(device), pool = new MemoryPool(kernels);
  const engine: WebGpuEngine = { tfjs, kernels, pool, tuner, attackPrecision };
  if (!tf.getKernel("Add", ENGINE_NAME)) tf.copyRegisteredKernels("webgpu", ENGINE_NAME);
  const remove = await makeCurrent(ENGINE_NAME, tfjs).catch((error) => {
    opened.close(); // another engine was opened in the meantime
    throw error;
  });
  registerComposedKernels(ENGINE_NAME);
  registerTraceKernels();
  const frozen = frozenKernels(engine);
  register(frozen.kernels);
  return {
    name: "webgpu",
    adapter: name,
    threads: 1,
    weightLimit: largestBlock(device),
    choices: () => tuner.choices(),
    async prepare(layers, weights, images) {
      const convolutions = convolutionsOf(frozenGraph(layers, weights, images).graph);
      await tuner.prepare(convolutions);
      convolutions.forEach(tuner.choose);
      tuner.settle();
    },
    deviceState: (maps) => new ReplayedDeviceState(engine, maps),
    guard: opened.guard,
    close: once(() => {
      frozen.dispose();
      pool.dispose();
      remove();
      opened.close();
    }),
  };
}

function nameOf({ info: { description, vendor } }: GPUAdapter): string {
  return description || vendor;
}

/** Opens `adapter` as tfjs's current backend with nothing but tfjs's own kernels: what ours are compared with. */
export async function openStockWebGpu(adapter: GPUAdapter): Promise<Backend> {
  const opened = await openDevice(adapter);
  // tfjs registers one of its own when it is imported; this device replaces it.
  if (tf.findBackendFactory("webgpu")) tf.removeBackend("webgpu");
  const remove = await makeCurrent("webgpu", new WebGPUBackend(opened.device, adapter.info));
  registerComposedKernels("webgpu");
  return {
    name: "webgpu",
    adapter: nameOf(adapter),
    threads: 1,
    choices: () => ({}),
    prepare: () => Promise.resolve(),
    deviceState: (maps) => new EagerDeviceState(maps),
    guard: opened.guard,
    close: once(() => {
      remove();
      opened.close();
    }),
  };
}

/** A device whose errors and loss end what waits in `guard`. */
async function openDevice(adapter: GPUAdapter) {
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  const requiredFeatures = FEATURES.filter((name) => adapter.features.has(name));
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures });

  let closing = false;
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {}); // whoever waits in `guard` reports it; nobody waiting is no crash
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    const { error } = event as GPUUncapturedErrorEvent;
    failed.reject(
      new RunError(
        error instanceof GPUOutOfMemoryError
          ? "The GPU has not enough memory left: use a smaller --batch-size or --width."
          : `The GPU reported an error: ${error.message}`,
      ),
    );
  });
  device.lost.then(({ reason, message }) => {
    if (closing) return;
    failed.reject(new RunError(`The GPU device was lost (${reason}): ${message}`));
  });
  // Tensors of under 1,000 values would otherwise be computed on tfjs's JavaScript backend, unasked.
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  return {
    device,
    async guard<T>(work: Promise<T>): Promise<T> {
      try {
        return await Promise.race([failed.promise, work]); // a failure that is known wins
      } catch (error) {
        // A device that fails makes calls throw before it tells, a turn later, what happened.
        await new Promise((resolve) => setTimeout(resolve));
        await Promise.race([failed.promise, undefined]);
        throw error;
      }
    },
    close() {
      closing = true;
      device.destroy();
    },
  };
}

/** Registers `kernels` for the engine, in place of those of a device that is closed. */
function register(kernels: ReturnType<typeof frozenKernels>["kernels"]): void {
  for (const [kernelName, compute] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, ENGINE_NAME)) tf.unregisterKernel(kernelName, ENGINE_NAME);
    tf.registerKernel({
      kernelName,
      backendName: ENGINE_NAME,
      kernelFunc: ({ inputs, attrs }) =>
        compute(inputs as Record<string, tf.TensorInfo>, attrs as tf.NamedAttrMap),
    });
  }
}
