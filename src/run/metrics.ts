/**
 * What a run tells of its steps and epochs.
 *
 * @module
 */

/** One optimisation step. Loss terms are means over the batch, before their coefficients. */
export interface StepMetrics {
  /** What line of the log it is. */
  readonly kind: "step";
  /** From 1. */
  readonly epoch: number;
  /** From 1. */
  readonly step: number;
  /** The whole loss. */
  readonly loss: number;
  /** The loss's terms by name, such as `ce`. */
  readonly terms: Readonly<Record<string, number>>;
  /** The learning rate of the step. */
  readonly lr: number;
  /** The momentum of the step. */
  readonly momentum: number;
  /** Training images of the step by its time. */
  readonly imagesPerSecond: number;
}

/** A memory example that could not be used: the step was taken without it. */
export interface DamageNote {
  /** What line of the log it is. */
  readonly kind: "damage";
  /** From 1. */
  readonly epoch: number;
  /** From 1. */
  readonly step: number;
  /** Its training index. */
  readonly image: number;
  /** What is wrong, as a sentence without its full stop. */
  readonly fault: string;
}

/** One epoch. */
export interface EpochMetrics {
  /** What line of the log it is. */
  readonly kind: "epoch";
  /** From 1. */
  readonly epoch: number;
  /** Means over the epoch's examples. */
  readonly loss: number;
  /** Means over the epoch's examples of the loss's terms, by name. */
  readonly terms: Readonly<Record<string, number>>;
  /** Accuracies on what the checkpoint is selected on, in [0,1]. */
  readonly cleanAccuracy?: number;
  /** Accuracy under PGD-20 on the same images. */
  readonly robustAccuracy?: number;
  /** Of the steps of this session, or of the last one that took any in this epoch; absent if nothing is known of them. */
  readonly imagesPerSecond?: number;
  /** Wall-clock seconds of this session's part of the epoch, evaluation included. */
  readonly seconds: number;
}

/** A line of the run's log. */
export type Metrics = StepMetrics | EpochMetrics | DamageNote;
