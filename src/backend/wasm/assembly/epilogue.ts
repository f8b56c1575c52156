/** What happens to a convolution's sums before they are stored. */
import { storeLanes } from "./simd";

/** What is added to four channels' sums: the bias at `channel`, or the zero that changes no bit. */
// @ts-ignore: decorator
@inline
export function shiftOf(bias: usize, channel: i32): v128 {
  return bias ? v128.load(bias + (<usize>channel << 2)) : f32x4.splat(-0.0);
}

/** What sums are raised to: zero with the ReLU, without it no value is below it. */
// @ts-ignore: decorator
@inline
export function floorOf(relu: i32): v128 {
  return f32x4.splat(relu ? 0 : -Infinity);
}

/**
 * Stores `lanes` channels at `y + at`: sum + shift (+ add), raised to `floor`, and 0 where `mask`
 * is not positive. `add` and `mask` have the result's shape; 0 if there is none.
 */
// @ts-ignore: decorator
@inline
export function storeSum(
  y: usize,
  at: usize,
  sum: v128,
  shift: v128,
  floor: v128,
  add: usize,
  mask: usize,
  lanes: i32,
): void {
  let value = f32x4.add(sum, shift);
  if (add) value = f32x4.add(value, v128.load(add + at));
  value = f32x4.pmax(value, floor);
  if (mask) value = v128.and(value, f32x4.gt(v128.load(mask + at), f32x4.splat(0)));
  storeLanes(y + at, value, lanes);
}
