/**
 * Our WebGPU engine and tfjs's own, each on a device of its own, side by side.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { Backend } from "../backend/backend.ts";
import type { ConvolutionMode, ConvolutionShape } from "../backend/webgpu/convolution/shape.ts";
import { supportedVariants, traitsOf } from "../backend/webgpu/convolution/support.ts";
import { describeAdapters, openStockWebGpu, openWebGpu } from "../backend/webgpu/open.ts";
import { UsageError } from "../errors.ts";

/** An engine that is open. */
export interface Engine {
  /** Its name in tfjs. */
  readonly name: string;
  readonly backend: Backend;
  /** tfjs's side of it, which has the device. */
  readonly tfjs: WebGPUBackend;
}

/** What is compared. */
export interface Engines {
  readonly ours: Engine;
  readonly stock?: Engine;
}

/**
 * Opens ours, and tfjs's own beside it if it is to be compared.
 *
 * @throws {UsageError} if this machine has no WebGPU adapter
 */
export async function openEngines(compare: boolean): Promise<Engines> {
  const adapter = await firstAdapter(), traits = traitsOf(adapter);
  const choose = (mode: ConvolutionMode, shape: ConvolutionShape) =>
    supportedVariants(mode, shape, "f32", traits)[0]!;
  const ours = current(await openWebGpu(adapter, { choose }));
  if (!compare) return { ours };
  // An adapter gives one device.
  return { ours, stock: current(await openStockWebGpu(await firstAdapter())) };
}

/** Resolves as `work` does, unless a device fails first. */
export function guardAll<T>({ ours, stock }: Engines, work: Promise<T>): Promise<T> {
  const guarded = ours.backend.guard(work);
  return stock ? stock.backend.guard(guarded) : guarded;
}

/** Closes both. */
export function closeEngines({ ours, stock }: Engines): void {
  ours.backend.close();
  stock?.backend.close();
}

async function firstAdapter(): Promise<GPUAdapter> {
  const [first] = await describeAdapters();
  if (first) return first.adapter;
  throw new UsageError(
    "There is no WebGPU adapter to measure: install a GPU driver (or Mesa's software Vulkan).",
  );
}

/** `backend`, which has just become tfjs's. */
function current(backend: Backend): Engine {
  return { name: tf.getBackend(), backend, tfjs: tf.backend() as WebGPUBackend };
}
