/** The second half of Winograd's F(4×4,3×3): 36 products per channel become a 4×4 tile of the result, and are stored. */
import { storeSum } from "../epilogue";
import { eight, four, two } from "./factors";
import { fma } from "../simd";

/** The rows of `Aᵀ m`; what they have in common is computed once. */
// @ts-ignore: decorator
@inline
function output0(m0: v128, m1: v128, m2: v128, m3: v128, m4: v128): v128 {
  return f32x4.add(f32x4.add(m0, f32x4.add(m1, m2)), f32x4.add(m3, m4));
}
// @ts-ignore: decorator
@inline
function output1(m1: v128, m2: v128, m3: v128, m4: v128, by2: v128): v128 {
  return fma(by2, f32x4.sub(m3, m4), f32x4.sub(m1, m2));
}
// @ts-ignore: decorator
@inline
function output2(m1: v128, m2: v128, m3: v128, m4: v128, by4: v128): v128 {
  return fma(by4, f32x4.add(m3, m4), f32x4.add(m1, m2));
}
// @ts-ignore: decorator
@inline
function output3(m1: v128, m2: v128, m3: v128, m4: v128, m5: v128, by8: v128): v128 {
  return f32x4.add(fma(by8, f32x4.sub(m3, m4), f32x4.sub(m1, m2)), m5);
}

/**
 * `Y = Aᵀ M A` of four channels from the 36 planes of `M`, `plane` bytes apart at `from`, and its epilogue (see
 * `storeSum`), stored at `at` bytes into `y`: `rows` by `columns` of its 4×4 pixels, which lie `pixel` bytes apart in rows
 * of `rowStride` bytes.
 */
