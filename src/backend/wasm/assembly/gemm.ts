/**
 * The products that convolutions are made of: blocks of six rows and eight columns, which is what sixteen vector
 * registers hold, and of four rows for what six do not divide. Every sum runs over its terms in ascending order,
 * whatever block it falls into.
 */
import { fma } from "./simd";

/** Rows of a block. */
export const ROWS: i32 = 6;
/** Rows of a smaller one, which still keeps the multipliers busy. */
const FEWER_ROWS: i32 = 4;

/** Rows that are computed for `rows`: what blocks of six and of four add up to. */
export function wholeBlocks(rows: i32): i32 {
  return max(FEWER_ROWS, (rows + 1) & ~1);
}

/**
 * c[r][0..8) = Σ_k a[r][k] · b[k][0..8) for six rows. `a` rows are `aStride` bytes apart, `c` rows 32 bytes; `b` is
 * dense.
 */
function block6x8(a: usize, aStride: usize, b: usize, k: i32, c: usize): void {
  let a1 = a + aStride, a2 = a1 + aStride, a3 = a2 + aStride, a4 = a3 + aStride, a5 = a4 + aStride;
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  const end = b + (<usize>k << 5);
  for (; b < end; b += 32) {
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
    s = v128.load32_splat(a4);
    c40 = fma(s, b0, c40);
    c41 = fma(s, b1, c41);
    s = v128.load32_splat(a5);
    c50 = fma(s, b0, c50);
    c51 = fma(s, b1, c51);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
    a5 += 4;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c10, 32);
  v128.store(c, c11, 48);
  v128.store(c, c20, 64);
  v128.store(c, c21, 80);
  v128.store(c, c30, 96);
  v128.store(c, c31, 112);
  v128.store(c, c40, 128);
  v128.store(c, c41, 144);
  v128.store(c, c50, 160);
  v128.store(c, c51, 176);
}

