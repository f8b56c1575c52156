/** One step of projected gradient descent in the L∞ ball (Madry et al. 2018). */
import { SLICE } from "./elementwise";
import { storeLanes } from "./simd";
import { pointer, real, word } from "./words";

/**
 * `y = clip_[0,1](min(max(adversarial + stepSize · sign(slope), x − ε), x + ε))`, where zero and NaN have sign zero.
 * Words: x, adversarial, slope, y, size, stepSize (real), epsilon (real). Slices: ⌈size/16384⌉.
 */
export function signStep(args: usize, slice: i32, _scratch: usize): void {
  const first = slice * SLICE, offset = <usize>first << 2;
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  const stepSize = f32x4.splat(real(args, 5)), epsilon = f32x4.splat(real(args, 6));
  let x = pointer(args, 0) + offset, adversarial = pointer(args, 1) + offset;
  let slope = pointer(args, 2) + offset, y = pointer(args, 3) + offset;
  let left = min(word(args, 4) - first, SLICE);
  for (; left > 0; left -= 4, x += 16, adversarial += 16, slope += 16, y += 16) {
    const centre = v128.load(x), direction = v128.load(slope);
    const up = v128.and(stepSize, f32x4.gt(direction, zero));
    const down = v128.and(stepSize, f32x4.lt(direction, zero));
    const moved = f32x4.add(v128.load(adversarial), f32x4.sub(up, down));
    const above = f32x4.max(moved, f32x4.sub(centre, epsilon));
    const inBall = f32x4.min(above, f32x4.add(centre, epsilon));
    storeLanes(y, f32x4.min(f32x4.max(inBall, zero), one), left);
  }
}
