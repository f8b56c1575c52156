/**
 * The steps of attack, optimiser and average.
 *
 * @module
 */
import { type Lowered, single } from "../program/kernel.ts";
import { reads, real, vectorKernel, writes } from "./shader.ts";

/**
 * Inputs `x`, `adversarial`, `slope`; output `clip_[0,1](Π_{‖·−x‖∞ ≤ ε}(adversarial + stepSize · sign(slope)))`, all of
 * `count` values. The sign of zero and of NaN is zero.
 */
export function signStep(count: number, stepSize: number, epsilon: number): Lowered {
  const bindings = [
    ...reads("vec4f", "x", "adversarial"),
    ...reads("vec4u", "slope"),
    ...writes("vec4f", "result"),
  ];
  // The sign is read from the bits: a device that flushes denormal numbers would take the smallest slopes for zero.
  // Less one, the magnitude of zero is the largest of all numbers, and infinity's is just below those of NaN.
  const body = `let bits = slope[i];
let moves = (bits & vec4u(0x7fffffffu)) - vec4u(1u) < vec4u(0x7f800000u);
let change = select(vec4f(${real(stepSize)}), vec4f(${
    real(-stepSize)
  }), bits >= vec4u(0x80000000u));
let moved = adversarial[i] + select(vec4f(), change, moves);
let near = min(max(moved, x[i] - ${real(epsilon)}), x[i] + ${real(epsilon)});
result[i] = min(max(near, vec4f()), vec4f(1));`;
  const cost = { flops: 7, reads: 3, writes: 1 };
  return single(vectorKernel(`signStep ${count}`, count, bindings, cost, body), 3, 1);
}

/** How {@linkcode sgd} steps. */
export interface SgdOptions {
  readonly weightDecay: number;
  readonly nesterov: boolean;
}

/**
 * Steps as `sgd_step.ts` says, in place: inputs gradient and `rates` `[2]` (learning rate, momentum); outputs weight and
 * velocity, which hold the old ones before; `count` values each.
 */
export function sgd(count: number, { weightDecay, nesterov }: SgdOptions): Lowered {
  const bindings = [
    ...reads("vec4f", "gradient"),
    ...reads("f32", "rates"),
    ...writes("vec4f", "weight", "velocity"),
  ];
  const body = `let lr = rates[0];
let momentum = rates[1];
let before = weight[i];
let decayed = gradient[i] + ${real(weightDecay)} * before;
let speed = momentum * velocity[i] + decayed;
velocity[i] = speed;
weight[i] = before - lr * ${nesterov ? "(decayed + momentum * speed)" : "speed"};`;
  const cost = { flops: 8, reads: 3, writes: 2 };
  const name = `sgd ${count}${nesterov ? " nesterov" : ""}`;
  return single(vectorKernel(name, count, bindings, cost, body), 2, 2);
}

/**
 * Moves an average as `average_step.ts` says, in place: inputs value and `share` `[1]`; output average, which holds the old
 * one before; `count` values each.
 */
export function averageStep(count: number): Lowered {
  const bindings = [
    ...reads("vec4f", "value"),
    ...reads("f32", "share"),
    ...writes("vec4f", "average"),
  ];
  const body = `let before = average[i];
average[i] = before + share[0] * (value[i] - before);`;
  const cost = { flops: 3, reads: 2, writes: 1 };
  return single(vectorKernel(`averageStep ${count}`, count, bindings, cost, body), 2, 1);
}
