/**
 * Our WebGPU engine and tfjs's own, each on a device of its own, side by side.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { Backend, EngineOptions } from "../backend/backend.ts";
import {
  type AdapterDescription,
  describeAdapters,
  openStockWebGpu,
  openWebGpu,
} from "../backend/webgpu/open.ts";
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
  /** Whether the device is a CPU that plays a GPU. */
  readonly software: boolean;
  readonly ours: Engine;
  readonly stock?: Engine;
}

/**
 * Opens ours, and tfjs's own beside it if it is to be compared.
 *
 * @param options of ours
 * @throws {UsageError} if this machine has no WebGPU adapter
 */
export async function openEngines(compare: boolean, options: EngineOptions): Promise<Engines> {
  const first = await firstAdapter(), { software } = first;
  const ours = current(await openWebGpu(first, options));
  if (!compare) return { software, ours };
  const { adapter } = await firstAdapter(); // an adapter gives one device
  return { software, ours, stock: current(await openStockWebGpu(adapter)) };
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

async function firstAdapter(): Promise<AdapterDescription> {
  const [first] = await describeAdapters();
  if (first) return first;
  throw new UsageError(
    "There is no WebGPU adapter to measure: install a GPU driver (or Mesa's software Vulkan).",
  );
}

/** `backend`, which has just become tfjs's. */
function current(backend: Backend): Engine {
  return { name: tf.getBackend(), backend, tfjs: tf.backend() as WebGPUBackend };
}
