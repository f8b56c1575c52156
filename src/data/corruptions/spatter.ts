/**
 * Drops of water or mud on the lens.
 *
 * @module
 */
import type { Stream } from "../../random/stream.ts";
import type { ImageShape } from "../dataset.ts";
import { type Corruption, corruption, toBytes, unitValues } from "./corruption.ts";
import { canny, distancesTo } from "./edges.ts";
import { gaussianBlur, mirror } from "./filters.ts";

/** Mean and deviation of normal noise, of the blur that makes drops of it in pixels, and what is less than a drop. */
type Drops = readonly [mean: number, deviation: number, sigma: number, threshold: number];
/** Drops of water so bright at most, or of mud whose edges are blurred by so much. */
type Spatter = { readonly drops: Drops } & ({ readonly water: number } | { readonly mud: number });

/** Red, green and blue: pale turquoise and brown. */
const WATER = [175, 238, 238].map((byte) => byte / 255);
const MUD = [63, 42, 20].map((byte) => byte / 255);
/** What of blurred mud is thinner is left out. */
const THINNEST_MUD = 0.8;
/** Between which gradients an edge of a drop is one only beside another. */
const WEAK_EDGE = 50, STRONG_EDGE = 150;
/** Pixels from its edge on which a drop is as thick as in its middle. */
const RIM = 20;
/** Sums over 3×3 pixels, and the relief of what is lit from below on the right. */
const SUM = [1, 1, 1, 1, 1, 1, 1, 1, 1], RELIEF = [-2, -1, 0, -1, 1, 1, 0, 1, 2];

/** Water shines on the image, the more at the rims of its drops; mud hides it. */
export const SPATTER: Corruption<"spatter"> = corruption<"spatter", Spatter>(
  "spatter",
  [
    { drops: [0.62, 0.1, 0.7, 0.7], water: 0.5 },
    { drops: [0.65, 0.1, 0.8, 0.7], water: 0.5 },
    { drops: [0.65, 0.3, 1, 0.69], water: 0.5 },
    { drops: [0.65, 0.1, 0.7, 0.69], mud: 0.6 },
    { drops: [0.65, 0.1, 0.5, 0.68], mud: 0.6 },
  ],
  ({ bytes, shape }, { drops, ...liquid }, stream) => {
    const one = { ...shape, channels: 1 }, thickness = dropsOf(one, drops, stream);
    const values = unitValues(bytes);
    if ("water" in liquid) {
      const shine = shineOf(thickness, one), brightest = shine.reduce((a, b) => Math.max(a, b), 0);
      const scale = brightest === 0 ? 0 : liquid.water / brightest;
      return toBytes(
        values.map((value, i) => value + scale * shine[Math.floor(i / 3)]! * WATER[i % 3]!),
      );
    }
    const mud = thickness.map((value) => value > drops[3] ? 1 : 0);
    const hides = gaussianBlur(mud, one, liquid.mud).map((value) =>
      value < THINNEST_MUD ? 0 : value
    );
    return toBytes(values.map((value, i) => {
      const hidden = hides[Math.floor(i / 3)]!;
      return (1 - hidden) * value + hidden * MUD[i % 3]!;
    }));
  },
);

/** How thick the liquid is at each pixel. */
function dropsOf(
  shape: ImageShape,
  [mean, deviation, sigma, threshold]: Drops,
  stream: Stream,
): Float64Array {
  const { height, width } = shape;
  const noise = Float64Array.from(
    { length: height * width },
    () => mean + deviation * stream.normal(),
  );
  return gaussianBlur(noise, shape, sigma).map((value) => value < threshold ? 0 : value);
}

/** How bright water is at each pixel: its thickness times a relief of how far the rims of drops are. */
function shineOf(thickness: Float64Array, shape: ImageShape): Float64Array {
  const levels = Uint8Array.from(thickness, (value) => 255 * value);
  const distances = distancesTo(canny(levels, shape, WEAK_EDGE, STRONG_EDGE), shape);
  const near = distances.map((distance) => Math.min(RIM, distance));
  // In single precision as OpenCV, so that a mean of 3 is not one of 2.9999….
  const rims = around(near, shape, SUM).map((sum) => Math.fround(sum / 9));
  const relief = Uint8ClampedArray.from(
    around(equalised(Uint8Array.from(rims)), shape, RELIEF),
  );
  return around(relief, shape, SUM).map((sum, i) => levels[i]! * Math.round(sum / 9));
}

/** The sum of 3×3 pixels around each, weighted by `kernel`, row by row. */
function around(
  values: ArrayLike<number>,
  { height, width }: ImageShape,
  kernel: readonly number[],
): Float64Array {
  return Float64Array.from(values, (_, i) => {
    const row = Math.floor(i / width), column = i % width;
    return kernel.reduce((sum, weight, k) => {
      const y = mirror(row + Math.floor(k / 3) - 1, height);
      return sum + weight * values[y * width + mirror(column + k % 3 - 1, width)]!;
    }, 0);
  });
}

/** `bytes` spread so that as many are below each level as its share of 255: all of one level are left as they are. */
function equalised(bytes: Uint8Array): Uint8Array {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte]!++;
  const darkest = counts.findIndex((count) => count > 0);
  const brighter = bytes.length - counts[darkest]!;
  if (brighter === 0) return bytes;
  const scale = Math.fround(255 / brighter), levels = new Uint8ClampedArray(256);
  for (let level = darkest + 1, sum = 0; level < 256; level++) {
    sum += counts[level]!;
    levels[level] = Math.fround(sum * scale); // rounded, a half to even
  }
  return bytes.map((byte) => levels[byte]!);
}
