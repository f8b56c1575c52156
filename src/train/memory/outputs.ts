/**
 * What a step leaves in the memory: the perturbations of its adversarial examples, or their running average.
 *
 * @module
 */
import { IDENTITY_VIEW, outOfView, type View } from "../../data/augmentation.ts";
import type { Batch } from "../../data/batches.ts";
import { type Dataset, valuesPerImage } from "../../data/dataset.ts";
import type { MemoryBatch } from "../../memory/store.ts";
import type { ThreatModel } from "../../attack/options.ts";
import type { MemoryRecipe } from "../../recipe/sections.ts";
import { makeMemoryInputs } from "./inputs.ts";

/** What `MemoryStore.write` takes beside the training indices. */
export interface Perturbations {
  readonly views: readonly View[];
  /** N perturbations, NHWC, each example's in the frame of its view. */
  readonly deltas: Float32Array;
}

/** Whether a memory's examples lie in no ball: an average under different crops is no perturbation of either, only an image. */
export function mixesCrops({ view, ema }: Pick<MemoryRecipe, "view" | "ema">): boolean {
  return ema !== undefined && view === "stored";
}

/**
 * The largest |δ| that a memory can hold.
 *
 * @param epsilon how far an attack may go, which N-FGSM's noise makes more than the radius
 */
export function largestDelta(
  memory: Pick<MemoryRecipe, "view" | "ema">,
  { epsilon }: Pick<ThreatModel, "epsilon">,
): number {
  return mixesCrops(memory) ? 1 : epsilon;
}

/**
 * What to store of `adversarial`, the `x'` of `batch`: `x' − x`, or with a running average
 * `x''_{t+1} = a x''_t + (1 − a) x'_t` where there is an `x''_t`.
 *
 * @param adversarial N images with values in [0,1], NHWC
 * @param last `x''_t`: what the epoch before left of the batch; looked at for an average alone
 */
export function perturbations(
  { view, ema: a }: Pick<MemoryRecipe, "view" | "ema">,
  dataset: Dataset,
  batch: Batch,
  adversarial: Float32Array,
  last: MemoryBatch | undefined,
): Perturbations {
  const { x } = batch, deltas = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) deltas[i] = adversarial[i]! - x[i]!;
  const values = valuesPerImage(dataset.shape);
  if (view === "realigned") {
    batch.views.forEach((shown, row) => {
      const own = deltas.subarray(row * values, (row + 1) * values);
      own.set(outOfView(own, shown, dataset.shape));
    });
    if (a !== undefined && last) {
      forEachPresent(last, values, (i) => deltas[i] = a * last.deltas[i]! + (1 - a) * deltas[i]!);
    }
    return { views: batch.views.map(() => IDENTITY_VIEW), deltas };
  }
  if (a !== undefined && last) {
    const { images, rows } = makeMemoryInputs(last, dataset, batch.ids);
    rows.forEach((row, position) => {
      for (let i = 0; i < values; i++) {
        const at = row * values + i;
        const mean = a * images[position * values + i]! + (1 - a) * adversarial[at]!;
        deltas[at] = mean - batch.x[at]!;
      }
    });
  }
  return { views: batch.views, deltas };
}

function forEachPresent(
  { present }: MemoryBatch,
  values: number,
  visit: (position: number) => void,
): void {
  present.forEach((flag, row) => {
    if (flag === 0) return;
    for (let i = 0; i < values; i++) visit(row * values + i);
  });
}
