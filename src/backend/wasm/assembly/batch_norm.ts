/**
 * Batch normalisation by the batch's own statistics (Ioffe & Szegedy 2015); of a batch of several groups of examples, by
 * each group's own.
 */
import { CHANNELS, EXAMPLES, high, low, ROWS, storePartial, sumBytes, total } from "./channel_sums";
import { findSlice, first, group, last, slicesOf } from "./groups";
import { fma, storeLanes } from "./simd";
import { pointer, real, word } from "./words";

/**
 * Partial `Σx` and `Σx²` per channel of `x` `[n][rows][c]`: `[slice][2][c]` in float64, where the square of a float32
 * is exact. Words: x, partials, rows, c, n of every group. Slices: ⌈n/8⌉ of every group.
 */
export function batchNormStatistics(args: usize, slice: i32, scratch: usize): void {
  const rows = word(args, 2), c = word(args, 3);
  const stride = <usize>c << 2, bytes = sumBytes(c);
  memory.fill(scratch, 0, 2 * bytes);
  findSlice(args, 4, EXAMPLES, slice);
  let x = pointer(args, 0) + <usize>(first * rows) * stride;
  for (let left = (last - first) * rows; left > 0; left -= ROWS) {
    for (let j = 0; j < c; j += CHANNELS) {
      const sums = scratch + (<usize>j << 3);
      addValues(x + (<usize>j << 2), stride, min(left, ROWS), sums, sums + bytes);
    }
    x += <usize>ROWS * stride;
  }
  storePartial(pointer(args, 1), slice, scratch, c);
}

/** Adds `rows` rows of eight channels, `stride` bytes apart, to `sums` and their squares to `squares`. */
function addValues(x: usize, stride: usize, rows: i32, sums: usize, squares: usize): void {
  let s0 = v128.load(sums), s1 = v128.load(sums, 16);
  let s2 = v128.load(sums, 32), s3 = v128.load(sums, 48);
  let q0 = v128.load(squares), q1 = v128.load(squares, 16);
  let q2 = v128.load(squares, 32), q3 = v128.load(squares, 48);
  for (; rows > 0; rows--, x += stride) {
    const a = v128.load(x), b = v128.load(x, 16);
    const x0 = low(a), x1 = high(a), x2 = low(b), x3 = high(b);
    s0 = f64x2.add(s0, x0);
    s1 = f64x2.add(s1, x1);
    s2 = f64x2.add(s2, x2);
    s3 = f64x2.add(s3, x3);
    q0 = f64x2.add(q0, f64x2.mul(x0, x0));
    q1 = f64x2.add(q1, f64x2.mul(x1, x1));
    q2 = f64x2.add(q2, f64x2.mul(x2, x2));
    q3 = f64x2.add(q3, f64x2.mul(x3, x3));
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(sums, s2, 32);
  v128.store(sums, s3, 48);
  v128.store(squares, q0);
  v128.store(squares, q1, 16);
  v128.store(squares, q2, 32);
  v128.store(squares, q3, 48);
}

/**
 * Mean and biased variance `[groups][c]` from the partial sums. Words: partials, mean, variance, rows, c, groups, n of
 * every group. Slices: 1.
 */
export function batchNormFinish(args: usize, _slice: i32, _scratch: usize): void {
  const c = word(args, 4), groups = word(args, 5);
  let partials = pointer(args, 0), mean = pointer(args, 1), variance = pointer(args, 2);
  for (let g = 0; g < groups; g++) {
    const n = word(args, 6 + g), slices = slicesOf(n, EXAMPLES);
    const count = <f64>(n * word(args, 3));
    for (let j = 0; j < c; j++, mean += 4, variance += 4) {
      const centre = total(partials, slices, 0, j, c) / count;
      const square = total(partials, slices, 1, j, c) / count;
      store<f32>(mean, <f32>centre);
      store<f32>(variance, <f32>max(square - centre * centre, 0));
    }
    partials += <usize>(slices * c) << 4;
  }
}

/**
 * `y = (x − mean) · γ/√(variance + ε) + β`, plus `add` if given, then the ReLU if `relu` is 1. `x`, `add` and `y` are
 * `[n][rows][c]`. Words: x, mean, variance, gamma, beta, add or 0, relu, y, rows, c, epsilon (real), examplesPerSlice,
 * n of every group. Slices: ⌈n/examplesPerSlice⌉ of every group.
 */
export function batchNormApply(args: usize, slice: i32, scratch: usize): void {
  const beta = pointer(args, 4), rows = word(args, 8), c = word(args, 9), stride = <usize>c << 2;
  findSlice(args, 12, word(args, 11), slice);
  const statistics = <usize>group * stride, mean = pointer(args, 1) + statistics;
  fillScale(scratch, pointer(args, 2) + statistics, pointer(args, 3), c, <f64>real(args, 10));
  const floor = f32x4.splat(word(args, 6) ? 0 : -Infinity);
  const offset = <usize>(first * rows) * stride;
  let x = pointer(args, 0) + offset, y = pointer(args, 7) + offset, add = pointer(args, 5);
  const addStride = add ? stride : 0;
  if (add) add += offset;
  for (let left = (last - first) * rows; left > 0; left--) {
    applyRow(x, mean, scratch, beta, add, floor, y, c);
    x += stride;
    y += stride;
    add += addStride;
  }
}

/** `γ/√(variance + ε)` of `c` channels, rounded once. */
function fillScale(scale: usize, variance: usize, gamma: usize, c: i32, epsilon: f64): void {
  for (const end = scale + (<usize>c << 2); scale < end; scale += 4, variance += 4, gamma += 4) {
    store<f32>(scale, <f32>(<f64>load<f32>(gamma) / sqrt(<f64>load<f32>(variance) + epsilon)));
  }
}

/**
 * The mean is subtracted first: it may be many deviations, and folded into the shift it would leave rounding errors of
 * its own size.
 */
function applyRow(
  x: usize, mean: usize, scale: usize, beta: usize, add: usize, floor: v128, y: usize, c: i32,
): void {
  for (let at: usize = 0; c > 0; c -= 4, at += 16) {
    const centred = f32x4.sub(v128.load(x + at), v128.load(mean + at));
    let value = fma(centred, v128.load(scale + at), v128.load(beta + at));
    if (add) value = f32x4.add(value, v128.load(add + at));
    storeLanes(y + at, f32x4.pmax(value, floor), c);
  }
}
