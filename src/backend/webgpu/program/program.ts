/**
 * A plan on a device: pipelines, memory and bind groups made once, then replayed without a call of tfjs.
 *
 * @module
 */
import {
  type BoundKernel,
  dispatchAll,
  type KernelDevice,
  type Memory,
  release,
  submissionsOf,
} from "./device.ts";
import type { Slab } from "../trace/graph.ts";
import type { Place, Placed, Plan } from "./plan.ts";
import { type MemoryPool, sharedBlocks } from "./memory_pool.ts";

/** A buffer, or a part of one. */
export interface BufferPart {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/** A computation of fixed shapes, ready to run. */
export class Program {
  readonly plan: Plan;
  readonly #kernels: KernelDevice;
  readonly #pool: MemoryPool;
  readonly #slabs: (slab: Slab) => GPUBuffer;
  /** By the plan's block: memory of its own, or the number of a slot of the pool. */
  readonly #blocks: readonly (Memory | number)[];
  #bound: readonly BoundKernel[] = [];
  #generation: number | undefined;

  /**
   * @param pool lends the memory that need not last from run to run
   * @param slabs the buffers of the slabs that the plan mentions; they belong to the caller
   */
  constructor(
    plan: Plan,
    kernels: KernelDevice,
    pool: MemoryPool,
    slabs: (slab: Slab) => GPUBuffer,
  ) {
    this.plan = plan;
    this.#kernels = kernels;
    this.#pool = pool;
    this.#slabs = slabs;
    const slots = pool.reserve(sharedBlocks(plan)).values();
    this.#blocks = plan.blocks.map(({ storage, lasting }) =>
      lasting ? kernels.allocate(storage) : slots.next().value!
    );
    for (const { data, place } of plan.constants) {
      const { buffer, offset } = this.#part({ place, size: data.length });
      kernels.device.queue.writeBuffer(buffer, offset, data as Float32Array<ArrayBuffer>);
    }
  }

  /** Where input `name` is to be put before a run. */
  input(name: string): BufferPart {
    return this.#part(this.plan.inputs.get(name)!);
  }

  /** Where output `name` is after a run, until the next of any program. */
  output(name: string): BufferPart {
    return this.#part(this.plan.outputs.get(name)!);
  }

  /** Whether no other program has used the pool since this one ran. */
  get undisturbed(): boolean {
    return this.#pool.user === this && this.#generation === this.#pool.generation;
  }

  /** Runs section `first` (0 is the preparation) to `last`, all of them unless told otherwise. */
  run(first = 0, last: number = this.plan.marks.length - 1): void {
    this.#bind();
    const begin = first === 0 ? 0 : this.plan.marks[first - 1]!;
    for (const kernels of submissionsOf(this.#bound.slice(begin, this.plan.marks[last]))) {
      this.#submit((encoder) => {
        const pass = encoder.beginComputePass();
        dispatchAll(pass, kernels);
        pass.end();
      });
    }
    const { marks, copies } = this.plan;
    if (last === marks.length - 1 && copies.length > 0) {
      this.#submit((encoder) => {
        for (const { from, to } of copies) {
          copy(encoder, this.#part(from), this.#part({ place: to, size: from.size }));
        }
      });
    }
    this.#pool.user = this;
  }

  #submit(encode: (encoder: GPUCommandEncoder) => void): void {
    const { device } = this.#kernels;
    const encoder = device.createCommandEncoder();
    encode(encoder);
    device.queue.submit([encoder.finish()]);
  }

  /** Frees its own memory. */
  dispose(): void {
    for (const block of this.#blocks) if (typeof block !== "number") release(block);
  }

  /** Binds the kernels to their memory, again when the pool has moved. */
  #bind(): void {
    if (this.#generation === this.#pool.generation) return;
    this.#bound = this.plan.dispatches.map(({ kernel, places }) =>
      this.#kernels.bind(kernel, places.map((place) => this.#memory(place)))
    );
    this.#generation = this.#pool.generation;
  }

  #memory(place: Place): Memory {
    if (place.kind === "slab") {
      const { slab, offset, size } = place;
      return { buffer: this.#slabs(slab), offset, size };
    }
    const block = this.#blocks[place.index]!;
    const memory = typeof block === "number" ? this.#pool.memory(block) : block;
    const { offset, size } = place;
    return "buffer" in memory ? { buffer: memory.buffer, offset, size } : memory;
  }

  #part({ place, size }: Placed): BufferPart {
    const memory = this.#memory(place);
    if (!("buffer" in memory)) throw new Error("A texture is never an input or output.");
    return { buffer: memory.buffer, offset: memory.offset ?? 0, bytes: 4 * size };
  }
}

/** Copies `source` to the beginning of `target`. */
export function copy(encoder: GPUCommandEncoder, source: BufferPart, target: BufferPart): void {
  const { buffer, offset, bytes } = source;
  encoder.copyBufferToBuffer(buffer, offset, target.buffer, target.offset, bytes);
}
