/**
 * How long kernels take on a device.
 *
 * @module
 */
import { type BoundKernel, dispatchAll } from "../program/device.ts";

/** Seconds by which the wall clock is off: what waits for the device may be woken 10 ms late, and more if others compute. */
const WALL_RESOLUTION = 0.02;

/** Contradictions after which timestamps are given up: a late awakening alone makes one now and then. */
const MOST_CONTRADICTIONS = 3;

/** A time in seconds, and by how many it may be off. */
export interface Timing {
  readonly seconds: number;
  readonly resolution: number;
  /** Seconds by the wall clock. */
  readonly wall: number;
}

/**
 * Times kernels by the device's timestamps where they tell nanoseconds, else by the wall clock. Some devices have
 * timestamps in ticks of their own: those that contradict the wall clock again and again are not asked any more.
 */
export class DispatchClock {
  readonly #device: GPUDevice;
  #timestamps: { readonly queries: GPUQuerySet; readonly buffer: GPUBuffer } | undefined;
  #contradictions = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
    if (!device.features.has("timestamp-query")) return;
    this.#timestamps = {
      queries: device.createQuerySet({ type: "timestamp", count: 2 }),
      buffer: device.createBuffer({
        size: 16,
        usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
      }),
    };
  }

  /** The time of `times` runs of `kernels` in a row. */
  async time(kernels: readonly BoundKernel[], times: number): Promise<Timing> {
    const encoder = this.#device.createCommandEncoder();
    const timestamps = this.#timestamps, size = 16;
    const pass = encoder.beginComputePass(
      timestamps && {
        timestampWrites: {
          querySet: timestamps.queries,
          beginningOfPassWriteIndex: 0,
          endOfPassWriteIndex: 1,
        },
      },
    );
    for (let i = 0; i < times; i++) dispatchAll(pass, kernels);
    pass.end();
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = timestamps && this.#device.createBuffer({ size, usage });
    if (staging) {
      encoder.resolveQuerySet(timestamps.queries, 0, 2, timestamps.buffer, 0);
      encoder.copyBufferToBuffer(timestamps.buffer, 0, staging, 0, size);
    }
    const started = performance.now();
    this.#device.queue.submit([encoder.finish()]);
    await this.#device.queue.onSubmittedWorkDone();
    const wall = (performance.now() - started) / 1000;
    if (staging) {
      await staging.mapAsync(GPUMapMode.READ);
      const [begin, end] = new BigUint64Array(staging.getMappedRange());
      const seconds = Number(end! - begin!) / 1e9;
      staging.destroy();
      const agrees = Math.abs(wall - seconds) <= WALL_RESOLUTION + wall / 10;
      if (seconds > 0 && agrees) {
        if (seconds > WALL_RESOLUTION) this.#contradictions = 0; // what is shorter agrees with anything
        return { seconds, resolution: 0, wall };
      }
      if (++this.#contradictions === MOST_CONTRADICTIONS) this.dispose();
    }
    return { seconds: wall, resolution: WALL_RESOLUTION, wall };
  }

  /** Frees what timestamps need. */
  dispose(): void {
    this.#timestamps?.queries.destroy();
    this.#timestamps?.buffer.destroy();
    this.#timestamps = undefined;
  }
}
