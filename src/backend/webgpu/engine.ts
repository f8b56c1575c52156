/**
 * What the parts of the WebGPU engine share.
 *
 * @module
 */
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { Precision } from "./convolution/shape.ts";
import type { KernelDevice } from "./program/device.ts";
import type { Graph, Slab } from "./trace/graph.ts";
import { type Plan, plan } from "./program/plan.ts";
import type { MemoryPool } from "./program/memory_pool.ts";
import { schedule, type ScheduleOptions } from "./program/schedule.ts";
import type { Tuner } from "./tuning/tuner.ts";

/** An open device with tfjs on it. */
export interface WebGpuEngine {
  readonly tfjs: WebGPUBackend;
  readonly kernels: KernelDevice;
  readonly pool: MemoryPool;
  readonly tuner: Tuner;
  /** How the attack's network may keep its operands in training. */
  readonly attackPrecision: Precision;
}

/** Plans `graph` for `engine`, by the tuner's choices unless others are given. */
export function planGraph(
  graph: Graph,
  { tuner, kernels: { device } }: WebGpuEngine,
  options: Partial<ScheduleOptions> = {},
): Plan {
  const scheduled = schedule(graph, { choose: tuner.choose, ...options });
  return plan(graph, scheduled, Math.min(device.limits.maxBufferSize, LARGEST_ARENA));
}

/** Bytes of one buffer that values share. */
const LARGEST_ARENA = 2 ** 30;

/** For programs without slabs. */
export function noSlabs(slab: Slab): never {
  throw new Error(`There is no slab called ${slab.label} here.`);
}
