/**
 * The transforms of Winograd's F(4×4,3×3) (Lavin & Gray 2016, arXiv 1509.09308), four channels at a time: a 6×6 tile of
 * the image becomes 36 values per channel, and 36 values per channel become a 4×4 tile of the result.
 *
 * What lies between the two halves of a transform are local variables: the compiler keeps those that find no register on
 * its own stack, where a load or store costs no comparison with the end of the memory.
 */
import { five, four, two } from "./factors";
import { fma, fnma } from "../simd";

/** Bytes of zeros that stand for a row outside the image, of `channels` channels. */
// @ts-ignore: decorator
@inline
export function zeroBytes(channels: i32): usize {
  return (<usize>(6 * channels) << 2) + 64;
}

/** A tile's place: where its 6×6 window starts, and which of its rows and columns lie inside the image. */
// @ts-ignore: decorator
@inline
export function windowStart(image: usize, row: i32, column: i32, width: i32, channels: i32): usize {
  return image + (<usize>(((row << 2) - 1) * width + (column << 2) - 1) * channels << 2);
}

/** The rows of `Bᵀ d`; what they have in common is computed once. */
// @ts-ignore: decorator
@inline
function input0(d0: v128, d2: v128, d4: v128, by4: v128, by5: v128): v128 {
  return fma(by4, d0, fnma(by5, d2, d4));
}
// @ts-ignore: decorator
@inline
function input1(d1: v128, d2: v128, d3: v128, d4: v128, by4: v128): v128 {
  return f32x4.add(fnma(by4, d2, d4), fnma(by4, d1, d3));
}
// @ts-ignore: decorator
@inline
function input2(d1: v128, d2: v128, d3: v128, d4: v128, by4: v128): v128 {
  return f32x4.sub(fnma(by4, d2, d4), fnma(by4, d1, d3));
}
// @ts-ignore: decorator
@inline
function input3(d1: v128, d2: v128, d3: v128, d4: v128, by2: v128): v128 {
  return fma(by2, f32x4.sub(d3, d1), f32x4.sub(d4, d2));
}
// @ts-ignore: decorator
@inline
function input4(d1: v128, d2: v128, d3: v128, d4: v128, by2: v128): v128 {
  return fnma(by2, f32x4.sub(d3, d1), f32x4.sub(d4, d2));
}

/**
 * `V = Bᵀ d B` of the 6×6 window `d` at `from`, for `channels` channels, whose 36 planes are `plane` bytes apart at
 * `to`, and in a plane every four channels `step` bytes. Whole vectors are stored.
 *
 * @param rowStride bytes between the window's rows
 * @param top first row inside the image, `bottom` the first below it; `left` and `right` likewise. The rest counts as 0.
 * @param zeros {@link zeroBytes} of zeros
 */
export function transformInput(
  from: usize,
  rowStride: usize,
  channels: i32,
  top: i32,
  bottom: i32,
  left: i32,
  right: i32,
  to: usize,
  plane: usize,
  step: usize,
  zeros: usize,
): void {
  const by2 = f32x4.splat(two), by4 = f32x4.splat(four), by5 = f32x4.splat(five);
  const pixel = <usize>channels << 2;
  let x0 = top > 0 ? zeros : from;
  let x1 = bottom > 1 ? from + rowStride : zeros, x2 = bottom > 2 ? from + 2 * rowStride : zeros;
  let x3 = bottom > 3 ? from + 3 * rowStride : zeros, x4 = bottom > 4 ? from + 4 * rowStride : zeros;
  let x5 = bottom > 5 ? from + 5 * rowStride : zeros;
  const inside = left == 0 && right == 6;
  for (let c = 0; c < channels; c += 4) {
    if (inside) transformWindow(x0, x1, x2, x3, x4, x5, pixel, 0, 6, to, plane, by2, by4, by5, false);
    else transformWindow(x0, x1, x2, x3, x4, x5, pixel, left, right, to, plane, by2, by4, by5, true);
    x0 += 16;
    x1 += 16;
    x2 += 16;
    x3 += 16;
    x4 += 16;
    x5 += 16;
    to += step;
  }
}

