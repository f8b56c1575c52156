/**
 * What a run tells of its steps and epochs.
 *
 * @module
 */

/** One optimisation step. Loss terms are means over the batch, before their coefficients. */
export interface StepMetrics {
  /** What tells it from the other lines of the log. */
  readonly kind: "step";
  /** From 1. */
  readonly epoch: number;
  /** Within the epoch, from 1. */
  readonly step: number;
  /** The weighted sum of its terms. */
  readonly loss: number;
  /** The loss's terms by name, such as `ce`. */
  readonly terms: Readonly<Record<string, number>>;
  /** The learning rate of the step. */
  readonly lr: number;
  /** The momentum of the step. */
  readonly momentum: number;
  /** Of the batch, by the wall clock. */
  readonly imagesPerSecond: number;
}

/** A memory example that could not be used: the step was taken without it. */
export interface DamageNote {
  /** What tells it from the other lines of the log. */
  readonly kind: "damage";
  /** From 1. */
  readonly epoch: number;
  /** Within the epoch, from 1. */
  readonly step: number;
  /** Its training index. */
  readonly image: number;
  /** What is wrong with it, as a sentence without its full stop. */
  readonly fault: string;
}

/** One epoch. */
export interface EpochMetrics {
  /** What tells it from the other lines of the log. */
  readonly kind: "epoch";
  /** From 1. */
  readonly epoch: number;
  /** The mean over the epoch's examples. */
  readonly loss: number;
  /** The loss's terms by name, likewise. */
  readonly terms: Readonly<Record<string, number>>;
  /** Accuracy on the clean images that the checkpoint is selected on, in [0,1]; absent where nothing is. */
  readonly cleanAccuracy?: number;
  /** Accuracy on them under PGD-20, in [0,1]. */
  readonly robustAccuracy?: number;
  /** Of the steps of this session, or of the last one that took any in this epoch; absent if nothing is known of them. */
  readonly imagesPerSecond?: number;
  /** Wall-clock seconds of this session's part of the epoch, evaluation included. */
  readonly seconds: number;
}

/** A line of the run's log. */
export type Metrics = StepMetrics | EpochMetrics | DamageNote;
