/**
 * Convolutions by name, and the same ones on other batches.
 *
 * @module
 */
import type { Convolution } from "../convolution/shape.ts";

/** A convolution as a stable text, e.g. `forward 128x32x32x64 64 k3 s1 f32`: NHWC of the input, channels of the output. */
export function convolutionKey({ mode, shape, precision }: Convolution): string {
  const { batch, height, width, inChannels, outChannels, kernel, stride } = shape;
  const image = [batch, height, width, inChannels].join("x");
  return `${mode} ${image} ${outChannels} k${kernel} s${stride} ${precision}`;
}

/** The images in a batch of a convolution, by its key. */
function batchOf(key: string): number {
  return Number(/ (\d+)x/.exec(key)?.[1]);
}

/** `convolution` on the batches that `keys` tell of, up to `most` times as large or small; the most similar first. */
export function otherBatches(
  { mode, shape, precision }: Convolution,
  keys: Iterable<string>,
  most: number,
): Convolution[] {
  const ratio = (batch: number) => Math.max(batch / shape.batch, shape.batch / batch);
  return [...new Set([...keys].map(batchOf))]
    .filter((batch) => ratio(batch) <= most)
    .sort((a, b) => ratio(a) - ratio(b) || a - b)
    .map((batch) => ({ mode, shape: { ...shape, batch }, precision }));
}
