/**
 * What a run tells of its steps and epochs.
 *
 * @module
 */

/** One optimisation step. Loss terms are means over the batch, before their coefficients. */
export interface StepMetrics {
  readonly kind: "step";
  readonly epoch: number;
  /** From 1. */
  readonly step: number;
  readonly loss: number;
  /** The loss's terms by name, such as `ce`. */
  readonly terms: Readonly<Record<string, number>>;
  readonly lr: number;
  readonly momentum: number;
  readonly imagesPerSecond: number;
}

/** A memory example that could not be used: the step was taken without it. */
export interface DamageNote {
  readonly kind: "damage";
  readonly epoch: number;
  readonly step: number;
  /** Its training index. */
  readonly image: number;
  readonly fault: string;
}

/** One epoch. */
export interface EpochMetrics {
  readonly kind: "epoch";
  readonly epoch: number;
  /** Means over the epoch's examples. */
  readonly loss: number;
  readonly terms: Readonly<Record<string, number>>;
  /** Accuracies on what the checkpoint is selected on, in [0,1]. */
  readonly cleanAccuracy?: number;
  readonly robustAccuracy?: number;
  /** Of the steps of this session, or of the last one that took any in this epoch; absent if nothing is known of them. */
  readonly imagesPerSecond?: number;
  /** Wall-clock seconds of this session's part of the epoch, evaluation included. */
  readonly seconds: number;
}

/** A line of the run's log. */
export type Metrics = StepMetrics | EpochMetrics | DamageNote;
