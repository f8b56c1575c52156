/** Tiles of a result's gradient, as the filter's gradient takes them: `A dY Aᵀ`. */
import { four, two } from "./factors";
import { fma, fnma } from "../simd";

/** The rows of `A d`; what they have in common is computed once. */
// @ts-ignore: decorator
@inline
function gradient1(d0: v128, d1: v128, d2: v128, d3: v128): v128 {
  return f32x4.add(f32x4.add(d0, d2), f32x4.add(d1, d3));
}
// @ts-ignore: decorator
@inline
function gradient2(d0: v128, d1: v128, d2: v128, d3: v128): v128 {
  return f32x4.sub(f32x4.add(d0, d2), f32x4.add(d1, d3));
}
// @ts-ignore: decorator
@inline
function gradient3(d0: v128, d1: v128, d2: v128, d3: v128, by2: v128, by4: v128): v128 {
  return fma(by2, fma(by4, d3, d1), fma(by4, d2, d0));
}
// @ts-ignore: decorator
@inline
function gradient4(d0: v128, d1: v128, d2: v128, d3: v128, by2: v128, by4: v128): v128 {
  return fnma(by2, fma(by4, d3, d1), fma(by4, d2, d0));
}

/** Stores `A` times the four vectors, `step` bytes apart. */
// @ts-ignore: decorator
@inline
function storeGradient(
  to: usize,
  step: usize,
  d0: v128,
  d1: v128,
  d2: v128,
  d3: v128,
  by2: v128,
  by4: v128,
): void {
  v128.store(to, d0);
  v128.store(to + step, gradient1(d0, d1, d2, d3));
  v128.store(to + 2 * step, gradient2(d0, d1, d2, d3));
  v128.store(to + 3 * step, gradient3(d0, d1, d2, d3, by2, by4));
  v128.store(to + 4 * step, gradient4(d0, d1, d2, d3, by2, by4));
  v128.store(to + 5 * step, d3);
}

/**
 * `A dY Aᵀ` of the 4×4 tile `index` of `dy`, zero beyond the image's edge; in a plane, every eight channels are `step`
 * bytes apart.
 */
export function loadGradient(
  dy: usize,
  h: i32,
  w: i32,
  channels: i32,
  index: i32,
  to: usize,
  plane: usize,
  step: usize,
): void {
  const by2 = f32x4.splat(two), by4 = f32x4.splat(four), zero = f32x4.splat(0);
  const high = (h + 3) >> 2, wide = (w + 3) >> 2;
  const column = index % wide, row = index / wide % high, example = index / (wide * high);
  const pixel = <usize>channels << 2, rowStride = w * pixel;
  const rows = h - (row << 2), columns = w - (column << 2);
  let from = dy + <usize>((example * h + (row << 2)) * w + (column << 2)) * pixel;
  for (let c = 0; c < channels; c += 4, from += 16) {
    let at = from, inside = rows;
    let d0 = inside > 0 ? v128.load(at) : zero;
    let d1 = inside > 1 ? v128.load(at + rowStride) : zero;
    let d2 = inside > 2 ? v128.load(at + 2 * rowStride) : zero;
    let d3 = inside > 3 ? v128.load(at + 3 * rowStride) : zero;
    const t10 = gradient1(d0, d1, d2, d3), t20 = gradient2(d0, d1, d2, d3);
    const t30 = gradient3(d0, d1, d2, d3, by2, by4), t40 = gradient4(d0, d1, d2, d3, by2, by4);
    const t00 = d0, t50 = d3;
    at += pixel;
    inside = columns > 1 ? rows : 0;
    d0 = inside > 0 ? v128.load(at) : zero;
    d1 = inside > 1 ? v128.load(at + rowStride) : zero;
    d2 = inside > 2 ? v128.load(at + 2 * rowStride) : zero;
    d3 = inside > 3 ? v128.load(at + 3 * rowStride) : zero;
    const t11 = gradient1(d0, d1, d2, d3), t21 = gradient2(d0, d1, d2, d3);
    const t31 = gradient3(d0, d1, d2, d3, by2, by4), t41 = gradient4(d0, d1, d2, d3, by2, by4);
    const t01 = d0, t51 = d3;
    at += pixel;
    inside = columns > 2 ? rows : 0;
    d0 = inside > 0 ? v128.load(at) : zero;
    d1 = inside > 1 ? v128.load(at + rowStride) : zero;
    d2 = inside > 2 ? v128.load(at + 2 * rowStride) : zero;
    d3 = inside > 3 ? v128.load(at + 3 * rowStride) : zero;
    const t12 = gradient1(d0, d1, d2, d3), t22 = gradient2(d0, d1, d2, d3);
    const t32 = gradient3(d0, d1, d2, d3, by2, by4), t42 = gradient4(d0, d1, d2, d3, by2, by4);
    const t02 = d0, t52 = d3;
    at += pixel;
    inside = columns > 3 ? rows : 0;
    d0 = inside > 0 ? v128.load(at) : zero;
    d1 = inside > 1 ? v128.load(at + rowStride) : zero;
    d2 = inside > 2 ? v128.load(at + 2 * rowStride) : zero;
    d3 = inside > 3 ? v128.load(at + 3 * rowStride) : zero;
    const t13 = gradient1(d0, d1, d2, d3), t23 = gradient2(d0, d1, d2, d3);
    const t33 = gradient3(d0, d1, d2, d3, by2, by4), t43 = gradient4(d0, d1, d2, d3, by2, by4);
    const t03 = d0, t53 = d3;
    let target = to + <usize>(c >> 3) * step + (<usize>(c & 4) << 2);
    storeGradient(target, plane, t00, t01, t02, t03, by2, by4);
    target += 6 * plane;
    storeGradient(target, plane, t10, t11, t12, t13, by2, by4);
    target += 6 * plane;
    storeGradient(target, plane, t20, t21, t22, t23, by2, by4);
    target += 6 * plane;
    storeGradient(target, plane, t30, t31, t32, t33, by2, by4);
    target += 6 * plane;
    storeGradient(target, plane, t40, t41, t42, t43, by2, by4);
    target += 6 * plane;
    storeGradient(target, plane, t50, t51, t52, t53, by2, by4);
  }
}
