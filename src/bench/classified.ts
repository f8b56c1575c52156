/**
 * Images for AutoAttack's members alone, without an evaluation around them.
 *
 * @module
 */
import type { Oracle } from "../attack/autoattack/oracle.ts";
import type { Example } from "../attack/autoattack/search.ts";
import type { Batch } from "../data/batches.ts";
import { valuesPerImage } from "../data/dataset.ts";
import { predictedClass } from "../model/predicted_class.ts";

/** The images of `batch`, looked at `batchSize` at a time, with what the network takes each for as its label. */
export async function asClassified(
  oracle: Oracle,
  { ids, x, shape }: Pick<Batch, "ids" | "x" | "shape">,
  batchSize: number,
): Promise<Example[]> {
  const examples: Example[] = [], values = valuesPerImage(shape), { classes } = oracle;
  for (let first = 0; first < ids.length; first += batchSize) {
    const images = x.subarray(first * values, (first + batchSize) * values);
    const logits = await oracle.logits(images);
    for (const [row, id] of ids.subarray(first, first + batchSize).entries()) {
      const own = logits.slice(row * classes, (row + 1) * classes);
      const image = images.subarray(row * values, (row + 1) * values);
      examples.push({ id, x: image, shape, label: predictedClass(own), logits: own });
    }
  }
  return examples;
}
