/**
 * What AutoAttack can be told, as plain data.
 *
 * @module
 */

/** Its attacks. */
export const AUTOATTACK_MEMBERS = [
  "apgd-ce",
  "apgd-dlr",
  "apgd-t",
  "fab",
  "fab-t",
  "square",
] as const;
/** One of {@linkcode AUTOATTACK_MEMBERS}. */
export type AutoAttackMember = typeof AUTOATTACK_MEMBERS[number];

/** Classes that a member's loss compares, where those are more than two. */
export const LEAST_CLASSES: Readonly<Partial<Record<AutoAttackMember, number>>> = {
  "apgd-dlr": 3,
  "apgd-t": 4,
};

/** Its versions, as in the published code. */
export const AUTOATTACK_VERSIONS = ["standard", "plus", "rand", "custom"] as const;
/** One of {@linkcode AUTOATTACK_VERSIONS}. */
export type AutoAttackVersion = typeof AUTOATTACK_VERSIONS[number];

/** What an attack may spend on an image that it does not break. */
export interface Effort {
  /**
   * Steps of each run of APGD and FAB.
   *
   * @default {100}
   */
  readonly iterations: number;
  /**
   * Images that Square asks for.
   *
   * @default {5000}
   */
  readonly queries: number;
  /**
   * Runs of each APGD and FAB, towards each of their targets where they have any.
   *
   * @default {5, of APGD-T and FAB-T 1}
   */
  readonly restarts: number;
  /**
   * Classes that APGD-T and FAB-T aim at, likeliest first.
   *
   * @default {9}
   */
  readonly targets: number;
}

/** Who spends what. */
const SPENDERS: Readonly<Record<keyof Effort, readonly AutoAttackMember[]>> = {
  iterations: ["apgd-ce", "apgd-dlr", "apgd-t", "fab", "fab-t"],
  queries: ["square"],
  restarts: ["apgd-ce", "apgd-dlr", "apgd-t", "fab", "fab-t"],
  targets: ["apgd-t", "fab-t"],
};

/** Whether any of `members` spends what `effort` is of. */
export function spends(members: readonly AutoAttackMember[], effort: keyof Effort): boolean {
  return members.some((member) => SPENDERS[effort].includes(member));
}

/** What the versions spend that have no effort of their own: the published numbers; restarts are the version's. */
export const PUBLISHED_EFFORT: Readonly<Omit<Effort, "restarts">> = {
  iterations: 100,
  queries: 5000,
  targets: 9,
};

/** What a version runs, in this order, each on what is still classified correctly. */
export interface VersionTraits {
  readonly members: readonly AutoAttackMember[];
  /** Runs of each untargeted APGD and FAB. */
  readonly restarts: number;
  /** Gradients averaged at every point of APGD. */
  readonly gradientSamples: number;
}

/** The versions' traits; `custom` runs what it is told, with the restarts of `plus` unless told otherwise. */
export const VERSION_TRAITS: Readonly<Record<AutoAttackVersion, VersionTraits>> = {
  standard: {
    members: ["apgd-ce", "apgd-t", "fab-t", "square"],
    restarts: 1,
    gradientSamples: 1,
  },
  plus: {
    members: ["apgd-ce", "apgd-dlr", "fab", "square", "apgd-t", "fab-t"],
    restarts: 5,
    gradientSamples: 1,
  },
  rand: { members: ["apgd-ce", "apgd-dlr"], restarts: 1, gradientSamples: 20 },
  custom: { members: [], restarts: 5, gradientSamples: 1 },
};

/** The runs of `member`, towards each of its targets where it has any: those that were `told`, or as published. */
export function restartsOf(
  member: AutoAttackMember,
  version: AutoAttackVersion,
  told: number | undefined,
): number {
  return told ?? (spends([member], "targets") ? 1 : VERSION_TRAITS[version].restarts);
}
