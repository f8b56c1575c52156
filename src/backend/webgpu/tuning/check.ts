/**
 * Whether a convolution is right: some of its results on random operands, computed on the host in float64.
 *
 * @module
 */
import { type ConvolutionShape, outputSize } from "../../operations/convolution_shape.ts";
import type { ConvolutionMode, Precision } from "../convolution/shape.ts";

/**
 * The largest error that a sound variant may have, as a share of the largest result. Winograd's, the least exact, was seen
 * to be off by 1e-5 in float32 and by 1e-2 in float16; with a wrong index nothing of a result is right.
 */
export const TOLERANCE: Readonly<Record<Precision, number>> = { f32: 1e-3, f16: 3e-2 };

/** Multiply-adds that the host spends on one convolution: about 50 ms. */
const HOST_WORK = 2 ** 25;
/** Pixels (all their channels) that are compared, or values of a filter gradient. */
const LEAST_SAMPLES = 12, MOST_PIXELS = 64, MOST_WEIGHTS = 1024;

/** Length of what random operands repeat: a prime, so that it falls in step with no size of theirs. */
const PERIOD = 65_537;

/** `length` values, uniform in (−1,1). */
export function randomOperand(length: number, seed: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(length), random = uniform(seed);
  const first = Math.min(length, PERIOD);
  for (let i = 0; i < first; i++) values[i] = 2 * random() - 1;
  for (let i = first; i < length; i += PERIOD) {
    values.copyWithin(i, 0, Math.min(PERIOD, length - i));
  }
  return values;
}

/** Some values of a result by their index. */
export interface Sample {
  readonly indices: Uint32Array;
  readonly values: Float64Array;
}

/** A sample of the result of a convolution of `first` and `second`: its corners, and the rest at random. */
export function sampleResult(
  mode: ConvolutionMode,
  shape: ConvolutionShape,
  first: Float32Array,
  second: Float32Array,
): Sample {
  return mode === "filterGradient"
    ? sampleFilterGradient(shape, first, second)
    : samplePixels(mode, shape, first, second);
}

/** The largest error of `actual`, as a share of the largest value of `expected`. */
export function worstError(
  actual: Float32Array,
  expected: Float32Array | Float64Array,
): number {
  let error = 0, largest = 0;
  for (let i = 0; i < expected.length; i++) {
    error = Math.max(error, Math.abs(actual[i]! - expected[i]!));
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return error / largest;
}

/** Forward convolutions gather from `x`, input gradients from `dy`. */
function samplePixels(
  mode: "forward" | "inputGradient",
  shape: ConvolutionShape,
  source: Float32Array,
  filter: Float32Array,
): Sample {
  const { batch, height, width, inChannels, outChannels, kernel, stride } = shape;
  const forward = mode === "forward", pad = (kernel - 1) / 2;
  const image = [height, width] as const, output = outputSize(shape);
  const [[high, wide], [rows, columns]] = forward ? [image, output] : [output, image];
  const [depth, channels] = forward ? [inChannels, outChannels] : [outChannels, inChannels];
  const [depthStep, channelStep] = forward ? [outChannels, 1] : [1, outChannels];
  // The source's row or column that `tap` joins to `at`; a fraction if none.
  const sourceOf = (at: number, tap: number) =>
    forward ? at * stride + tap - pad : (at + pad - tap) / stride;
  const isIn = (at: number, size: number) => Number.isInteger(at) && at >= 0 && at < size;

  const corners = [0, batch - 1].flatMap((n) =>
    [0, rows - 1].flatMap((y) => [0, columns - 1].map((x) => (n * rows + y) * columns + x))
  );
  const cost = kernel ** 2 * depth * channels;
  const pixels = pick(batch * rows * columns, corners, HOST_WORK / cost, MOST_PIXELS);
  const indices = new Uint32Array(pixels.length * channels);
  const values = new Float64Array(indices.length);
  pixels.forEach((pixel, i) => {
    const n = Math.floor(pixel / (rows * columns));
    const y = Math.floor(pixel / columns) % rows, x = pixel % columns;
    const sums = values.subarray(i * channels, (i + 1) * channels);
    for (let c = 0; c < channels; c++) indices[i * channels + c] = pixel * channels + c;
    for (let tap = 0; tap < kernel ** 2; tap++) {
      const row = sourceOf(y, Math.floor(tap / kernel)), column = sourceOf(x, tap % kernel);
      if (!isIn(row, high) || !isIn(column, wide)) continue;
      const from = ((n * high + row) * wide + column) * depth;
      const weights = tap * inChannels * outChannels;
      for (let d = 0; d < depth; d++) {
        const value = source[from + d]!;
        for (let c = 0; c < channels; c++) {
          sums[c]! += value * filter[weights + d * depthStep + c * channelStep]!;
        }
      }
    }
  });
  return { indices, values };
}

function sampleFilterGradient(
  shape: ConvolutionShape,
  x: Float32Array,
  dy: Float32Array,
): Sample {
  const { batch, height, width, inChannels, outChannels, kernel, stride } = shape;
  const [rows, columns] = outputSize(shape), pad = (kernel - 1) / 2;
  const count = kernel ** 2 * inChannels * outChannels, cost = batch * rows * columns;
  const indices = pick(count, [0, count - 1], HOST_WORK / cost, MOST_WEIGHTS);
  const values = new Float64Array(indices.length);
  indices.forEach((index, i) => {
    const o = index % outChannels, c = Math.floor(index / outChannels) % inChannels;
    const tap = Math.floor(index / (inChannels * outChannels));
    const down = Math.floor(tap / kernel) - pad, right = tap % kernel - pad;
    let sum = 0;
    for (let line = 0; line < batch * rows; line++) {
      const row = line % rows * stride + down;
      if (row < 0 || row >= height) continue;
      const start = (Math.floor(line / rows) * height + row) * width;
      for (let column = 0; column < columns; column++) {
        const at = column * stride + right;
        if (at < 0 || at >= width) continue;
        sum += x[(start + at) * inChannels + c]! * dy[(line * columns + column) * outChannels + o]!;
      }
    }
    values[i] = sum;
  });
  return { indices, values };
}

/** Up to `wanted` (within limits) of the numbers below `count`: `fixed`, then random ones. */
function pick(
  count: number,
  fixed: readonly number[],
  wanted: number,
  most: number,
): Uint32Array {
  const size = Math.min(count, Math.max(LEAST_SAMPLES, Math.min(wanted, most)));
  const picked = new Set(fixed), random = uniform(count);
  while (picked.size < size) picked.add(Math.floor(random() * count));
  return Uint32Array.from(picked);
}

/** Numbers in (0,1) by Marsaglia's xorshift of 32 bits. */
function uniform(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x100000000;
  };
}
