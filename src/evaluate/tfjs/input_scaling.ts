/**
 * What a model from elsewhere takes for the images in [0,1] that attacks are bounded in.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor4D } from "../../backend/tensor.ts";
import { UsageError } from "../../errors.ts";

/** How images in [0,1] become a model's input: stretched to a range, then normalised, `(v − mean) / std`. */
export interface InputScaling {
  /**
   * What 0 and 1 become.
   *
   * @default {[0, 1]}
   */
  readonly range?: readonly [least: number, most: number];
  /**
   * Subtracted from the stretched values: a number for every channel, or one for all.
   *
   * @default {0}
   */
  readonly mean?: readonly number[];
  /**
   * What they are divided by then: a number greater than 0 for every channel, or one for all.
   *
   * @default {1}
   */
  readonly std?: readonly number[];
}

/** @throws {UsageError} if `scaling` is none for images of `channels` channels */
export function checkScaling(
  { range = [0, 1], mean = [0], std = [1] }: InputScaling,
  channels: number,
): void {
  const [least, most] = range;
  if (range.length !== 2 || !(least < most) || !range.every(Number.isFinite)) {
    throw new UsageError(`--input-range must be two numbers, the smaller first, not ${range}.`);
  }
  for (const [flag, values] of [["--input-mean", mean], ["--input-std", std]] as const) {
    if (values.length === 1 || values.length === channels) continue;
    throw new UsageError(
      `${flag} has ${values.length} numbers, but the images have ${channels} channels: give one for each, or one.`,
    );
  }
  if (!mean.every(Number.isFinite)) throw new UsageError("--input-mean must be numbers.");
  if (std.every((value) => Number.isFinite(value) && value > 0)) return;
  throw new UsageError("--input-std must be greater than 0.");
}

/** The function that turns images `[N,H,W,channels]` in [0,1] into the model's input, differentiable. */
export function scaler(
  { range: [least, most] = [0, 1], mean = [0], std = [1] }: InputScaling,
  channels: number,
): (x: Tensor4D) => Tensor4D {
  const ofChannel = (values: readonly number[], c: number) => values[c] ?? values[0]!;
  const row = (value: (mean: number, std: number) => number) =>
    Array.from({ length: channels }, (_, c) => value(ofChannel(mean, c), ofChannel(std, c)));
  const scales = row((_, std) => (most - least) / std);
  const shifts = row((mean, std) => (least - mean) / std);
  const isPlain = scales.every((scale) => scale === 1) && shifts.every((shift) => shift === 0);
  if (isPlain) return (x) => x;
  return (x) =>
    tf.tidy(() => tf.add<Tensor4D>(tf.mul(x, tf.tensor1d(scales)), tf.tensor1d(shifts)));
}
