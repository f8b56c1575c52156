/**
 * What AutoAttack found, and the lines that say so.
 *
 * @module
 */
import type {
  AutoAttackMember,
  AutoAttackVersion,
  Effort,
} from "../../attack/autoattack/versions.ts";
import type { Accuracy, ImageAccuracy } from "../evaluate.ts";
import type { Perturbation } from "../perturbation.ts";

/** What one member found. */
export interface MemberResult extends Accuracy {
  /** Images it attacked. */
  readonly attacked: number;
  /** Images it broke. */
  readonly broken: number;
  /** Time that it took, over all sittings. */
  readonly seconds: number;
}

/**
 * The outcome; accuracies are over all images, as the clean one is. `confusion` is of what the network took an image for
 * when an attack broke it, and of the clean image's class otherwise.
 */
export interface AutoAttackResult extends ImageAccuracy {
  /** Which AutoAttack it was. */
  readonly version: AutoAttackVersion;
  /** What `custom` was told to spend. */
  readonly effort?: Partial<Effort>;
  /** The accuracy before any attack. */
  readonly clean: Accuracy;
  /** The accuracy that each member left, in the order in which they ran. */
  readonly perAttack: Partial<Record<AutoAttackMember, MemberResult>>;
  /** What the attacks made of the images. */
  readonly perturbation: Perturbation;
  /** Signs that the accuracy should not be believed, a sentence each. */
  readonly warnings: readonly string[];
}

/** `initial accuracy: 82.36%`, the line that AutoAttack's users know. */
export function describeClean({ accuracy }: Accuracy): string {
  return `initial accuracy: ${percent(accuracy)}`;
}

/** `robust accuracy after APGD-CE: 53.10% (total time 12.3 s)`, the line that AutoAttack's users know. */
export function describeMember(member: AutoAttackMember, result: MemberResult): string {
  const name = member.toUpperCase();
  const time = result.seconds.toFixed(1);
  return `robust accuracy after ${name}: ${percent(result.accuracy)} (total time ${time} s)`;
}

function percent(accuracy: number): string {
  return `${(100 * accuracy).toFixed(2)}%`;
}
