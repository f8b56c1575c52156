/** Stochastic gradient descent with weight decay and momentum, as PyTorch's `SGD` does it, and averages of its weights. */
import { SLICE } from "./elementwise";
import { storeLanes } from "./simd";
import { pointer, real, word } from "./words";

/**
 * `g = gradient + λ · w`, `v' = μ · v + g`, `w' = w − lr · d` with `d = g + μ · v'` if `nesterov` is 1, else `v'`.
 * Every operation is rounded, never fused: all machines train alike. New values may take the old ones' place. Words:
 * weight, gradient, velocity, newWeight, newVelocity, size, lr (real), momentum (real), weightDecay (real), nesterov.
 * Slices: ⌈size/16384⌉.
 */
export function sgd(args: usize, slice: i32, _scratch: usize): void {
  const first = slice * SLICE, last = min(word(args, 5), first + SLICE);
  const nesterov = word(args, 9);
  const lr = f32x4.splat(real(args, 6)), momentum = f32x4.splat(real(args, 7));
  const weightDecay = f32x4.splat(real(args, 8));
  for (let i = first; i < last; i += 4) {
    const at = <usize>i << 2;
    const weight = v128.load(pointer(args, 0) + at);
    const g = f32x4.add(v128.load(pointer(args, 1) + at), f32x4.mul(weight, weightDecay));
    const velocity = f32x4.add(f32x4.mul(v128.load(pointer(args, 2) + at), momentum), g);
    const direction = nesterov ? f32x4.add(g, f32x4.mul(velocity, momentum)) : velocity;
    storeLanes(pointer(args, 4) + at, velocity, last - i);
    storeLanes(pointer(args, 3) + at, f32x4.sub(weight, f32x4.mul(direction, lr)), last - i);
  }
}

/**
 * `y = a + share · (b − a)`, every operation rounded, never fused. Words: a, b, y, size, share (real). Slices: ⌈size/16384⌉.
 */
export function averageStep(args: usize, slice: i32, _scratch: usize): void {
  const first = slice * SLICE, last = min(word(args, 3), first + SLICE);
  const share = f32x4.splat(real(args, 4));
  for (let i = first; i < last; i += 4) {
    const at = <usize>i << 2;
    const a = v128.load(pointer(args, 0) + at);
    const distance = f32x4.sub(v128.load(pointer(args, 1) + at), a);
    storeLanes(pointer(args, 2) + at, f32x4.add(a, f32x4.mul(distance, share)), last - i);
  }
}
