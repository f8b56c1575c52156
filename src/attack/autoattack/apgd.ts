/**
 * Auto-PGD (Croce & Hein 2020, arXiv 2003.01690, algorithm 1): PGD with momentum that halves its step where it stops
 * making progress.
 *
 * @module
 */
import { clamp, lengthOf } from "./geometry.ts";
import type { AttackNorm } from "../options.ts";
import { predictedClass } from "../../model/predicted_class.ts";
import type { Example, Observation, Outcome, Search } from "./search.ts";

/** Bounds and effort of one run. */
export interface ApgdOptions {
  readonly norm: AttackNorm;
  readonly epsilon: number;
  readonly iterations: number;
  /** Class that a targeted loss aims at. */
  readonly target?: number;
  /** Gradients averaged at every point, for randomised models (expectation over transformation). */
  readonly gradientSamples?: number;
}

/** Weight of the gradient step against the momentum, from the second iteration on. */
const MOMENTUM_WEIGHT = 0.75;
/** Share of a stretch's iterations that must raise the loss, or the step is halved. */
const LEAST_SHARE_OF_RISES = 0.75;
/** First stretch, shortest stretch, and how much shorter each is than the one before; shares of the iterations. */
const FIRST = 0.22, SHORTEST = 0.06, SHORTER_BY = 0.03;

/** Where a run stands: about to look at `point`. */
export type ApgdState = {
  point: Float32Array;
  /** The point before, as far as the momentum is concerned. */
  previous: Float32Array;
  /** Steps that led to `point`. */
  steps: number;
  /** The point of the largest loss, with its gradient; absent before the first answer. */
  best?: Float32Array;
  bestGradient?: Float32Array;
  bestLoss: number;
  stepSize: number;
  /** Steps until the next check, and those since the last. */
  stretch: number;
  sinceCheck: number;
  /** The best loss at the last check; NaN where that halved the step, and before the first. */
  lossAtCheck: number;
  /** The loss after each step. */
  losses: Float32Array;
  /** Gradients seen at `point`, where several are averaged, and their sum. */
  samples: number;
  sum?: Float64Array | undefined;
};

/** A run's state before it looks at `start`, an image in the ball and in [0,1]. */
export function beginApgd(
  start: Float32Array,
  { epsilon, iterations }: Pick<ApgdOptions, "epsilon" | "iterations">,
): ApgdState {
  return {
    point: start,
    previous: start,
    steps: 0,
    bestLoss: NaN,
    stepSize: 2 * epsilon,
    stretch: share(FIRST, iterations),
    sinceCheck: 0,
    lossAtCheck: NaN,
    losses: new Float32Array(iterations),
    samples: 0,
  };
}

/** Maximises the attack's loss over the ball around `x`, and stops at the first misclassified point. */
export function* apgd(
  { x, label }: Example,
  options: ApgdOptions,
  at: ApgdState,
): Search<Outcome> {
  while (true) {
    const { logits, loss, gradient } = yield* look(at, options);
    if (predictedClass(logits) !== label) return at.point;
    if (at.steps === 0 || loss > at.bestLoss) {
      at.best = at.point;
      at.bestGradient = gradient.slice();
      at.bestLoss = loss;
    }
    let ahead = gradient;
    if (at.steps > 0) {
      at.losses[at.steps - 1] = loss;
      if (++at.sinceCheck === at.stretch && check(at, options)) {
        at.point = at.best!;
        ahead = at.bestGradient!;
      }
    }
    if (at.steps === options.iterations) return undefined;
    const weight = at.steps === 0 ? 1 : MOMENTUM_WEIGHT;
    const next = step(x, { ...at, gradient: ahead, weight }, options);
    at.previous = at.point;
    at.point = next;
    at.steps++;
  }
}

/** The answer at the point, its gradient averaged over `gradientSamples` answers. */
function* look(
  at: ApgdState,
  { target, gradientSamples = 1 }: ApgdOptions,
): Search<Observation> {
  const query = { point: at.point, ...target !== undefined && { target } };
  while (true) {
    const seen = yield query;
    if (gradientSamples === 1) return seen;
    const { sum } = at;
    if (sum) seen.gradient.forEach((value, i) => sum[i]! += value);
    else at.sum = Float64Array.from(seen.gradient);
    if (++at.samples < gradientSamples) continue;
    const gradient = Float32Array.from(at.sum!, (value) => value / gradientSamples);
    at.samples = 0;
    at.sum = undefined;
    return { ...seen, gradient };
  }
}

/** Halves the step size if the last stretch has made too little progress; whether it has. */
function check(at: ApgdState, { iterations }: ApgdOptions): boolean {
  const { losses, steps, stretch } = at;
  let rises = 0;
  for (let last = steps - 1; last > steps - 1 - stretch; last--) {
    // Before the first loss the published code reads a row that was never written: zero.
    if (losses[last]! > (losses[last - 1] ?? 0)) rises++;
  }
  const halve = rises <= stretch * LEAST_SHARE_OF_RISES || at.lossAtCheck >= at.bestLoss;
  if (halve) at.stepSize /= 2;
  at.lossAtCheck = halve ? NaN : at.bestLoss;
  at.stretch = Math.max(stretch - share(SHORTER_BY, iterations), share(SHORTEST, iterations));
  at.sinceCheck = 0;
  return halve;
}

/** So many of the iterations, at least one. */
function share(part: number, iterations: number): number {
  return Math.max(1, Math.trunc(part * iterations));
}

/** Where a run stands before a step, and how far it goes. */
interface Move {
  readonly point: Float32Array;
  readonly previous: Float32Array;
  readonly gradient: Float32Array;
  readonly stepSize: number;
  /** Of the new direction against the last. */
  readonly weight: number;
}

function step(
  x: Float32Array,
  { point, previous, gradient, stepSize, weight }: Move,
  { norm, epsilon }: ApgdOptions,
): Float32Array {
  const scale = norm === "l2" ? stepSize / (lengthOf("l2", gradient) + 1e-12) : 0;
  const ahead = norm === "linf"
    ? point.map((value, i) => value + stepSize * Math.sign(gradient[i]!))
    : point.map((value, i) => value + scale * gradient[i]!);
  intoBall(norm, x, ahead, epsilon);
  for (let i = 0; i < x.length; i++) {
    const from = point[i]!;
    ahead[i] = from + weight * (ahead[i]! - from) + (1 - weight) * (from - previous[i]!);
  }
  intoBall(norm, x, ahead, epsilon);
  return ahead;
}

/** Projects `image` into the ball around `x` and clips it to [0,1], in place. */
function intoBall(norm: AttackNorm, x: Float32Array, image: Float32Array, epsilon: number): void {
  if (norm === "linf") {
    for (let i = 0; i < x.length; i++) {
      image[i] = clamp(clamp(image[i]!, x[i]! - epsilon, x[i]! + epsilon), 0, 1);
    }
    return;
  }
  const length = lengthOf("l2", image.map((value, i) => value - x[i]!));
  const scale = Math.min(epsilon, length) / (length + 1e-12);
  for (let i = 0; i < x.length; i++) image[i] = clamp(x[i]! + scale * (image[i]! - x[i]!), 0, 1);
}
