/** The filter gradient of a direct convolution. */
import { fillRows } from "./rows";
import { outer4x8, ROWS } from "../gemm";
import { storeLanes } from "../simd";
import { pointer, word } from "../words";

/** Pixels whose products are summed in registers. */
const PIXELS: i32 = 256;
/** Bytes of a table with one address per pixel. */
const TABLE: usize = <usize>PIXELS << 2;
/** Bytes of a block's sums, `[4][8]`. */
const TILE: usize = 128;

/**
 * `dw[kernel][kernel][ci][co]`: the products of `dy` `[n][⌈h/stride⌉][⌈w/stride⌉][co]` with the pixels of `x`
 * `[n][h][w][ci]` that each tap met, summed over pixels: in registers over 256 of them, in `dw` over these sums.
 * Words: x, dy, dw, n, h, w, ci, co, kernel, stride, ciPerSlice. Slices: kernel² · ⌈ci/ciPerSlice⌉, channels fastest.
 *
 * Both sides are copied into the order in which the products read them: of a pixel's many channels they want few.
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
  const pixels = n * high * wide;
  const sums = scratch + TABLE, left = sums + TILE, right = left + (<usize>PIXELS << 4);
  for (let first = 0; first < pixels; first += PIXELS) {
    const last = min(first + PIXELS, pixels);
    fillRows(
      scratch, first, last, high, wide,
      x, h, w, <usize>ci << 2, stride, tap / kernel - pad, tap % kernel - pad, 0,
    );
    const terms = copyRight(right, scratch, last - first, dy + (<usize>(first * co) << 2), co);
    for (let channel = firstChannel; channel < lastChannel; channel += ROWS) {
      copyLeft(left, scratch, last - first, <usize>channel << 2);
      const to = dw + (<usize>((tap * ci + channel) * co) << 2), rows = min(ROWS, lastChannel - channel);
      for (let column = 0; column < co; column += 8) {
        outer4x8(left, right + (<usize>(column * PIXELS) << 2), terms, sums, 32, rows, false);
        addBlock(sums, to + (<usize>column << 2), rows, min(8, co - column), <usize>co << 2, first > 0);
      }
    }
  }
}

/**
 * Copies the pixels of dy whose addresses in `table` are not 0 to `to`, `[⌈co/8⌉][256][8]`, and returns how many they are.
 * Whole vectors are copied.
 */
function copyRight(to: usize, table: usize, rows: i32, dy: usize, co: i32): i32 {
  const step: usize = PIXELS << 5;
  let terms = 0;
  for (let row = 0; row < rows; row++, dy += <usize>co << 2) {
    if (load<u32>(table + (<usize>row << 2)) == 0) continue;
    let target = to + (<usize>terms << 5), from = dy;
    terms++;
    for (let column = 0; column < co; column += 8, from += 32, target += step) {
      v128.store(target, v128.load(from));
      v128.store(target, v128.load(from, 16), 16);
    }
  }
  return terms;
}

/** Copies four channels, `offset` bytes into the pixel, of the pixels in `table` that are not 0. */
function copyLeft(to: usize, table: usize, rows: i32, offset: usize): void {
  for (const end = table + (<usize>rows << 2); table < end; table += 4) {
    const address = load<u32>(table);
    if (address == 0) continue;
    v128.store(to, v128.load(<usize>address + offset));
    to += 16;
  }
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
