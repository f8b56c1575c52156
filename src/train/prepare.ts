/**
 * What a step needs from the host: its images, and what the memory has of them. Made while the device works on the step
 * before.
 *
 * @module
 */
import { type Batch, sliceBatch, trainingBatch } from "../data/batches.ts";
import { type Dataset, valuesPerImage } from "../data/dataset.ts";
import type { DamagedExample, MemoryBatch, MemoryStore } from "../memory/store.ts";
import { methodOf } from "../method/methods.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { attackStart } from "./adversary.ts";
import { attackStepsIn, lastReset } from "./inner_attack.ts";
import { makeMemoryInputs, type MemoryInputs, sliceMemory } from "./memory/inputs.ts";

/** A batch and its memory. */
export interface PreparedBatch {
  readonly batch: Batch;
  /** Where its attack begins; undefined where there is none. */
  readonly start: Float32Array | undefined;
  /** Iterations of its attack; undefined where there is none. */
  readonly iterations: number | undefined;
  /** `x''`, of a method with a prior where its attack begins; undefined where no epoch of that age is in the memory. */
  readonly memoryInputs: MemoryInputs | undefined;
  /** What the epoch before left of the batch, for a running average. */
  readonly last: MemoryBatch | undefined;
  /** Examples that the step does without. */
  readonly damaged: readonly DamagedExample[];
}

/** What goes through the network at once. */
export type MicroBatch = Pick<PreparedBatch, "batch" | "start" | "iterations" | "memoryInputs">;

/** `prepared` in parts of `size` images, the last of which may be smaller; whole where it has no more or no size is given. */
export function microBatches(prepared: PreparedBatch, size = Infinity): MicroBatch[] {
  const { batch, start, iterations, memoryInputs } = prepared, n = batch.ids.length;
  if (size >= n) return [prepared];
  const values = valuesPerImage(batch.shape);
  return Array.from({ length: Math.ceil(n / size) }, (_, part) => {
    const first = part * size, end = Math.min(n, first + size);
    return {
      batch: sliceBatch(batch, first, end),
      start: start?.subarray(first * values, end * values),
      iterations,
      memoryInputs: memoryInputs && sliceMemory(memoryInputs, first, end),
    };
  });
}

/** Where a step's images and memory come from. */
export interface Supplies {
  readonly recipe: Recipe;
  readonly dataset: Dataset;
  readonly memory: MemoryStore | undefined;
  readonly epoch: number;
  /** The training indices in the order of `epoch`. */
  readonly order: Uint32Array;
}

/**
 * Makes batch `step` (from 0).
 *
 * @throws {RunError} if an example is damaged and the recipe stops at that, or the memory cannot be read
 */
async function prepareBatch(supplies: Supplies, step: number): Promise<PreparedBatch> {
  const { recipe, dataset, memory, epoch, order } = supplies;
  const batch = trainingBatch(dataset, order, step, { ...recipe, epoch });
  const damaged: DamagedExample[] = [];
  if (memory === undefined || recipe.memory === undefined) {
    const start = attackStart(recipe, batch, epoch), iterations = attackStepsIn(recipe, epoch);
    return { batch, start, iterations, memoryInputs: undefined, last: undefined, damaged };
  }
  const { age, ema, view, onCorruption } = recipe.memory;
  const onDamage = onCorruption === "rerun"
    ? (each: DamagedExample) => void damaged.push(each)
    : undefined;
  const read = async (from: number) =>
    memory.has(from) ? await memory.read(from, batch.ids, onDamage) : undefined;
  const stored = await read(epoch - age);
  const averaged = ema !== undefined && lastReset(recipe.memory, epoch) < epoch;
  const last = !averaged ? undefined : age === 1 ? stored : await read(epoch - 1);
  const views = view === "realigned" ? batch.views : undefined;
  const remembered = stored && makeMemoryInputs(stored, dataset, batch.ids, views);
  const start = attackStart(recipe, batch, epoch, remembered);
  const iterations = attackStepsIn(recipe, epoch, remembered !== undefined);
  const memoryInputs = methodOf(recipe.variant).attack?.prior && start
    ? { images: start, rows: [...batch.ids.keys()] }
    : remembered;
  return { batch, start, iterations, memoryInputs, last, damaged };
}

/** Keeps one batch of an epoch ahead. */
export class ReadAhead {
  readonly #supplies: Supplies;
  readonly #steps: number;
  #next: { readonly step: number; readonly prepared: Promise<PreparedBatch> } | undefined;

  /** @param steps how many there are in the epoch */
  constructor(supplies: Supplies, steps: number) {
    this.#supplies = supplies;
    this.#steps = steps;
  }

  /** Starts with batch `step`, if there is one. An error waits for {@linkcode take}. */
  begin(step: number): void {
    if (step >= this.#steps) return;
    const prepared = prepareBatch(this.#supplies, step);
    prepared.catch(() => {});
    this.#next = { step, prepared };
  }

  /** Batch `step`; throws as {@linkcode prepareBatch} does. */
  take(step: number): Promise<PreparedBatch> {
    const next = this.#next;
    this.#next = undefined;
    return next?.step === step ? next.prepared : prepareBatch(this.#supplies, step);
  }
}
