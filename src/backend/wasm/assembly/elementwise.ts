/** Kernels that treat every value alike, or every value of a column. SiLU is rounded alike in every build: nothing in it is fused. */
import { storeLanes } from "./simd";
import { pointer, word } from "./words";

/** Values per slice of an elementwise kernel: a multiple of four, small enough to share out evenly. */
export const SLICE: i32 = 16384;

/** `y = a + b`, both of `size` values. Words: a, b, y, size. Slices: ⌈size/16384⌉. */
export function add(args: usize, slice: i32, _scratch: usize): void {
  const first = slice * SLICE, offset = <usize>first << 2;
  let a = pointer(args, 0) + offset, b = pointer(args, 1) + offset, y = pointer(args, 2) + offset;
  let left = min(word(args, 3) - first, SLICE);
  for (; left > 0; left -= 4, a += 16, b += 16, y += 16) {
    storeLanes(y, f32x4.add(v128.load(a), v128.load(b)), left);
  }
}

/** `y[i] = x[i] · s[i mod c]`, `size` values. Words: x, s, y, size, c. Slices: ⌈size/16384⌉. */
export function multiplyColumns(args: usize, slice: i32, _scratch: usize): void {
  const s = pointer(args, 1), c = word(args, 4);
  const first = slice * SLICE, offset = <usize>first << 2;
  let x = pointer(args, 0) + offset, y = pointer(args, 2) + offset, column = first % c;
  for (let left = min(word(args, 3) - first, SLICE); left > 0;) {
    const length = min(c - column, left);
    multiplyRow(x, s + (<usize>column << 2), y, length);
    x += <usize>length << 2;
    y += <usize>length << 2;
    left -= length;
    column = 0;
  }
}

function multiplyRow(x: usize, s: usize, y: usize, length: i32): void {
  for (; length > 0; length -= 4, x += 16, s += 16, y += 16) {
    storeLanes(y, f32x4.mul(v128.load(x), v128.load(s)), length);
  }
}

/** `e^x` is not taken beyond: it would be no number that a float32 can hold. */
const LARGEST: f32 = 87;
const PER_LN2: f32 = 1.44269504;
/** ln 2 in two parts, of which the first has so few bits that its multiples are exact. */
const LN2_HEAD: f32 = 0.693359375, LN2_REST: f32 = -2.12194440e-4;

/** `y = x · σ(x)`, `size` values. Words: x, y, size. Slices: ⌈size/16384⌉. */
export function silu(args: usize, slice: i32, _scratch: usize): void {
  const first = slice * SLICE, offset = <usize>first << 2;
  let x = pointer(args, 0) + offset, y = pointer(args, 1) + offset;
  let left = min(word(args, 2) - first, SLICE);
  for (; left > 0; left -= 4, x += 16, y += 16) {
    const value = v128.load(x);
    storeLanes(y, f32x4.mul(value, sigmoid(value)), left);
  }
}

/** `dx = dy · σ(x) · (1 + x · (1 − σ(x)))`, `size` values. Words: x, dy, dx, size. Slices: ⌈size/16384⌉. */
export function siluGradient(args: usize, slice: i32, _scratch: usize): void {
  const first = slice * SLICE, offset = <usize>first << 2, one = f32x4.splat(1);
  let x = pointer(args, 0) + offset, dy = pointer(args, 1) + offset;
  let dx = pointer(args, 2) + offset;
  let left = min(word(args, 3) - first, SLICE);
  for (; left > 0; left -= 4, x += 16, dy += 16, dx += 16) {
    const value = v128.load(x), share = sigmoid(value);
    const slope = f32x4.add(f32x4.mul(value, f32x4.sub(one, share)), one);
    storeLanes(dx, f32x4.mul(f32x4.mul(v128.load(dy), share), slope), left);
  }
}

/** `1/(1 + e^−x)` per lane. */
// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  const most = f32x4.splat(LARGEST);
  const power = exp4(f32x4.max(f32x4.neg(most), f32x4.min(most, f32x4.neg(x))));
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), power));
}

/** `e^x` per lane for `x` in ±87, within 2 units in the last place: a power of two times a polynomial in ±ln 2/2 (Cephes). */
// @ts-ignore: decorator
@inline
function exp4(x: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(PER_LN2)));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(LN2_HEAD)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_REST)));
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r), f32x4.splat(1));
  const exponent = i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127));
  return f32x4.mul(p, i32x4.shl(exponent, 23));
}
