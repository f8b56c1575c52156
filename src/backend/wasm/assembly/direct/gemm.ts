/**
 * The matrix product under the 1×1 convolutions: pixels, copied side by side, times panels of eight channels of the
 * filter.
 */
import { fillRows } from "./rows";
import { floorOf, shiftOf, storeSum } from "../epilogue";
import { fma, splatLane } from "../simd";
import { pointer, word } from "../words";

/** Rows of a block of the product. */
const BLOCK: i32 = 4;
/** Most pixels that are multiplied together: a multiple of four. */
const PIXELS: i32 = 32;
/** Bytes of their channels, for the nearest cache to hold them while panel after panel of the filter passes. */
const PIXEL_BYTES: i32 = 32 << 10;
/** Bytes of a table with an entry per pixel. */
const TABLE: usize = <usize>PIXELS << 2;

/** How many pixels of `depth` channels are multiplied together. */
// @ts-ignore: decorator
@inline
export function pixelsTogether(depth: i32): i32 {
  return max(BLOCK, min(PIXELS, PIXEL_BYTES / (max(depth, 1) << 2)) & -BLOCK);
}

/** The table in scratch of what result pixels' addresses are to the tensors' own: {@link multiply} reads it. */
// @ts-ignore: decorator
@inline
export function offsetTable(scratch: usize): usize {
  return scratch;
}

/** The pixels in scratch that {@link multiply} reads, side by side. */
// @ts-ignore: decorator
@inline
function pixels(scratch: usize): usize {
  return scratch + 2 * TABLE;
}

/**
 * Copies pixels `first` to `last − 1` of the grid `[n][high][wide]` to scratch: every `step`th in both directions of the
 * images `[n][h][w][depth]` at `x`.
 */
export function copyPixels(
  scratch: usize, first: i32, last: i32, high: i32, wide: i32,
  x: usize, h: i32, w: i32, depth: i32, step: i32,
): void {
  const bytes = <usize>depth << 2;
  let table = scratch + TABLE, to = pixels(scratch);
  fillRows(table, first, last, high, wide, x, h, w, bytes, step, 0, 0, 0);
  for (const end = table + (<usize>(last - first) << 2); table < end; table += 4, to += bytes) {
    memory.copy(to, <usize>load<u32>(table), bytes);
  }
}

/**
 * `y = epilogue(pixels · u)` for `rows` pixels in scratch and panels `firstPanel` to `lastPanel − 1` of `columns`
 * channels. The words from 1 on are u (from `directPack`), y, bias, add, mask, relu; the table of offsets says where a
 * result pixel is in `y`, `add` and `mask`. The epilogue adds `bias`, adds `add`, takes `relu`, and keeps what lies where
 * `mask` is positive, each unless 0. With a `depth` of 0, the products are 0.
 */
export function multiply(
  args: usize, scratch: usize, rows: i32, depth: i32, columns: i32, firstPanel: i32, lastPanel: i32,
): void {
  for (let panel = firstPanel; panel < lastPanel; panel++) {
    const filter = pointer(args, 1) + (<usize>(panel * depth) << 5), column = panel << 3;
    multiplyPanel(args, scratch, rows, depth, filter, column, columns - column);
  }
}

/** {@link multiply} for the panel that begins at `column`. */
function multiplyPanel(
  args: usize, scratch: usize, rows: i32, depth: i32, filter: usize, column: i32, lanes: i32,
): void {
  let a = pixels(scratch), offsets = offsetTable(scratch);
  for (; rows > 0; rows -= BLOCK, a += <usize>depth << 4, offsets += BLOCK << 2) {
    multiplyBlock(args, a, depth, filter, offsets, rows, column, lanes);
  }
}

/**
 * {@link multiply} for the first four of `rows` pixels at `a0` and a panel `b`, of which `lanes` columns are stored. The
 * loop is that of `block4x8` in `../gemm`, written out again: sums that come back through memory instead of in local
 * variables made convolutions of few channels 8 to 22 % slower.
 */
