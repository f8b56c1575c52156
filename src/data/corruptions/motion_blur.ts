/**
 * Blur of a moving camera, as ImageMagick makes it: half a normal distribution along a line.
 *
 * @module
 */
import { exp } from "../../elementary/exp.ts";
import { sinCosOfTurn } from "../../elementary/turn.ts";
import { type Corruption, corruption, type Original } from "./corruption.ts";
import { nearest } from "./filters.ts";

/** A radius, which is half the length of the line, and the standard deviation of the weights on it, in pixels. */
export type Motion = readonly [radius: number, sigma: number];

/** In a direction up to 45 degrees from the horizontal. */
export const MOTION_BLUR: Corruption<"motion_blur"> = corruption(
  "motion_blur",
  [[6, 1], [6, 1.5], [6, 2], [8, 2], [9, 2.5]],
  (image, motion: Motion, stream) => moved(image, motion, 90 * stream.uniform() - 45),
);

/** `image`, of any number of channels, moved along a line of so many `degrees` clockwise, in whole numbers. */
export function moved(
  { bytes, shape: { height, width, channels } }: Original,
  [radius, sigma]: Motion,
  degrees: number,
): Uint8Array {
  const direction = new Float64Array(2);
  sinCosOfTurn(degrees / 360, direction);
  const [sine, cosine] = direction as unknown as [number, number];
  const line = Array.from({ length: 2 * Math.ceil(radius) + 1 }, (_, i) => ({
    x: Math.ceil(i * cosine - 0.5),
    y: Math.ceil(i * sine - 0.5),
    weight: exp(-(i * i) / (2 * sigma * sigma)),
  }));
  const total = line.reduce((sum, { weight }) => sum + weight, 0);
  const out = new Uint8Array(bytes.length);
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let channel = 0; channel < channels; channel++, to++) {
        let sum = 0;
        for (const { x, y, weight } of line) {
          const pixel = nearest(row + y, height) * width + nearest(column + x, width);
          sum += weight * bytes[pixel * channels + channel]!;
        }
        out[to] = sum / total + 0.5;
      }
    }
  }
  return out;
}
