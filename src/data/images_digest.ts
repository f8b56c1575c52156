/**
 * What images of a data set are known by.
 *
 * @module
 */
import { sha256Of } from "../format/sha256.ts";
import { type Dataset, valuesPerImage } from "./dataset.ts";

/** SHA-256 of the images `ids` of `dataset`, one behind another (bytes, NHWC), and of their labels behind them. */
export function imagesDigest({ images, labels, shape }: Dataset, ids: Uint32Array): string {
  const values = valuesPerImage(shape);
  return sha256Of(function* () {
    for (const id of ids) yield images.subarray(id * values, (id + 1) * values);
    yield Uint8Array.from(ids, (id) => labels[id]!);
  }());
}
