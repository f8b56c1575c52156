/**
 * The steps of attack and optimiser.
 *
 * @module
 */
import { input, type Lowered, output, single } from "../kernel.ts";
import { reads, real, type ValueCost, vectorKernel, writes } from "./shader.ts";

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
  /** There is no velocity yet: it counts as zero, whatever its memory holds. */
  readonly first: boolean;
}

/** WGSL that steps as `sgd_step.ts` says, and stores the results in `toWeight` and `toVelocity`. */
function sgdBody(
  { weightDecay, nesterov, first }: SgdOptions,
  toWeight: string,
  toVelocity: string,
): string {
  return `let lr = rates[0];
let momentum = rates[1];
let before = weight[i];
let decayed = gradient[i] + ${real(weightDecay)} * before;
let speed = ${first ? "decayed" : "momentum * velocity[i] + decayed"};
${toVelocity}[i] = speed;
${toWeight}[i] = before - lr * ${nesterov ? "(decayed + momentum * speed)" : "speed"};`;
}

function sgdCost({ first }: SgdOptions): ValueCost {
  return { flops: 8, reads: first ? 2 : 3, writes: 2 };
}

function sgdName(count: number, { nesterov, first }: SgdOptions): string {
  return `sgd ${count}${nesterov ? " nesterov" : ""}${first ? " first" : ""}`;
}

/**
 * Inputs `weight`, `gradient`, `velocity` and `rates` `[2]` (learning rate, momentum); outputs the new weight and
 * velocity, in memory of their own; `count` values each.
 */
export function sgd(count: number, options: SgdOptions): Lowered {
  const before = options.first ? ["weight"] : ["weight", "velocity"];
  const bindings = [
    ...reads("vec4f", "gradient"),
    ...reads("f32", "rates"),
    ...reads("vec4f", ...before),
    ...writes("vec4f", "newWeight", "newVelocity"),
  ];
  const body = sgdBody(options, "newWeight", "newVelocity");
  const kernel = vectorKernel(sgdName(count, options), count, bindings, sgdCost(options), body);
  const operands = [
    ...[input(1), input(3), input(0)],
    ...options.first ? [] : [input(2)],
    ...[output(0), output(1)],
  ];
  return { scratch: [], dispatches: [{ kernel, operands }] };
}

/** {@linkcode sgd} in place: inputs `gradient` and `rates`; outputs weight and velocity, which hold the old ones before. */
export function sgdInPlace(count: number, options: SgdOptions): Lowered {
  const bindings = [
    ...reads("vec4f", "gradient"),
    ...reads("f32", "rates"),
    ...writes("vec4f", "weight", "velocity"),
  ];
  const body = sgdBody(options, "weight", "velocity");
  const name = `${sgdName(count, options)} in place`;
  return single(vectorKernel(name, count, bindings, sgdCost(options), body), 2, 2);
}
