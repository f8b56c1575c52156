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

/** Its versions, as in the published code. */
export const AUTOATTACK_VERSIONS = ["standard", "plus", "rand", "custom"] as const;
/** One of {@linkcode AUTOATTACK_VERSIONS}. */
export type AutoAttackVersion = typeof AUTOATTACK_VERSIONS[number];

/** What a version runs, in this order, each on what is still classified correctly. */
export interface VersionTraits {
  readonly members: readonly AutoAttackMember[];
  /** Runs of each untargeted APGD and FAB. */
  readonly restarts: number;
  /** Gradients averaged at every point of APGD. */
  readonly gradientSamples: number;
}

/** The versions' traits; `custom` runs what it is told, with the restarts of `plus`. */
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
