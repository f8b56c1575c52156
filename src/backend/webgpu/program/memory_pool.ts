/**
 * Memory that programs use in turns: only one of them runs at a time, so all need no more than the largest.
 *
 * @module
 */
import { type KernelDevice, type Memory, release } from "./device.ts";
import { bytesOf, interchangeable, type Storage } from "./kernel.ts";
import type { Plan } from "./plan.ts";

/** The blocks of `plan` that other programs may use between two runs, in the plan's order. */
export function sharedBlocks({ blocks }: Plan): Storage[] {
  return blocks.flatMap(({ storage, lasting }) => lasting ? [] : [storage]);
}

/**
 * Slots that serve everybody's blocks: the largest buffer of each program shares a slot, the second largest another, and
 * so on; textures share those of their size.
 */
export class Slots {
  readonly storages: Storage[] = [];

  /** Makes room for `blocks`; gives the slot of each, which no other of them has. */
  reserve(blocks: readonly Storage[]): number[] {
    const order = blocks.map((_, i) => i).sort((a, b) => bytesOf(blocks[b]!) - bytesOf(blocks[a]!));
    const taken = new Set<number>(), slots: number[] = [];
    for (const i of order) {
      const wanted = blocks[i]!;
      const found = this.storages.findIndex((storage, slot) =>
        interchangeable(storage, wanted) && !taken.has(slot)
      );
      const slot = found === -1 ? this.storages.length : found;
      if (found === -1 || bytesOf(wanted) > bytesOf(this.storages[slot]!)) {
        this.storages[slot] = wanted;
      }
      taken.add(slot);
      slots[i] = slot;
    }
    return slots;
  }

  /** Bytes of all slots. */
  get bytes(): number {
    return this.storages.reduce((sum, storage) => sum + bytesOf(storage), 0);
  }
}

/** Slots with memory of a device, which they get when it is first asked for. */
export class MemoryPool {
  /** Counts how often memory that somebody may have bound was replaced by larger. */
  generation = 0;
  /** Who wrote there last. */
  user: object | undefined;
  readonly #kernels: KernelDevice;
  readonly #slots = new Slots();
  readonly #memories: (Memory | undefined)[] = [];

  constructor(kernels: KernelDevice) {
    this.#kernels = kernels;
  }

  /** Makes room for `blocks`; gives the slot of each. */
  reserve(blocks: readonly Storage[]): number[] {
    const before = [...this.#slots.storages];
    const slots = this.#slots.reserve(blocks);
    before.forEach((storage, slot) => {
      const memory = this.#memories[slot];
      if (memory === undefined || storage === this.#slots.storages[slot]) return;
      release(memory);
      this.#memories[slot] = undefined;
      this.generation++;
    });
    return slots;
  }

  /** The memory of `slot`. */
  memory(slot: number): Memory {
    return this.#memories[slot] ??= this.#kernels.allocate(this.#slots.storages[slot]!);
  }

  /** Frees everything. */
  dispose(): void {
    for (const memory of this.#memories) if (memory) release(memory);
  }
}
