/** Channels scaled and shifted, by constants: a frozen batch norm that belongs to no convolution. */
import { floorOf, shiftOf, storeSum } from "./epilogue";
import { pointer, word } from "./words";

/**
 * `y = epilogue(x · scale)` for `x` `[n][rows][c]`: adds `shift` `[c]`, adds `add`, takes the ReLU, and keeps what lies
 * where `mask` is positive, each unless 0; `add` and `mask` have the shape of `x`, and `add` may be `y`. Words: x, scale,
 * y, shift, add, mask, relu, n, rows, c, examplesPerSlice. Slices: ⌈n/examplesPerSlice⌉.
 */
export function scaleShift(args: usize, slice: i32, _scratch: usize): void {
  const rows = word(args, 8), c = word(args, 9), examples = word(args, 10);
  const first = slice * examples, last = min(word(args, 7), first + examples);
  const stride = <usize>c << 2, end = <usize>(last * rows) * stride;
  for (let at = <usize>(first * rows) * stride; at < end; at += stride) scaleRow(args, at, c);
}

/** {@link scaleShift} for one pixel, `at` bytes into the tensors. */
function scaleRow(args: usize, at: usize, c: i32): void {
  const x = pointer(args, 0), scale = pointer(args, 1), y = pointer(args, 2), shift = pointer(args, 3);
  const add = pointer(args, 4), mask = pointer(args, 5), floor = floorOf(word(args, 6));
  for (let j = 0; j < c; j += 4) {
    const column = <usize>j << 2, to = at + column;
    const product = f32x4.mul(v128.load(x + to), v128.load(scale + column));
    storeSum(y, to, product, shiftOf(shift, j), floor, add, mask, c - j);
  }
}
