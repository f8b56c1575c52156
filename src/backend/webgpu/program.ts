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
} from "./device.ts";
import type { Slab } from "./graph.ts";
import type { Place, Placed, Plan } from "./plan.ts";

/** A buffer, or a part of one. */
export interface BufferPart {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/** A computation of fixed shapes, ready to run. */
export class Program {
  readonly plan: Plan;
  readonly #device: GPUDevice;
  readonly #memories: readonly Memory[];
  readonly #kernels: readonly BoundKernel[];
  readonly #slabs: (slab: Slab) => GPUBuffer;

  /** @param slabs the buffers of the slabs that the plan mentions; they belong to the caller */
  constructor(plan: Plan, kernels: KernelDevice, slabs: (slab: Slab) => GPUBuffer) {
    this.plan = plan;
    this.#device = kernels.device;
    this.#slabs = slabs;
    this.#memories = plan.blocks.map((storage) => kernels.allocate(storage));
    this.#kernels = plan.dispatches.map(({ kernel, places }) =>
      kernels.bind(kernel, places.map((place) => this.#memory(place)))
    );
    for (const { data, place } of plan.constants) {
      const { buffer, offset } = this.#part({ place, size: data.length });
      this.#device.queue.writeBuffer(buffer, offset, data as Float32Array<ArrayBuffer>);
    }
  }

  /** Where input `name` is to be put before a run. */
  input(name: string): BufferPart {
    return this.#part(this.plan.inputs.get(name)!);
  }

  /** Where output `name` is after a run, until the next. */
  output(name: string): BufferPart {
    return this.#part(this.plan.outputs.get(name)!);
  }

  /** Runs phase `first` (0 is the preparation) to `last`, all of them unless told otherwise. */
  run(first = 0, last: number = this.plan.marks.length - 1): void {
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    const begin = first === 0 ? 0 : this.plan.marks[first - 1]!;
    dispatchAll(pass, this.#kernels.slice(begin, this.plan.marks[last]));
    pass.end();
    if (last === this.plan.marks.length - 1) {
      for (const { from, to } of this.plan.copies) {
        const source = this.#part(from), target = this.#part({ place: to, size: from.size });
        copy(encoder, source, target);
      }
    }
    this.#device.queue.submit([encoder.finish()]);
  }

  /** Frees its memory. */
  dispose(): void {
    this.#memories.forEach(release);
  }

  #memory(place: Place): Memory {
    if (place.kind === "block") return this.#memories[place.index]!;
    const { slab, offset, size } = place;
    return { buffer: this.#slabs(slab), offset, size };
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