/** Where column `j` is read: a column outside the image is replaced by one inside, and masked later. */
// @ts-ignore: decorator
@inline
function columnOffset(j: i32, left: i32, right: i32, pixel: usize): usize {
  return <usize>max(left, min(right - 1, j)) * pixel;
}

/** `value`, or zeros if `edge` and column `j` lies outside the image. */
// @ts-ignore: decorator
@inline
function inColumn(value: v128, mask: v128, edge: bool): v128 {
  return edge ? v128.and(value, mask) : value;
}

/** {@link transformInput} of four channels, whose window's rows are at `x0` to `x5`. */
// @ts-ignore: decorator
@inline
function transformWindow(
  x0: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  x4: usize,
  x5: usize,
  pixel: usize,
  left: i32,
  right: i32,
  to: usize,
  plane: usize,
  by2: v128,
  by4: v128,
  by5: v128,
  edge: bool,
): void {
  let o = edge ? columnOffset(0, left, right, pixel) : 0 * pixel;
  let m = edge ? i32x4.splat(0 >= left && 0 < right ? -1 : 0) : i32x4.splat(-1);
  let d0 = inColumn(v128.load(x0 + o), m, edge), d1 = inColumn(v128.load(x1 + o), m, edge);
  let d2 = inColumn(v128.load(x2 + o), m, edge), d3 = inColumn(v128.load(x3 + o), m, edge);
  let d4 = inColumn(v128.load(x4 + o), m, edge), d5 = inColumn(v128.load(x5 + o), m, edge);
  const t00 = input0(d0, d2, d4, by4, by5), t10 = input1(d1, d2, d3, d4, by4), t20 = input2(d1, d2, d3, d4, by4);
  const t30 = input3(d1, d2, d3, d4, by2), t40 = input4(d1, d2, d3, d4, by2), t50 = input0(d1, d3, d5, by4, by5);
  o = edge ? columnOffset(1, left, right, pixel) : 1 * pixel;
  m = edge ? i32x4.splat(1 >= left && 1 < right ? -1 : 0) : i32x4.splat(-1);
  d0 = inColumn(v128.load(x0 + o), m, edge); d1 = inColumn(v128.load(x1 + o), m, edge);
  d2 = inColumn(v128.load(x2 + o), m, edge); d3 = inColumn(v128.load(x3 + o), m, edge);
  d4 = inColumn(v128.load(x4 + o), m, edge); d5 = inColumn(v128.load(x5 + o), m, edge);
  const t01 = input0(d0, d2, d4, by4, by5), t11 = input1(d1, d2, d3, d4, by4), t21 = input2(d1, d2, d3, d4, by4);
  const t31 = input3(d1, d2, d3, d4, by2), t41 = input4(d1, d2, d3, d4, by2), t51 = input0(d1, d3, d5, by4, by5);
  o = edge ? columnOffset(2, left, right, pixel) : 2 * pixel;
  m = edge ? i32x4.splat(2 >= left && 2 < right ? -1 : 0) : i32x4.splat(-1);
  d0 = inColumn(v128.load(x0 + o), m, edge); d1 = inColumn(v128.load(x1 + o), m, edge);
  d2 = inColumn(v128.load(x2 + o), m, edge); d3 = inColumn(v128.load(x3 + o), m, edge);
  d4 = inColumn(v128.load(x4 + o), m, edge); d5 = inColumn(v128.load(x5 + o), m, edge);
  const t02 = input0(d0, d2, d4, by4, by5), t12 = input1(d1, d2, d3, d4, by4), t22 = input2(d1, d2, d3, d4, by4);
  const t32 = input3(d1, d2, d3, d4, by2), t42 = input4(d1, d2, d3, d4, by2), t52 = input0(d1, d3, d5, by4, by5);
  o = edge ? columnOffset(3, left, right, pixel) : 3 * pixel;
  m = edge ? i32x4.splat(3 >= left && 3 < right ? -1 : 0) : i32x4.splat(-1);
  d0 = inColumn(v128.load(x0 + o), m, edge); d1 = inColumn(v128.load(x1 + o), m, edge);
  d2 = inColumn(v128.load(x2 + o), m, edge); d3 = inColumn(v128.load(x3 + o), m, edge);
  d4 = inColumn(v128.load(x4 + o), m, edge); d5 = inColumn(v128.load(x5 + o), m, edge);
  const t03 = input0(d0, d2, d4, by4, by5), t13 = input1(d1, d2, d3, d4, by4), t23 = input2(d1, d2, d3, d4, by4);
  const t33 = input3(d1, d2, d3, d4, by2), t43 = input4(d1, d2, d3, d4, by2), t53 = input0(d1, d3, d5, by4, by5);
  o = edge ? columnOffset(4, left, right, pixel) : 4 * pixel;
  m = edge ? i32x4.splat(4 >= left && 4 < right ? -1 : 0) : i32x4.splat(-1);
  d0 = inColumn(v128.load(x0 + o), m, edge); d1 = inColumn(v128.load(x1 + o), m, edge);
  d2 = inColumn(v128.load(x2 + o), m, edge); d3 = inColumn(v128.load(x3 + o), m, edge);
  d4 = inColumn(v128.load(x4 + o), m, edge); d5 = inColumn(v128.load(x5 + o), m, edge);
  const t04 = input0(d0, d2, d4, by4, by5), t14 = input1(d1, d2, d3, d4, by4), t24 = input2(d1, d2, d3, d4, by4);
  const t34 = input3(d1, d2, d3, d4, by2), t44 = input4(d1, d2, d3, d4, by2), t54 = input0(d1, d3, d5, by4, by5);
  o = edge ? columnOffset(5, left, right, pixel) : 5 * pixel;
  m = edge ? i32x4.splat(5 >= left && 5 < right ? -1 : 0) : i32x4.splat(-1);
  d0 = inColumn(v128.load(x0 + o), m, edge); d1 = inColumn(v128.load(x1 + o), m, edge);
  d2 = inColumn(v128.load(x2 + o), m, edge); d3 = inColumn(v128.load(x3 + o), m, edge);
  d4 = inColumn(v128.load(x4 + o), m, edge); d5 = inColumn(v128.load(x5 + o), m, edge);
  const t05 = input0(d0, d2, d4, by4, by5), t15 = input1(d1, d2, d3, d4, by4), t25 = input2(d1, d2, d3, d4, by4);
  const t35 = input3(d1, d2, d3, d4, by2), t45 = input4(d1, d2, d3, d4, by2), t55 = input0(d1, d3, d5, by4, by5);
  storeRow(to, plane, t00, t01, t02, t03, t04, t05, by2, by4, by5);
  storeRow(to + 6 * plane, plane, t10, t11, t12, t13, t14, t15, by2, by4, by5);
  storeRow(to + 12 * plane, plane, t20, t21, t22, t23, t24, t25, by2, by4, by5);
  storeRow(to + 18 * plane, plane, t30, t31, t32, t33, t34, t35, by2, by4, by5);
  storeRow(to + 24 * plane, plane, t40, t41, t42, t43, t44, t45, by2, by4, by5);
  storeRow(to + 30 * plane, plane, t50, t51, t52, t53, t54, t55, by2, by4, by5);
}

/** Stores a row of `V`, the transform of a row's six values, in planes `plane` bytes apart. */
// @ts-ignore: decorator
@inline
function storeRow(
  to: usize,
  plane: usize,
  d0: v128,
  d1: v128,
  d2: v128,
  d3: v128,
  d4: v128,
  d5: v128,
  by2: v128,
  by4: v128,
  by5: v128,
): void {
  v128.store(to, input0(d0, d2, d4, by4, by5));
  v128.store(to + plane, input1(d1, d2, d3, d4, by4));
  v128.store(to + 2 * plane, input2(d1, d2, d3, d4, by4));
  v128.store(to + 3 * plane, input3(d1, d2, d3, d4, by2));
  v128.store(to + 4 * plane, input4(d1, d2, d3, d4, by2));
  v128.store(to + 5 * plane, input0(d1, d3, d5, by4, by5));
}
