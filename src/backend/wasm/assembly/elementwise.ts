/** Kernels that treat every value alike, or every value of a column. */
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
