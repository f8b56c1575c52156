/**
 * More brightness, less contrast, and other saturation.
 *
 * @module
 */
import { type Corruption, corruption, toBytes, unitValues } from "./corruption.ts";

/** So much is added to the value of hue, saturation and value: a pixel's colours grow in proportion to the largest. */
export const BRIGHTNESS: Corruption<"brightness"> = corruption(
  "brightness",
  [0.05, 0.1, 0.15, 0.2, 0.3],
  ({ bytes }, more) => {
    const values = unitValues(bytes);
    for (let at = 0; at < values.length; at += 3) {
      const value = Math.max(values[at]!, values[at + 1]!, values[at + 2]!);
      const brighter = Math.min(1, value + more);
      for (let i = at; i < at + 3; i++) {
        values[i] = value === 0 ? brighter : values[i]! * (brighter / value);
      }
    }
    return toBytes(values);
  },
);

/** Such a share of the difference from each channel's mean is left. */
export const CONTRAST: Corruption<"contrast"> = corruption(
  "contrast",
  [0.75, 0.5, 0.4, 0.3, 0.15],
  ({ bytes, shape: { channels } }, share) => {
    const values = unitValues(bytes), means = new Float64Array(channels);
    values.forEach((value, i) => means[i % channels]! += value * channels / values.length);
    return toBytes(values.map((value, i) => {
      const mean = means[i % channels]!;
      return (value - mean) * share + mean;
    }));
  },
);

/** The saturation of hue, saturation and value, times the one and plus the other: without any, the hue is red. */
export const SATURATE: Corruption<"saturate"> = corruption(
  "saturate",
  [[0.3, 0], [0.1, 0], [1.5, 0], [2, 0.1], [2.5, 0.2]],
  ({ bytes }, [times, plus]: readonly [number, number]) => {
    const values = unitValues(bytes);
    for (let at = 0; at < values.length; at += 3) {
      const colours = values.subarray(at, at + 3);
      const most = Math.max(...colours), range = most - Math.min(...colours);
      const saturation = Math.min(1, range === 0 ? plus : range / most * times + plus);
      for (let i = 0; i < 3; i++) {
        const below = range === 0 ? +(i > 0) : (most - colours[i]!) / range;
        colours[i] = most * (1 - saturation * below);
      }
    }
    return toBytes(values);
  },
);
