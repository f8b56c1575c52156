/**
 * What an attack can be told, as plain data: a recipe can be read without loading tfjs.
 *
 * @module
 */

/** The inner maximisation's objectives. */
export const ATTACK_LOSSES = ["kl", "ce", "memory-kl"] as const;
/** One of {@linkcode ATTACK_LOSSES}. */
export type AttackLossName = typeof ATTACK_LOSSES[number];

/** Where a training attack can start: where its method says, or at the image's memory example where it has one. */
export const ATTACK_STARTS = ["noise", "memory"] as const;
/** One of {@linkcode ATTACK_STARTS}. */
export type AttackStartName = typeof ATTACK_STARTS[number];

/** The norms an attack can be bounded in. */
export const ATTACK_NORMS = ["linf", "l2"] as const;
/** One of {@linkcode ATTACK_NORMS}. */
export type AttackNorm = typeof ATTACK_NORMS[number];

/** How far an adversarial image may be from the clean one; images in [0,1]. */
export interface ThreatModel {
  /**
   * What distances are measured in.
   *
   * @default {"linf"}
   */
  readonly norm: AttackNorm;
  /**
   * Radius of the ball.
   *
   * @default {8/255, in l2 128/255}
   */
  readonly epsilon: number;
}

/** Bounds and effort of an attack; images in [0,1]. */
export interface PgdOptions extends ThreatModel {
  /** Length of one step. */
  readonly stepSize: number;
  /** How many of them. */
  readonly steps: number;
}
