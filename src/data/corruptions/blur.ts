/**
 * Blur of a normal distribution, out of focus, behind frosted glass, and of a lens that zooms.
 *
 * @module
 */
import { type Corruption, corruption, type Original, toBytes, unitValues } from "./corruption.ts";
import { gaussianBlur, gaussianKernel, mirror, zoomed } from "./filters.ts";
import type { ImageShape } from "../dataset.ts";
import type { Stream } from "../../random/stream.ts";

/** By a normal distribution of such a standard deviation, in pixels. */
export const GAUSSIAN_BLUR: Corruption<"gaussian_blur"> = corruption(
  "gaussian_blur",
  [0.4, 0.6, 0.7, 0.8, 1],
  ({ bytes, shape }, sigma) => toBytes(gaussianBlur(unitValues(bytes), shape, sigma)),
);

/** A disc of a radius, whose edge is softened by a normal distribution over three pixels. */
export const DEFOCUS_BLUR: Corruption<"defocus_blur"> = corruption(
  "defocus_blur",
  [[0.3, 0.4], [0.4, 0.5], [0.5, 0.6], [1, 0.2], [1.5, 0.1]],
  ({ bytes, shape }, [radius, softness]: readonly [number, number]) =>
    toBytes(spread(unitValues(bytes), shape, softDisc(radius, softness))),
);

/** A pixel beside the middle one, and its weight. */
interface Tap {
  readonly y: number;
  readonly x: number;
  readonly weight: number;
}

function softDisc(radius: number, softness: number): Tap[] {
  const kernel = gaussianKernel(softness, 1), reach = Math.floor(radius) + 1;
  const inside = (y: number, x: number) => y * y + x * x <= radius * radius;
  const taps: Tap[] = [];
  let pixels = 0;
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      pixels += +inside(y, x);
      let weight = 0;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          if (inside(y + dy, x + dx)) weight += kernel[1 + dy]! * kernel[1 + dx]!;
        }
      }
      if (weight > 0) taps.push({ y, x, weight });
    }
  }
  return taps.map(({ y, x, weight }) => ({ y, x, weight: weight / pixels }));
}

function spread(
  values: Float64Array,
  { height, width, channels }: ImageShape,
  taps: readonly Tap[],
): Float64Array {
  const out = new Float64Array(values.length);
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = 0; column < width; column++, to += channels) {
      for (const { y, x, weight } of taps) {
        const from = (mirror(row + y, height) * width + mirror(column + x, width)) * channels;
        for (let channel = 0; channel < channels; channel++) {
          out[to + channel]! += weight * values[from + channel]!;
        }
      }
    }
  }
  return out;
}

/** Blurred, then each pixel replaced by one beside it, so many times, then blurred once more. */
export const GLASS_BLUR: Corruption<"glass_blur"> = corruption(
  "glass_blur",
  [[0.05, 1], [0.25, 1], [0.4, 1], [0.25, 2], [0.4, 2]],
  ({ bytes, shape }, [sigma, rounds]: readonly [number, number], stream) => {
    const pixels = Uint8Array.from(gaussianBlur(unitValues(bytes), shape, sigma), to255);
    for (let round = 0; round < rounds; round++) shift({ bytes: pixels, shape }, stream);
    return toBytes(gaussianBlur(unitValues(pixels), shape, sigma));
  },
);

const to255 = (value: number) => 255 * value;

/**
 * From the last row and column backwards, each pixel becomes the one up to one row above and one column to the left. CIFAR-10-C's
 * program says that the two change places; what it does to images in colour, and its files have, is this.
 */
function shift({ bytes, shape: { height, width, channels } }: Original, stream: Stream): void {
  for (let row = height - 1; row > 1; row--) {
    for (let column = width - 1; column > 1; column--) {
      const left = 1 - stream.integer(2), up = 1 - stream.integer(2);
      const from = ((row - up) * width + column - left) * channels;
      bytes.copyWithin((row * width + column) * channels, from, from + channels);
    }
  }
}

/** What a hundredth more of zoom is, as a sum of floating-point numbers has it. */
const ZOOM_STEP = 1.01 - 1;

/** The mean of the image and so many of it, each a hundredth larger than the one before; the first is the image once more. */
export const ZOOM_BLUR: Corruption<"zoom_blur"> = corruption(
  "zoom_blur",
  [7, 12, 16, 21, 26],
  ({ bytes, shape }, count) => {
    const values = unitValues(bytes), sum = values.slice();
    for (let i = 0; i < count; i++) {
      zoomed(values, shape, 1 + i * ZOOM_STEP).forEach((value, at) => sum[at]! += value);
    }
    return toBytes(sum.map((value) => value / (count + 1)));
  },
);
