/**
 * The gradient of batch normalisation, mean and variance depending on `x`, and of the ReLU after it. `dy` is the
 * gradient of the ReLU's output `out`, and `g` that of its input: `dy` where `out > 0`, else zero; without a ReLU, `dy`
 * itself. Then `dx = γ/σ · (g − mean(g) − x̂ · mean(g · x̂))` with `x̂ = (x − mean)/σ`, by the means of each group.
 */
import { CHANNELS, EXAMPLES, high, low, ROWS, storePartial, sumBytes, total } from "./channel_sums";
import { findSlice, first, group, last, slicesOf } from "./groups";
import { fma, storeLanes } from "./simd";
import { pointer, real, word } from "./words";

/**
 * Partial `Σg` and `Σ g · (x − mean)` per channel: `[slice][2][c]` in float64. `dy`, `x` and `out` are `[n][rows][c]`.
 * Words: dy, x, out or 0, mean, partials, rows, c, n of every group. Slices: ⌈n/8⌉ of every group.
 */
export function batchNormGradientSums(args: usize, slice: i32, scratch: usize): void {
  const rows = word(args, 5), c = word(args, 6), stride = <usize>c << 2, bytes = sumBytes(c);
  memory.fill(scratch, 0, 2 * bytes);
  findSlice(args, 7, EXAMPLES, slice);
  const mean = pointer(args, 3) + <usize>group * stride;
  let offset = <usize>(first * rows) * stride;
  for (let left = (last - first) * rows; left > 0; left -= ROWS) {
    for (let j = 0; j < c; j += CHANNELS) {
      const column = <usize>j << 2, at = offset + column, sums = scratch + (<usize>j << 3);
      const dy = pointer(args, 0) + at, x = pointer(args, 1) + at;
      const out = pointer(args, 2) ? pointer(args, 2) + at : 0;
      addGradients(dy, x, out, mean + column, stride, min(left, ROWS), sums, sums + bytes);
    }
    offset += <usize>ROWS * stride;
  }
  storePartial(pointer(args, 4), slice, scratch, c);
}

