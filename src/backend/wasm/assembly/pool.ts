/** Global average pooling: images `[n][rows][c]`, one row per pixel, to their means `[n][c]`. */
import { storeLanes } from "./simd";
import { pointer, word } from "./words";

/**
 * `y` `[n][c]`: the mean over the rows of every example of `x` `[n][rows][c]`.
 * Words: x, y, n, rows, c, examplesPerSlice. Slices: ⌈n/examplesPerSlice⌉.
 */
export function globalAveragePool(args: usize, slice: i32, _scratch: usize): void {
  const rows = word(args, 3), c = word(args, 4), examples = word(args, 5), stride = <usize>c << 2;
  const first = slice * examples, last = min(word(args, 2), first + examples);
  let x = pointer(args, 0) + <usize>(first * rows) * stride;
  let y = pointer(args, 1) + <usize>first * stride;
  for (let i = first; i < last; i++, x += <usize>rows * stride, y += stride) {
    for (let j = 0; j < c; j += 4) {
      const at = <usize>j << 2;
      storeLanes(y + at, columnMeans(x + at, stride, rows), c - j);
    }
  }
}

/** Means of four channels over `rows` rows, `stride` bytes apart. */
function columnMeans(x: usize, stride: usize, rows: i32): v128 {
  let sum = f32x4.splat(0);
  for (let row = 0; row < rows; row++, x += stride) sum = f32x4.add(sum, v128.load(x));
  return f32x4.div(sum, f32x4.splat(<f32>rows));
}

/**
 * The gradient `dx` `[n][rows][c]` of the mean whose gradient is `dy` `[n][c]`: `dy / rows` in every row, or zero where
 * `mask`, the output of the ReLU before the pool, is not above zero.
 * Words: dy, dx, mask or 0, n, rows, c, examplesPerSlice. Slices: ⌈n/examplesPerSlice⌉.
 */
export function globalAveragePoolGradient(args: usize, slice: i32, _scratch: usize): void {
  const rows = word(args, 4), c = word(args, 5), examples = word(args, 6), stride = <usize>c << 2;
  const first = slice * examples, last = min(word(args, 3), first + examples);
  let mask = pointer(args, 2);
  const maskStride = mask ? stride : 0, firstRow = <usize>(first * rows);
  let dy = pointer(args, 0) + <usize>first * stride, dx = pointer(args, 1) + firstRow * stride;
  mask += firstRow * maskStride;
  for (let i = first; i < last; i++, dy += stride) {
    for (let row = 0; row < rows; row++, dx += stride, mask += maskStride) {
      spreadRow(dy, mask, <f32>rows, dx, c);
    }
  }
}

function spreadRow(dy: usize, mask: usize, rows: f32, dx: usize, c: i32): void {
  for (let at: usize = 0; c > 0; c -= 4, at += 16) {
    let slope = f32x4.div(v128.load(dy + at), f32x4.splat(rows));
    if (mask) slope = v128.and(slope, f32x4.gt(v128.load(mask + at), f32x4.splat(0)));
    storeLanes(dx + at, slope, c);
  }
}