function multiplyBlock(
  args: usize, a0: usize, depth: i32, b: usize, offsets: usize, rows: i32, column: i32, lanes: i32,
): void {
  const zero = f32x4.splat(0), stride = <usize>depth << 2;
  let a1 = a0 + stride, a2 = a1 + stride, a3 = a2 + stride;
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero;
  let c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  const whole = b + (<usize>(depth & ~3) << 5), end = b + (<usize>depth << 5);
  for (; b < whole; b += 128, a0 += 16, a1 += 16, a2 += 16, a3 += 16) {
    const r0 = v128.load(a0), r1 = v128.load(a1), r2 = v128.load(a2), r3 = v128.load(a3);
    let b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = splatLane(r0, 0);
    c00 = fma(s, b0, c00);
    c01 = fma(s, b1, c01);
    s = splatLane(r1, 0);
    c10 = fma(s, b0, c10);
    c11 = fma(s, b1, c11);
    s = splatLane(r2, 0);
    c20 = fma(s, b0, c20);
    c21 = fma(s, b1, c21);
    s = splatLane(r3, 0);
    c30 = fma(s, b0, c30);
    c31 = fma(s, b1, c31);
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    s = splatLane(r0, 1);
    c00 = fma(s, b0, c00);
    c01 = fma(s, b1, c01);
    s = splatLane(r1, 1);
    c10 = fma(s, b0, c10);
    c11 = fma(s, b1, c11);
    s = splatLane(r2, 1);
    c20 = fma(s, b0, c20);
    c21 = fma(s, b1, c21);
    s = splatLane(r3, 1);
    c30 = fma(s, b0, c30);
    c31 = fma(s, b1, c31);
    b0 = v128.load(b, 64);
    b1 = v128.load(b, 80);
    s = splatLane(r0, 2);
    c00 = fma(s, b0, c00);
    c01 = fma(s, b1, c01);
    s = splatLane(r1, 2);
    c10 = fma(s, b0, c10);
    c11 = fma(s, b1, c11);
    s = splatLane(r2, 2);
    c20 = fma(s, b0, c20);
    c21 = fma(s, b1, c21);
    s = splatLane(r3, 2);
    c30 = fma(s, b0, c30);
    c31 = fma(s, b1, c31);
    b0 = v128.load(b, 96);
    b1 = v128.load(b, 112);
    s = splatLane(r0, 3);
    c00 = fma(s, b0, c00);
    c01 = fma(s, b1, c01);
    s = splatLane(r1, 3);
    c10 = fma(s, b0, c10);
    c11 = fma(s, b1, c11);
    s = splatLane(r2, 3);
    c20 = fma(s, b0, c20);
    c21 = fma(s, b1, c21);
    s = splatLane(r3, 3);
    c30 = fma(s, b0, c30);
    c31 = fma(s, b1, c31);
  }
  for (; b < end; b += 32, a0 += 4, a1 += 4, a2 += 4, a3 += 4) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = v128.load32_splat(a0);
    c00 = fma(s, b0, c00);
    c01 = fma(s, b1, c01);
    s = v128.load32_splat(a1);
    c10 = fma(s, b0, c10);
    c11 = fma(s, b1, c11);
    s = v128.load32_splat(a2);
    c20 = fma(s, b0, c20);
    c21 = fma(s, b1, c21);
    s = v128.load32_splat(a3);
    c30 = fma(s, b0, c30);
    c31 = fma(s, b1, c31);
  }
  const y = pointer(args, 2), bias = pointer(args, 3), add = pointer(args, 4), mask = pointer(args, 5);
  const floor = floorOf(word(args, 6)), shift = <usize>column << 2;
  const bias0 = shiftOf(bias, column), bias1 = lanes > 4 ? shiftOf(bias, column + 4) : bias0;
  if (rows >= BLOCK && lanes >= 8 && !(add | mask)) {
    const to = y + shift;
    storeWhole(to + <usize>load<u32>(offsets), c00, c01, bias0, bias1, floor);
    storeWhole(to + <usize>load<u32>(offsets, 4), c10, c11, bias0, bias1, floor);
    storeWhole(to + <usize>load<u32>(offsets, 8), c20, c21, bias0, bias1, floor);
    storeWhole(to + <usize>load<u32>(offsets, 12), c30, c31, bias0, bias1, floor);
    return;
  }
  storeRow(y, offsets, shift, c00, c01, bias0, bias1, floor, add, mask, lanes);
  if (rows > 1) storeRow(y, offsets + 4, shift, c10, c11, bias0, bias1, floor, add, mask, lanes);
  if (rows > 2) storeRow(y, offsets + 8, shift, c20, c21, bias0, bias1, floor, add, mask, lanes);
  if (rows > 3) storeRow(y, offsets + 12, shift, c30, c31, bias0, bias1, floor, add, mask, lanes);
}

/** Stores eight channels of a pixel that nothing is added to and nothing masks. */
// @ts-ignore: decorator
@inline
function storeWhole(
  to: usize, sum0: v128, sum1: v128, bias0: v128, bias1: v128, floor: v128,
): void {
  v128.store(to, f32x4.pmax(f32x4.add(sum0, bias0), floor));
  v128.store(to, f32x4.pmax(f32x4.add(sum1, bias1), floor), 16);
}

/** Stores up to eight channels of a pixel, `shift` bytes into it. */
// @ts-ignore: decorator
@inline
function storeRow(
  y: usize, offset: usize, shift: usize, sum0: v128, sum1: v128, bias0: v128, bias1: v128, floor: v128,
  add: usize, mask: usize, lanes: i32,
): void {
  const at = <usize>load<u32>(offset) + shift;
  storeSum(y, at, sum0, bias0, floor, add, mask, lanes);
  if (lanes > 4) storeSum(y, at + 16, sum1, bias1, floor, add, mask, lanes - 4);
}
