/**
 * How many images go through the network at once, which of some networks and sizes must be two: where nothing but a pixel is
 * left of an image, batch norm would see one value of each channel, give back a constant and have the running variance fall to
 * nothing. PyTorch refuses that too.
 *
 * @module
 */
import { describeShape, type ImageShape } from "../../data/dataset.ts";
import { UsageError } from "../../errors.ts";
import { type Architecture, fewestNormalised } from "../../model/architecture.ts";
import { reestimatesStatistics } from "../../optimise/weight_average.ts";
import type { Recipe } from "../../recipe/recipe.ts";

/** How many images the device is given at once at the most. */
export function imagesAtOnce({ batchSize, microBatch = batchSize }: Recipe): number {
  return Math.min(batchSize, microBatch);
}

/** How many images of `shape` batch norm needs at once in `architecture`. */
export function leastAtOnce(architecture: Architecture, shape: ImageShape): number {
  return fewestNormalised(architecture, shape) === 1 ? 2 : 1;
}

/** How large the parts are that `n` images are cut into, each size once: `most`, and the rest. */
export function partSizes(n: number, most = n): number[] {
  if (n <= most) return [n];
  return n % most === 0 ? [most] : [most, n % most];
}

/** @throws {UsageError} if a part of an epoch of `images` is a single one, and its network needs two at once */
export function refuseSingleImages(
  recipe: Recipe,
  architecture: Architecture,
  shape: ImageShape,
  images: number,
): void {
  if (leastAtOnce(architecture, shape) === 1) return;
  const { batchSize, microBatch, optimiser } = recipe;
  const sizes = [
    ...partSizes(images, batchSize).flatMap((n) => partSizes(n, microBatch)),
    ...reestimatesStatistics(optimiser) ? partSizes(images, imagesAtOnce(recipe)) : [],
  ];
  if (!sizes.includes(1)) return;
  const cut = microBatch === undefined ? "" : ` and --micro-batch ${microBatch}`;
  throw new UsageError(
    `--batch-size ${batchSize}${cut} would give batch norm one of ${images} images alone, and ${architecture.title} leaves ` +
      `one pixel of an image of ${describeShape(shape)}, of which there is no variance: ` +
      `use another --batch-size${
        microBatch === undefined ? "" : " or --micro-batch"
      }, or larger images.`,
  );
}
