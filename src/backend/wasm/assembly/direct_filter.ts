/** The filter gradient of a direct convolution. */
import { fillRows, ROWS, TABLE } from "./direct_rows";
import { fma, storeLanes } from "./simd";
import { pointer, word } from "./words";

/** Input channels per block: with eight output channels, sums and operands just fit the vector registers. */
const BLOCK: i32 = 6;

/**
 * `dw[kernel][kernel][ci][co]`: the products of `dy` `[n][⌈h/stride⌉][⌈w/stride⌉][co]` with the pixels of `x`
 * `[n][h][w][ci]` that each tap met, summed over pixels: in registers over 384 of them, in `dw` over these sums.
 * Words: x, dy, dw, n, h, w, ci, co, kernel, stride, ciPerSlice. Slices: kernel² · ⌈ci/ciPerSlice⌉, channels fastest.
 */
export function directFilter(args: usize, slice: i32, scratch: usize): void {
  const x = pointer(args, 0), dy = pointer(args, 1), dw = pointer(args, 2);
  const n = word(args, 3), h = word(args, 4), w = word(args, 5);
  const ci = word(args, 6), co = word(args, 7), kernel = word(args, 8), stride = word(args, 9);
  const ciPerSlice = word(args, 10);
  const groups = (ci + ciPerSlice - 1) / ciPerSlice, tap = slice / groups, pad = kernel >> 1;
  const firstChannel = slice % groups * ciPerSlice;
  const lastChannel = min(firstChannel + ciPerSlice, ci);
  const high = (h + stride - 1) / stride, wide = (w + stride - 1) / stride;
  const pixels = n * high * wide, sums = scratch + TABLE, pairs = sums + 192;
  for (let first = 0; first < pixels; first += ROWS) {
    const last = min(first + ROWS, pixels);
    fillRows(
      scratch, first, last, high, wide,
      x, h, w, <usize>ci << 2, stride, tap / kernel - pad, tap % kernel - pad, 0,
    );
    const end = pairInside(
      pairs, scratch, last - first, dy + (<usize>(first * co) << 2), <usize>co << 2,
    );
    for (let channel = firstChannel; channel < lastChannel; channel += BLOCK) {
      multiplyChannels(
        sums, pairs, end, dw + (<usize>((tap * ci + channel) * co) << 2), channel,
        min(BLOCK, lastChannel - channel), co, first > 0,
      );
    }
  }
}

/** Pairs the addresses in `table` that are not 0 with those of their pixels of dy; returns the end of the pairs. */
function pairInside(pairs: usize, table: usize, rows: i32, dy: usize, pixelBytes: usize): usize {
  for (let row = 0; row < rows; row++, dy += pixelBytes) {
    const address = load<u32>(table + (<usize>row << 2));
    store<u32>(pairs, address);
    store<u32>(pairs, <u32>dy, 4);
    pairs += address ? 8 : 0;
  }
  return pairs;
}

/** Adds the pairs' products of `rows` channels of x, from `channel` on, and all `co` of dy to `dw`. */
function multiplyChannels(
  scratch: usize, pairs: usize, end: usize, dw: usize, channel: i32, rows: i32, co: i32,
  accumulate: bool,
): void {
  for (let column = 0; column < co; column += 8) {
    multiplyPairs(scratch, pairs, end, <usize>channel << 2, <usize>column << 2);
    addBlock(scratch, dw + (<usize>column << 2), rows, min(8, co - column), <usize>co << 2, accumulate);
  }
}

/** Sums over pairs of six channels of x, `left` bytes into its pixel, by eight of dy, `right` bytes in, to `sums`. */
function multiplyPairs(sums: usize, pairs: usize, end: usize, left: usize, right: usize): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero;
  let c30 = zero, c31 = zero, c40 = zero, c41 = zero, c50 = zero, c51 = zero;
  for (; pairs < end; pairs += 8) {
    const x = <usize>load<u32>(pairs) + left, y = <usize>load<u32>(pairs, 4) + right;
    const b0 = v128.load(y), b1 = v128.load(y, 16);
    let a = v128.load32_splat(x);
    c00 = fma(a, b0, c00);
    c01 = fma(a, b1, c01);
    a = v128.load32_splat(x, 4);
    c10 = fma(a, b0, c10);
    c11 = fma(a, b1, c11);
    a = v128.load32_splat(x, 8);
    c20 = fma(a, b0, c20);
    c21 = fma(a, b1, c21);
    a = v128.load32_splat(x, 12);
    c30 = fma(a, b0, c30);
    c31 = fma(a, b1, c31);
    a = v128.load32_splat(x, 16);
    c40 = fma(a, b0, c40);
    c41 = fma(a, b1, c41);
    a = v128.load32_splat(x, 20);
    c50 = fma(a, b0, c50);
    c51 = fma(a, b1, c51);
  }
  v128.store(sums, c00);
  v128.store(sums, c01, 16);
  v128.store(sums, c10, 32);
  v128.store(sums, c11, 48);
  v128.store(sums, c20, 64);
  v128.store(sums, c21, 80);
  v128.store(sums, c30, 96);
  v128.store(sums, c31, 112);
  v128.store(sums, c40, 128);
  v128.store(sums, c41, 144);
  v128.store(sums, c50, 160);
  v128.store(sums, c51, 176);
}

/** Adds a block's sums to `rows` rows of `dw`, `stride` bytes apart, or sets them if not `accumulate`. */
function addBlock(
  sums: usize, dw: usize, rows: i32, lanes: i32, stride: usize, accumulate: bool,
): void {
  for (let row = 0; row < rows; row++, dw += stride, sums += 32) {
    addRow(sums, dw, lanes, accumulate);
    if (lanes > 4) addRow(sums + 16, dw + 16, lanes - 4, accumulate);
  }
}

/** {@link addBlock} for up to four columns of one row. */
// @ts-ignore: decorator
@inline
function addRow(sums: usize, dw: usize, lanes: i32, accumulate: bool): void {
  let value = v128.load(sums);
  if (accumulate) value = f32x4.add(v128.load(dw), value);
  storeLanes(dw, value, lanes);
}
