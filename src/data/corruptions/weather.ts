/**
 * Snow and fog.
 *
 * @module
 */
import { type Corruption, corruption, toBytes, unitValues } from "./corruption.ts";
import { zoomed } from "./filters.ts";
import { type Motion, moved } from "./motion_blur.ts";
import { plasma } from "./plasma.ts";

/** What falls, and how pale everything is. */
interface Snow {
  readonly mean: number;
  readonly deviation: number;
  readonly zoom: number;
  /** What is darker is no flake. */
  readonly threshold: number;
  readonly motion: Motion;
  /** Share of the image as it was. */
  readonly kept: number;
}

const snow = (
  ...[mean, deviation, zoom, threshold, radius, sigma, kept]: readonly [
    ...[number, number, number, number],
    ...[number, number, number],
  ]
): Snow => ({ mean, deviation, zoom, threshold, motion: [radius, sigma], kept });

/** Flakes of normal noise, enlarged and moved downwards, and the same turned around; the image paler and brighter. */
export const SNOW: Corruption<"snow"> = corruption(
  "snow",
  [
    snow(0.1, 0.2, 1, 0.6, 8, 3, 0.95),
    snow(0.1, 0.2, 1, 0.5, 10, 4, 0.9),
    snow(0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
    snow(0.25, 0.3, 2.25, 0.6, 12, 6, 0.85),
    snow(0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
  ],
  ({ bytes, shape }, { mean, deviation, zoom, threshold, motion, kept }, stream) => {
    const one = { ...shape, channels: 1 }, pixels = shape.height * shape.width;
    const noise = Float64Array.from({ length: pixels }, () => mean + deviation * stream.normal());
    const flakes = zoomed(noise, one, zoom).map((value) => value < threshold ? 0 : value);
    const layer = Uint8Array.from(toBytes(flakes));
    const fallen = unitValues(
      moved({ bytes: layer, shape: one }, motion, 90 * stream.uniform() - 135),
    );
    const values = unitValues(bytes);
    for (let pixel = 0, at = 0; pixel < pixels; pixel++, at += 3) {
      const grey = 0.299 * values[at]! + 0.587 * values[at + 1]! + 0.114 * values[at + 2]!;
      const white = fallen[pixel]! + fallen[pixels - 1 - pixel]!;
      for (let i = at; i < at + 3; i++) {
        const pale = Math.max(values[i]!, 1.5 * grey + 0.5);
        values[i] = kept * values[i]! + (1 - kept) * pale + white;
      }
    }
    return toBytes(values);
  },
);

/** Clouds of so much brightness, the smaller the rougher they are; the image darker by as much. */
export const FOG: Corruption<"fog"> = corruption(
  "fog",
  [[0.2, 3], [0.5, 3], [0.75, 2.5], [1, 2], [1.5, 1.75]],
  ({ bytes, shape }, [thickness, decay]: readonly [number, number], stream) => {
    const clouds = plasma(shape, decay, stream), values = unitValues(bytes);
    const brightest = values.reduce((a, b) => Math.max(a, b), 0);
    return toBytes(
      values.map((value, i) =>
        (value + thickness * clouds[Math.floor(i / 3)]!) * brightest / (brightest + thickness)
      ),
    );
  },
);