/** As {@link block6x8}, for four rows. */
function block4x8(a: usize, aStride: usize, b: usize, k: i32, c: usize): void {
  let a1 = a + aStride, a2 = a1 + aStride, a3 = a2 + aStride;
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00;
  let c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  const end = b + (<usize>k << 5);
  for (; b < end; b += 32) {
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
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
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

/** As {@link block6x8}, with four columns: `b` rows and `c` rows are 16 bytes. */
function block6x4(a: usize, aStride: usize, b: usize, k: i32, c: usize): void {
  let a1 = a + aStride, a2 = a1 + aStride, a3 = a2 + aStride, a4 = a3 + aStride, a5 = a4 + aStride;
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0;
  const end = b + (<usize>k << 4);
  for (; b < end; b += 16) {
    const b0 = v128.load(b);
    c0 = fma(v128.load32_splat(a), b0, c0);
    c1 = fma(v128.load32_splat(a1), b0, c1);
    c2 = fma(v128.load32_splat(a2), b0, c2);
    c3 = fma(v128.load32_splat(a3), b0, c3);
    c4 = fma(v128.load32_splat(a4), b0, c4);
    c5 = fma(v128.load32_splat(a5), b0, c5);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
    a5 += 4;
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
  v128.store(c, c2, 32);
  v128.store(c, c3, 48);
  v128.store(c, c4, 64);
  v128.store(c, c5, 80);
}

/**
 * `c = a · b` for `rows` rows (see {@link wholeBlocks}) and a panel of `columns` (8 or 4) columns: `a` [rows][k], `b`
 * [k][columns], `c` [rows][columns], all dense. With four columns `a` and `c` have room for a multiple of six rows.
 */
export function multiplyPanel(a: usize, rows: i32, b: usize, k: i32, columns: i32, c: usize): void {
  const stride = <usize>k << 2;
  if (columns == 4) {
    for (let row = 0; row < rows; row += ROWS, a += stride * ROWS, c += 16 * ROWS) {
      block6x4(a, stride, b, k, c);
    }
    return;
  }
  // A remainder of two takes a six's place for two fours.
  const fours = rows % ROWS == 0 ? 0 : rows % ROWS == 4 ? 1 : 2;
  const sixes = (rows - FEWER_ROWS * fours) / ROWS;
  for (let i = 0; i < sixes; i++, a += stride * ROWS, c += 32 * ROWS) block6x8(a, stride, b, k, c);
  for (let i = 0; i < fours; i++, a += stride * FEWER_ROWS, c += 32 * FEWER_ROWS) {
    block4x8(a, stride, b, k, c);
  }
}

/** Adds `a` and `b` to the eight values at `c`, of which it is the new content, or replaces them. */
// @ts-ignore: decorator
@inline
function storeRow(c: usize, a: v128, b: v128, accumulate: bool): void {
  v128.store(c, accumulate ? f32x4.add(v128.load(c), a) : a);
  v128.store(c, accumulate ? f32x4.add(v128.load(c, 16), b) : b, 16);
}

/**
 * c[i][0..8) (+)= Σ_t a[t][i] · b[t][0..8) for `rows` (1–6) values of i. `a` and `b` rows are `aStride` and `bStride`
 * bytes apart, `c` rows `bStride` too.
 */
export function outer6x8(
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  terms: i32,
  c: usize,
  rows: i32,
  accumulate: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  for (let t = 0; t < terms; t++) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = v128.load32_splat(a);
    c00 = fma(s, b0, c00);
    c01 = fma(s, b1, c01);
    s = v128.load32_splat(a, 4);
    c10 = fma(s, b0, c10);
    c11 = fma(s, b1, c11);
    s = v128.load32_splat(a, 8);
    c20 = fma(s, b0, c20);
    c21 = fma(s, b1, c21);
    s = v128.load32_splat(a, 12);
    c30 = fma(s, b0, c30);
    c31 = fma(s, b1, c31);
    s = v128.load32_splat(a, 16);
    c40 = fma(s, b0, c40);
    c41 = fma(s, b1, c41);
    s = v128.load32_splat(a, 20);
    c50 = fma(s, b0, c50);
    c51 = fma(s, b1, c51);
    a += aStride;
    b += bStride;
  }
  storeRow(c, c00, c01, accumulate);
  if (rows > 1) storeRow(c + bStride, c10, c11, accumulate);
  if (rows > 2) storeRow(c + 2 * bStride, c20, c21, accumulate);
  if (rows > 3) storeRow(c + 3 * bStride, c30, c31, accumulate);
  if (rows > 4) storeRow(c + 4 * bStride, c40, c41, accumulate);
  if (rows > 5) storeRow(c + 5 * bStride, c50, c51, accumulate);
}

/** As {@link outer6x8}, with four columns. */
export function outer6x4(
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  terms: i32,
  c: usize,
  rows: i32,
  accumulate: bool,
): void {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0;
  for (let t = 0; t < terms; t++) {
    const b0 = v128.load(b);
    c0 = fma(v128.load32_splat(a), b0, c0);
    c1 = fma(v128.load32_splat(a, 4), b0, c1);
    c2 = fma(v128.load32_splat(a, 8), b0, c2);
    c3 = fma(v128.load32_splat(a, 12), b0, c3);
    c4 = fma(v128.load32_splat(a, 16), b0, c4);
    c5 = fma(v128.load32_splat(a, 20), b0, c5);
    a += aStride;
    b += bStride;
  }
  storeHalf(c, c0, accumulate);
  if (rows > 1) storeHalf(c + bStride, c1, accumulate);
  if (rows > 2) storeHalf(c + 2 * bStride, c2, accumulate);
  if (rows > 3) storeHalf(c + 3 * bStride, c3, accumulate);
  if (rows > 4) storeHalf(c + 4 * bStride, c4, accumulate);
  if (rows > 5) storeHalf(c + 5 * bStride, c5, accumulate);
}

// @ts-ignore: decorator
@inline
function storeHalf(c: usize, a: v128, accumulate: bool): void {
  v128.store(c, accumulate ? f32x4.add(v128.load(c), a) : a);
}