export function transformOutput(
  from: usize,
  plane: usize,
  rows: i32,
  columns: i32,
  pixel: usize,
  rowStride: usize,
  y: usize,
  at: usize,
  shift: v128,
  floor: v128,
  add: usize,
  mask: usize,
  lanes: i32,
): void {
  const by2 = f32x4.splat(two), by4 = f32x4.splat(four), by8 = f32x4.splat(eight);
  let m0 = v128.load(from);
  let m1 = v128.load(from + 6 * plane);
  let m2 = v128.load(from + 12 * plane);
  let m3 = v128.load(from + 18 * plane);
  let m4 = v128.load(from + 24 * plane);
  let m5 = v128.load(from + 30 * plane);
  const t00 = output0(m0, m1, m2, m3, m4), t10 = output1(m1, m2, m3, m4, by2);
  const t20 = output2(m1, m2, m3, m4, by4), t30 = output3(m1, m2, m3, m4, m5, by8);
  from += plane;
  m0 = v128.load(from);
  m1 = v128.load(from + 6 * plane);
  m2 = v128.load(from + 12 * plane);
  m3 = v128.load(from + 18 * plane);
  m4 = v128.load(from + 24 * plane);
  m5 = v128.load(from + 30 * plane);
  const t01 = output0(m0, m1, m2, m3, m4), t11 = output1(m1, m2, m3, m4, by2);
  const t21 = output2(m1, m2, m3, m4, by4), t31 = output3(m1, m2, m3, m4, m5, by8);
  from += plane;
  m0 = v128.load(from);
  m1 = v128.load(from + 6 * plane);
  m2 = v128.load(from + 12 * plane);
  m3 = v128.load(from + 18 * plane);
  m4 = v128.load(from + 24 * plane);
  m5 = v128.load(from + 30 * plane);
  const t02 = output0(m0, m1, m2, m3, m4), t12 = output1(m1, m2, m3, m4, by2);
  const t22 = output2(m1, m2, m3, m4, by4), t32 = output3(m1, m2, m3, m4, m5, by8);
  from += plane;
  m0 = v128.load(from);
  m1 = v128.load(from + 6 * plane);
  m2 = v128.load(from + 12 * plane);
  m3 = v128.load(from + 18 * plane);
  m4 = v128.load(from + 24 * plane);
  m5 = v128.load(from + 30 * plane);
  const t03 = output0(m0, m1, m2, m3, m4), t13 = output1(m1, m2, m3, m4, by2);
  const t23 = output2(m1, m2, m3, m4, by4), t33 = output3(m1, m2, m3, m4, m5, by8);
  from += plane;
  m0 = v128.load(from);
  m1 = v128.load(from + 6 * plane);
  m2 = v128.load(from + 12 * plane);
  m3 = v128.load(from + 18 * plane);
  m4 = v128.load(from + 24 * plane);
  m5 = v128.load(from + 30 * plane);
  const t04 = output0(m0, m1, m2, m3, m4), t14 = output1(m1, m2, m3, m4, by2);
  const t24 = output2(m1, m2, m3, m4, by4), t34 = output3(m1, m2, m3, m4, m5, by8);
  from += plane;
  m0 = v128.load(from);
  m1 = v128.load(from + 6 * plane);
  m2 = v128.load(from + 12 * plane);
  m3 = v128.load(from + 18 * plane);
  m4 = v128.load(from + 24 * plane);
  m5 = v128.load(from + 30 * plane);
  const t05 = output0(m0, m1, m2, m3, m4), t15 = output1(m1, m2, m3, m4, by2);
  const t25 = output2(m1, m2, m3, m4, by4), t35 = output3(m1, m2, m3, m4, m5, by8);
  if (rows == 4 && columns == 4 && lanes >= 4) {
    storeRow(t00, t01, t02, t03, t04, t05, 4, pixel, y, at, shift, floor, add, mask, 4, by2, by4, by8);
    at += rowStride;
    storeRow(t10, t11, t12, t13, t14, t15, 4, pixel, y, at, shift, floor, add, mask, 4, by2, by4, by8);
    at += rowStride;
    storeRow(t20, t21, t22, t23, t24, t25, 4, pixel, y, at, shift, floor, add, mask, 4, by2, by4, by8);
    at += rowStride;
    storeRow(t30, t31, t32, t33, t34, t35, 4, pixel, y, at, shift, floor, add, mask, 4, by2, by4, by8);
    return;
  }
  storeRow(t00, t01, t02, t03, t04, t05, columns, pixel, y, at, shift, floor, add, mask, lanes, by2, by4, by8);
  if (rows < 2) return;
  at += rowStride;
  storeRow(t10, t11, t12, t13, t14, t15, columns, pixel, y, at, shift, floor, add, mask, lanes, by2, by4, by8);
  if (rows < 3) return;
  at += rowStride;
  storeRow(t20, t21, t22, t23, t24, t25, columns, pixel, y, at, shift, floor, add, mask, lanes, by2, by4, by8);
  if (rows < 4) return;
  at += rowStride;
  storeRow(t30, t31, t32, t33, t34, t35, columns, pixel, y, at, shift, floor, add, mask, lanes, by2, by4, by8);
}

/** Stores `columns` pixels of a row, which the six values transform to. */
// @ts-ignore: decorator
@inline
function storeRow(
  m0: v128,
  m1: v128,
  m2: v128,
  m3: v128,
  m4: v128,
  m5: v128,
  columns: i32,
  pixel: usize,
  y: usize,
  at: usize,
  shift: v128,
  floor: v128,
  add: usize,
  mask: usize,
  lanes: i32,
  by2: v128,
  by4: v128,
  by8: v128,
): void {
  storeSum(y, at, output0(m0, m1, m2, m3, m4), shift, floor, add, mask, lanes);
  if (columns > 1) {
    storeSum(y, at + pixel, output1(m1, m2, m3, m4, by2), shift, floor, add, mask, lanes);
  }
  if (columns > 2) {
    storeSum(y, at + 2 * pixel, output2(m1, m2, m3, m4, by4), shift, floor, add, mask, lanes);
  }
  if (columns > 3) {
    storeSum(y, at + 3 * pixel, output3(m1, m2, m3, m4, m5, by8), shift, floor, add, mask, lanes);
  }
}
