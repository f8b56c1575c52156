/** Kernels that treat every value alike. */
import { pointer, word } from "./words";

/** Values per slice of an elementwise kernel: a multiple of four, small enough to share out evenly. */
const SLICE: i32 = 16384;

/** `y = a + b`, both of `size` values. Words: a, b, y, size. Slices: ⌈size/16384⌉. */
export function add(args: usize, slice: i32, _scratch: usize): void {
  const size = word(args, 3);
  const first = slice * SLICE, last = min(size, first + SLICE);
  const offset = <usize>first << 2;
  let a = pointer(args, 0) + offset, b = pointer(args, 1) + offset, y = pointer(args, 2) + offset;
  let i = first;
  for (; i + 4 <= last; i += 4, a += 16, b += 16, y += 16) {
    v128.store(y, f32x4.add(v128.load(a), v128.load(b)));
  }
  for (; i < last; i++, a += 4, b += 4, y += 4) store<f32>(y, load<f32>(a) + load<f32>(b));
}
