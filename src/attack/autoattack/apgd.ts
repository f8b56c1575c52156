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

/**
 * Maximises the attack's loss over the ball around `example.x`, and stops at the first misclassified point.
 *
 * @param start where to begin, an image in the ball and in [0,1]
 */
export function* apgd(
  example: Example,
  start: Float32Array,
  options: ApgdOptions,
): Search<Outcome> {
  const { epsilon, iterations } = options;
  const share = (part: number) => Math.max(1, Math.trunc(part * iterations));
  let point = start, previous = start;
  let seen = yield* look(point, options);
  if (predictedClass(seen.logits) !== example.label) return point;
  let gradient = seen.gradient.slice();
  let best = { point, gradient, loss: seen.loss };
  let stepSize = 2 * epsilon;
  let stretch = share(FIRST), sinceCheck = 0, lossAtCheck = best.loss, halvedAtCheck = true;
  const losses = new Float32Array(iterations);

  for (let i = 0; i < iterations; i++) {
    const weight = i === 0 ? 1 : MOMENTUM_WEIGHT;
    const next = step(example.x, { point, previous, gradient, stepSize, weight }, options);
    previous = point;
    point = next;
    seen = yield* look(point, options);
    if (predictedClass(seen.logits) !== example.label) return point;
    gradient = seen.gradient.slice();
    losses[i] = seen.loss;
    if (seen.loss > best.loss) best = { point, gradient, loss: seen.loss };

    if (++sinceCheck < stretch) continue;
    let rises = 0;
    for (let back = 0; back < stretch; back++) {
      // Before the first loss the published code reads a row that was never written: zero.
      if (losses[i - back]! > (losses[i - back - 1] ?? 0)) rises++;
    }
    const halve: boolean = rises <= stretch * LEAST_SHARE_OF_RISES ||
      (!halvedAtCheck && lossAtCheck >= best.loss);
    if (halve) {
      stepSize /= 2;
      ({ point, gradient } = best);
    }
    halvedAtCheck = halve;
    lossAtCheck = best.loss;
    stretch = Math.max(stretch - share(SHORTER_BY), share(SHORTEST));
    sinceCheck = 0;
  }
  return undefined;
}

/** The answer at `point`, its gradient averaged over `gradientSamples` answers. */
function* look(
  point: Float32Array,
  { target, gradientSamples = 1 }: ApgdOptions,
): Search<Observation> {
  const query = { point, ...target !== undefined && { target } };
  let seen = yield query;
  if (gradientSamples === 1) return seen;
  const sum = Float64Array.from(seen.gradient);
  for (let sample = 1; sample < gradientSamples; sample++) {
    seen = yield query;
    seen.gradient.forEach((value, i) => sum[i]! += value);
  }
  return { ...seen, gradient: Float32Array.from(sum, (value) => value / gradientSamples) };
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
