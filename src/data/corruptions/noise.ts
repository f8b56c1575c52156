/**
 * Noise of a sensor: electronic, of few photons, of broken pixels, and of coherent light. Each value has a draw of its own.
 *
 * @module
 */
import { exp } from "../../elementary/exp.ts";
import type { Stream } from "../../random/stream.ts";
import { type Corruption, corruption, toBytes, unitValues } from "./corruption.ts";

/** Normal, of so much standard deviation. */
export const GAUSSIAN_NOISE: Corruption<"gaussian_noise"> = corruption(
  "gaussian_noise",
  [0.04, 0.06, 0.08, 0.09, 0.1],
  ({ bytes }, deviation, stream) =>
    toBytes(unitValues(bytes).map((value) => value + deviation * stream.normal())),
);

/** Poisson's, where white is so many photons. */
export const SHOT_NOISE: Corruption<"shot_noise"> = corruption(
  "shot_noise",
  [500, 250, 100, 75, 50],
  ({ bytes }, photons, stream) =>
    toBytes(Float64Array.from(bytes, (byte) => photonsOf(byte, photons, stream) / photons)),
);

/** Black or white in place of so large a share of the values. */
export const IMPULSE_NOISE: Corruption<"impulse_noise"> = corruption(
  "impulse_noise",
  [0.01, 0.02, 0.03, 0.05, 0.07],
  ({ bytes }, share, stream) =>
    Float64Array.from(bytes, (byte) => {
      const drawn = stream.uniform();
      return drawn >= share ? byte : drawn < share / 2 ? 0 : 255;
    }),
);

/** Normal, of so much standard deviation where a value is 1, and in proportion elsewhere. */
export const SPECKLE_NOISE: Corruption<"speckle_noise"> = corruption(
  "speckle_noise",
  [0.06, 0.1, 0.12, 0.16, 0.2],
  ({ bytes }, deviation, stream) =>
    toBytes(unitValues(bytes).map((value) => value + value * deviation * stream.normal())),
);

/** Poisson's cumulative distributions, from 0 on, by white's photons and the byte. */
const distributions = new Map<number, (Float64Array | undefined)[]>();
/** Sum of the probabilities that a table may leave out. */
const TAIL = 1e-12;

/** A number of photons where `byte / 255 · white` are expected. */
function photonsOf(byte: number, white: number, stream: Stream): number {
  const drawn = stream.word() / 2 ** 32;
  if (byte === 0) return 0;
  let tables = distributions.get(white);
  if (tables === undefined) distributions.set(white, tables = []);
  const table = tables[byte] ??= poissonTable(byte / 255 * white);
  let low = 0, high = table.length - 1; // the first number whose sum is above the draw
  while (low < high) {
    const middle = (low + high) >> 1;
    if (table[middle]! > drawn) high = middle;
    else low = middle + 1;
  }
  return low;
}

function poissonTable(mean: number): Float64Array {
  const sums: number[] = [];
  let probability = exp(-mean), sum = 0;
  for (let k = 0; k <= mean || probability > TAIL * (1 - mean / (k + 1)); k++) {
    sums.push(sum += probability);
    probability *= mean / (k + 1);
  }
  return Float64Array.from(sums);
}