/** Adds `rows` rows of eight channels, `stride` bytes apart: `g` to `sums`, `g · (x − mean)` to `products`. */
function addGradients(
  dy: usize, x: usize, out: usize, mean: usize, stride: usize, rows: i32,
  sums: usize, products: usize,
): void {
  let s0 = v128.load(sums), s1 = v128.load(sums, 16);
  let s2 = v128.load(sums, 32), s3 = v128.load(sums, 48);
  let p0 = v128.load(products), p1 = v128.load(products, 16);
  let p2 = v128.load(products, 32), p3 = v128.load(products, 48);
  const outStride = out ? stride : 0;
  for (; rows > 0; rows--, dy += stride, x += stride, out += outStride) {
    const g = beforeRelu(dy, out), d = f32x4.sub(v128.load(x), v128.load(mean));
    const g0 = low(g), g1 = high(g);
    s0 = f64x2.add(s0, g0);
    s1 = f64x2.add(s1, g1);
    p0 = f64x2.add(p0, f64x2.mul(g0, low(d)));
    p1 = f64x2.add(p1, f64x2.mul(g1, high(d)));
    const h = beforeRelu(dy + 16, out ? out + 16 : 0);
    const e = f32x4.sub(v128.load(x, 16), v128.load(mean, 16));
    const h0 = low(h), h1 = high(h);
    s2 = f64x2.add(s2, h0);
    s3 = f64x2.add(s3, h1);
    p2 = f64x2.add(p2, f64x2.mul(h0, low(e)));
    p3 = f64x2.add(p3, f64x2.mul(h1, high(e)));
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(sums, s2, 32);
  v128.store(sums, s3, 48);
  v128.store(products, p0);
  v128.store(products, p1, 16);
  v128.store(products, p2, 32);
  v128.store(products, p3, 48);
}

/** Four values of `g`; `out` is 0 without a ReLU. */
// @ts-ignore: decorator
@inline
function beforeRelu(dy: usize, out: usize): v128 {
  const slope = v128.load(dy);
  return out ? v128.and(slope, f32x4.gt(v128.load(out), f32x4.splat(0))) : slope;
}

/**
 * `dγ` and `dβ` `[c]`, over all groups, from the partial sums, and the coefficients `[groups][3][c]` of
 * `dx = a · g + b · (x − mean) + d`. Words: partials, variance, gamma, dGamma, dBeta, coefficients, rows, c, epsilon
 * (real), groups, n of every group. Slices: 1.
 */
export function batchNormGradientFinish(args: usize, _slice: i32, _scratch: usize): void {
  const rows = word(args, 6), c = word(args, 7), groups = word(args, 9), row = <usize>c << 2;
  const epsilon = <f64>real(args, 8);
  for (let j = 0; j < c; j++) {
    const at = <usize>j << 2, gamma = <f64>load<f32>(pointer(args, 2) + at);
    let partials = pointer(args, 0), variance = pointer(args, 1) + at;
    let coefficients = pointer(args, 5) + at, allGamma: f64 = 0, allBeta: f64 = 0;
    for (let g = 0; g < groups; g++, variance += row, coefficients += 3 * row) {
      const n = word(args, 10 + g), slices = slicesOf(n, EXAMPLES), count = <f64>(n * rows);
      const inverse: f64 = 1 / sqrt(<f64>load<f32>(variance) + epsilon);
      const dBeta = total(partials, slices, 0, j, c);
      const dGamma = total(partials, slices, 1, j, c) * inverse;
      const a = gamma * inverse;
      store<f32>(coefficients, <f32>a);
      store<f32>(coefficients + row, <f32>(-a * inverse * dGamma / count));
      store<f32>(coefficients + 2 * row, <f32>(-a * dBeta / count));
      allGamma += dGamma;
      allBeta += dBeta;
      partials += <usize>(slices * c) << 4;
    }
    store<f32>(pointer(args, 3) + at, <f32>allGamma);
    store<f32>(pointer(args, 4) + at, <f32>allBeta);
  }
}

/**
 * `dx = a · g + b · (x − mean) + d`, and `dadd = g` if given: the gradient of what was added before the ReLU. Either may
 * take `dy`'s place. Words: dy, x, out or 0, mean, coefficients, dx, dadd or 0, rows, c, examplesPerSlice, n of every
 * group. Slices: ⌈n/examplesPerSlice⌉ of every group.
 */
export function batchNormGradientApply(args: usize, slice: i32, _scratch: usize): void {
  const rows = word(args, 7), c = word(args, 8), stride = <usize>c << 2;
  findSlice(args, 10, word(args, 9), slice);
  const mean = pointer(args, 3) + <usize>group * stride;
  const coefficients = pointer(args, 4) + <usize>(3 * group) * stride;
  let out = pointer(args, 2), dadd = pointer(args, 6);
  const outStride = out ? stride : 0, daddStride = dadd ? stride : 0;
  const firstRow = <usize>(first * rows), offset = firstRow * stride;
  let dy = pointer(args, 0) + offset, x = pointer(args, 1) + offset, dx = pointer(args, 5) + offset;
  out += firstRow * outStride;
  dadd += firstRow * daddStride;
  for (let left = (last - first) * rows; left > 0; left--) {
    applyGradientRow(dy, x, out, mean, coefficients, dx, dadd, c);
    dy += stride;
    x += stride;
    dx += stride;
    out += outStride;
    dadd += daddStride;
  }
}

function applyGradientRow(
  dy: usize, x: usize, out: usize, mean: usize, a: usize, dx: usize, dadd: usize, c: i32,
): void {
  const b = a + (<usize>c << 2), d = b + (<usize>c << 2);
  for (let at: usize = 0; c > 0; c -= 4, at += 16) {
    const g = beforeRelu(dy + at, out ? out + at : 0);
    const centred = f32x4.sub(v128.load(x + at), v128.load(mean + at));
    const ofX = fma(centred, v128.load(b + at), v128.load(d + at));
    if (dadd) storeLanes(dadd + at, g, c);
    storeLanes(dx + at, fma(g, v128.load(a + at), ofX), c);
  }
}
