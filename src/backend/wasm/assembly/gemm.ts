/**
 * The products that convolutions are made of: blocks of four rows and eight columns. Every sum runs over its terms in
 * ascending order, whatever block it falls into.
 *
 * A load or store costs a comparison with the end of the memory, a lane's copy to all lanes does not: four values of the
 * left side are loaded at a time.
 */
import { fma, splatLane } from "./simd";

/** Rows of a block. */
export const ROWS: i32 = 4;

/** Rows that are computed for `rows`: whole blocks. */
// @ts-ignore: decorator
@inline
export function wholeBlocks(rows: i32): i32 {
  return (rows + ROWS - 1) / ROWS * ROWS;
}

/**
 * c[r][0..8) = Σ_k a[r][k] · b[k][0..8) for four rows. `a` rows are `aStride` bytes apart, `c` rows 32 bytes; `b` is
 * dense.
 */
function block4x8(a: usize, aStride: usize, b: usize, k: i32, c: usize): void {
  let a1 = a + aStride, a2 = a1 + aStride, a3 = a2 + aStride;
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00;
  let c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  const whole = b + (<usize>(k & ~3) << 5), end = b + (<usize>k << 5);
  for (; b < whole; b += 128, a += 16, a1 += 16, a2 += 16, a3 += 16) {
    const r0 = v128.load(a), r1 = v128.load(a1), r2 = v128.load(a2), r3 = v128.load(a3);
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
  for (; b < end; b += 32, a += 4, a1 += 4, a2 += 4, a3 += 4) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = v128.load32_splat(a);
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
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c10, 32);
  v128.store(c, c11, 48);
  v128.store(c, c20, 64);
  v128.store(c, c21, 80);
  v128.store(c, c30, 96);
  v128.store(c, c31, 112);
}

/** As {@link block4x8}, with four columns: `b` rows and `c` rows are 16 bytes. */
function block4x4(a: usize, aStride: usize, b: usize, k: i32, c: usize): void {
  let a1 = a + aStride, a2 = a1 + aStride, a3 = a2 + aStride;
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
  const end = b + (<usize>k << 4);
  for (; b < end; b += 16, a += 4, a1 += 4, a2 += 4, a3 += 4) {
    const b0 = v128.load(b);
    c0 = fma(v128.load32_splat(a), b0, c0);
    c1 = fma(v128.load32_splat(a1), b0, c1);
    c2 = fma(v128.load32_splat(a2), b0, c2);
    c3 = fma(v128.load32_splat(a3), b0, c3);
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
  v128.store(c, c2, 32);
  v128.store(c, c3, 48);
}

/**
 * `c = a · b` for `rows` rows, a multiple of four, and a panel of `columns` (8 or 4) columns: `a` [rows][k], `b`
 * [k][columns], `c` [rows][columns], all dense.
 */
export function multiplyPanel(a: usize, rows: i32, b: usize, k: i32, columns: i32, c: usize): void {
  const stride = <usize>k << 2, step = <usize>columns << 4;
  for (let row = 0; row < rows; row += ROWS, a += stride * ROWS, c += step) {
    if (columns == 8) block4x8(a, stride, b, k, c);
    else block4x4(a, stride, b, k, c);
  }
}

/**
 * c[i][0..8) (+)= Σ_t a[t][i] · b[t][0..8) for `rows` (1–4) values of i: `a` [terms][4] and `b` [terms][8] are dense, `c`
 * rows are `cStride` bytes apart.
 */
export function outer4x8(
  a: usize,
  b: usize,
  terms: i32,
  c: usize,
  cStride: usize,
  rows: i32,
  accumulate: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00;
  let c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  const end = a + (<usize>terms << 4);
  for (; a < end; a += 16, b += 32) {
    const r = v128.load(a), b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = splatLane(r, 0);
    c00 = fma(s, b0, c00);
    c01 = fma(s, b1, c01);
    s = splatLane(r, 1);
    c10 = fma(s, b0, c10);
    c11 = fma(s, b1, c11);
    s = splatLane(r, 2);
    c20 = fma(s, b0, c20);
    c21 = fma(s, b1, c21);
    s = splatLane(r, 3);
    c30 = fma(s, b0, c30);
    c31 = fma(s, b1, c31);
  }
  storeRow(c, c00, c01, accumulate);
  if (rows > 1) storeRow(c + cStride, c10, c11, accumulate);
  if (rows > 2) storeRow(c + 2 * cStride, c20, c21, accumulate);
  if (rows > 3) storeRow(c + 3 * cStride, c30, c31, accumulate);
}

/** Adds `a` and `b` to the eight values at `c`, of which it is the new content, or replaces them. */
// @ts-ignore: decorator
@inline
function storeRow(c: usize, a: v128, b: v128, accumulate: bool): void {
  v128.store(c, accumulate ? f32x4.add(v128.load(c), a) : a);
  v128.store(c, accumulate ? f32x4.add(v128.load(c, 16), b) : b, 16);
}
