/**
 * Signs that a robust accuracy should not be believed: the checks of AutoAttack's published code.
 *
 * @module
 */
import { crossEntropyLoss } from "../../attack/autoattack/example_losses.ts";
import type { Oracle, Points } from "../../attack/autoattack/oracle.ts";
import {
  type AutoAttackMember,
  type Effort,
  LEAST_CLASSES,
  spends,
} from "../../attack/autoattack/versions.ts";
import { UsageError } from "../../errors.ts";
import type { Confusion } from "../confusion.ts";

/** Below this a difference is rounding. */
const TOLERANCE = 1e-5;
/** Accuracy that Square may take from what the white-box attacks have left. */
const SQUARE_TOLERANCE = 0.002;
/** Times that a model is asked for the same images. */
const REPEATS = 3;

/** Warnings about the network's answers on some clean images: one sentence each. */
export async function checkNetwork(oracle: Oracle, points: Points): Promise<string[]> {
  const { logits, slope } = await oracle.ask(points, crossEntropyLoss);
  const warnings: string[] = [];
  if (lookLikeProbabilities(logits, oracle.classes)) {
    warnings.push(
      "The outputs look like probabilities: give the logits, because a softmax hides the gradients that the attacks follow.",
    );
  }
  const flat = countFlat(slope!.gradients, points.labels.length);
  if (flat > 0) {
    warnings.push(
      `${flat} of ${points.labels.length} images have a gradient of zero: gradient-based attacks are blind there, so look for masked gradients (quantised inputs, saturated outputs) and trust Square or an adaptive attack.`,
    );
  }
  const { notFinite } = slope!;
  if (notFinite > 0) {
    warnings.push(
      `${notFinite} of ${points.labels.length} images have a gradient with values that are no finite numbers, which the attacks take as 0 or as very large: look for roots and divisions at 0 in the model, and trust Square or an adaptive attack.`,
    );
  }
  for (let repeat = 1; repeat < REPEATS; repeat++) {
    const again = await oracle.logits(points.images);
    if (again.every((value, i) => Math.abs(value - logits[i]!) <= TOLERANCE)) continue;
    warnings.push(
      "The model answers the same images differently each time: it is randomised, so use --attack-version rand.",
    );
    break;
  }
  return warnings;
}

/**
 * Refuses members that would run twice: the second run attacks what the first has left, under the same name.
 *
 * @throws {UsageError} naming the first that does
 */
export function refuseRepeated(members: readonly AutoAttackMember[]): void {
  const repeated = members.find((member, i) => members.indexOf(member) !== i);
  if (repeated === undefined) return;
  throw new UsageError(`AutoAttack's ${repeated} is named twice: leave one out.`);
}

/**
 * Refuses effort that none of `members` spends: a report that names it would pass for another attack's.
 *
 * @throws {UsageError} naming the first such
 */
export function refuseIdle(members: readonly AutoAttackMember[], effort: Partial<Effort>): void {
  const idle = Object.keys(effort).find((each) => !spends(members, each as keyof Effort));
  if (idle === undefined) return;
  throw new UsageError(
    `AutoAttack's ${idle} have no meaning for ${members.join(", ")}: leave them out.`,
  );
}

/**
 * Refuses more targets than there are classes beside an image's own, as idle as other effort that nothing spends.
 *
 * @throws {UsageError} naming both numbers
 */
export function refuseTargets({ targets = 1 }: Partial<Effort>, classes: number): void {
  if (targets < classes) return;
  throw new UsageError(
    `AutoAttack's targets must be at most ${
      classes - 1
    }, as many as there are other classes, not ${targets}.`,
  );
}

/**
 * Those of `members` that can attack a network of so few classes, and a warning if they are not all.
 *
 * @throws {UsageError} if one that cannot was `chosen`
 */
export function checkClasses(
  members: readonly AutoAttackMember[],
  classes: number,
  chosen: boolean,
): { readonly members: readonly AutoAttackMember[]; readonly warning?: string } {
  const left = members.filter((member) => classes >= (LEAST_CLASSES[member] ?? 2));
  const out = members.filter((member) => !left.includes(member));
  if (out.length === 0) return { members };
  const [first] = out, least = LEAST_CLASSES[first!];
  if (chosen) {
    throw new UsageError(
      `AutoAttack's ${first} compares ${least} classes, and there are ${classes}: leave it out.`,
    );
  }
  const warning = `${
    out.join(" and ")
  } cannot attack a network of ${classes} classes and was left out: the robust accuracy is that of the other attacks.`;
  return { members: left, warning };
}

/**
 * A warning if Square found adversarial images that the attacks before it had missed, by more than 0.2 points.
 *
 * @param perAttack what every member has found, in the order in which they ran
 */
export function squareWarning(
  perAttack: Readonly<
    Partial<Record<AutoAttackMember, { attacked: number; n: number; accuracy: number }>>
  >,
): string | undefined {
  const { square } = perAttack;
  if (square === undefined || Object.keys(perAttack)[0] === "square") return undefined;
  const before = square.attacked / square.n, after = square.accuracy;
  if (before - after <= SQUARE_TOLERANCE) return undefined;
  const points = (100 * (before - after)).toFixed(2);
  return `Square took ${points} points from what the white-box attacks had left: their gradients may be masked, so the robust accuracy may still be too high; try an adaptive attack.`;
}

/**
 * A warning if images count as broken because logits on them were not finite, and not because they were taken for another class.
 *
 * @param confusion has no such image in any column
 */
export function overflowWarning(
  { n, confusion }: { readonly n: number; readonly confusion: Confusion },
): string | undefined {
  const overflowed = n - confusion.flat().reduce((sum, count) => sum + count, 0);
  if (overflowed === 0) return undefined;
  return `${overflowed} of ${n} images were broken by logits that are no finite numbers, and not by those of another class: look for overflow in the model.`;
}

function lookLikeProbabilities(logits: Float32Array, classes: number): boolean {
  for (let first = 0; first < logits.length; first += classes) {
    const row = logits.subarray(first, first + classes);
    const sum = row.reduce((total, value) => total + value, 0);
    if (row.some((value) => !(value >= -TOLERANCE && value <= 1 + TOLERANCE))) return false;
    if (Math.abs(sum - 1) > TOLERANCE) return false;
  }
  return true;
}

function countFlat(gradients: Float32Array, n: number): number {
  const values = gradients.length / n;
  let flat = 0;
  for (let first = 0; first < gradients.length; first += values) {
    if (gradients.subarray(first, first + values).every((value) => value === 0)) flat++;
  }
  return flat;
}
