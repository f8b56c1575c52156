/**
 * tfjs's WebGPU backend on a device of our own: with every limit the adapter has, and with errors that stop the run
 * instead of becoming silent zeros.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { RunError } from "../../errors.ts";
import type { Backend } from "../backend.ts";
import { registerComposedKernels } from "../composed/register.ts";

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
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return [];
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const name = description || [vendor, architecture, device].filter(Boolean).join(" ");
  return [{ adapter, description: name, software: isFallbackAdapter || SOFTWARE.test(name) }];
}

/** The limits that tfjs's kernels depend on, raised to what the adapter offers. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeWorkgroupSizeX",
  "maxComputeInvocationsPerWorkgroup",
] as const;

/** Opens `adapter` as tfjs's current backend. */
export async function openWebGpu(adapter: GPUAdapter): Promise<Backend> {
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  const device = await adapter.requestDevice({ requiredLimits });

  let closing = false;
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {}); // whoever waits in `guard` reports it; nobody waiting is no crash
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    failed.reject(new RunError(`The GPU reported an error: ${event.error.message}`));
  });
  device.lost.then(({ reason, message }) => {
    if (closing) return;
    failed.reject(new RunError(`The GPU device was lost (${reason}): ${message}`));
  });

  // Tensors of under 1,000 values would otherwise be computed on tfjs's JavaScript backend, unasked.
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  // tfjs registers one of its own when it is imported; this device replaces it.
  if (tf.findBackendFactory("webgpu")) tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", () => new WebGPUBackend(device, adapter.info));
  await tf.setBackend("webgpu");
  registerComposedKernels("webgpu");

  return {
    name: "webgpu",
    adapter: adapter.info.description || adapter.info.vendor,
    threads: 1,
    guard: (work) => Promise.race([work, failed.promise]),
    close() {
      closing = true;
      tf.removeBackend("webgpu");
      device.destroy();
    },
  };
}
