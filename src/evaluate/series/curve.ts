/**
 * Robust accuracy against the radius of the attack's ball.
 *
 * @module
 */
import type { FrozenModel } from "../../model/frozen.ts";
import { evaluateAccuracy, type EvaluationSettings, RADIUS, STEP_SIZE } from "../evaluate.ts";

/** Its name among the attacks. */
export const CURVE = "curve";

/** Robust accuracy at one radius. */
export interface CurvePoint {
  /** Radius of the ball; images in [0,1]. */
  readonly epsilon: number;
  /** Images that were classified correctly. */
  readonly correct: number;
  /** Images that were counted. */
  readonly n: number;
}

/** Robust accuracies at growing radii. */
export interface Curve {
  /** What attacked. */
  readonly attack: "pgd20";
  /** The first one, at radius 0, has the clean accuracy. */
  readonly points: readonly CurvePoint[];
}

/** The radii, in eighths of the published one, which the step of PGD is made for. */
const EIGHTHS = [0, 1, 2, 3, 4, 6, 8, 10, 12, 14, 16];

/**
 * Robust accuracies of `model` under PGD-20 at ε = 0, 1, 2, 3, 4, 6, 8, 10, 12, 14 and 16/255, in L2 at sixteen times
 * these. The step grows with the ball: ε/4 in L∞, 15/128·ε in L2, so that the point at 8/255, in L2 at 128/255, is what
 * `pgd20` measures. The radius of `settings` has no part in it. Throws as {@linkcode evaluateAccuracy} does.
 *
 * @param onProgress told after every batch how many of `n` images are done at all radii together
 */
export async function evaluateCurve(
  model: FrozenModel,
  settings: EvaluationSettings,
  onProgress?: (done: number, n: number) => void,
): Promise<Curve> {
  const { norm } = settings.attack, { length } = settings.ids;
  const points: CurvePoint[] = [];
  for (const [number, eighths] of EIGHTHS.entries()) {
    const share = eighths / 8, epsilon = share * RADIUS[norm];
    const { correct, n } = await evaluateAccuracy(eighths === 0 ? "clean" : "pgd20", model, {
      ...settings,
      attack: { norm, epsilon, stepSize: share * STEP_SIZE[norm] },
      onProgress: (_, done) => onProgress?.(number * length + done, EIGHTHS.length * length),
    });
    points.push({ epsilon, correct, n });
  }
  return { attack: "pgd20", points };
}
