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

/** The weights that an epoch's examples had in a term of the loss, such as `1.0000001 − p_y(x'')` of V1's. */
export interface WeightMetrics {
  /** The term, such as `memory`: its examples are those that had a memory example. */
  readonly term: string;
  /** Of the weights. */
  readonly mean: number;
  /** How many of them are in each of 20 equal parts of [0,1], the lowest first. */
  readonly counts: readonly number[];
}

/** How far the attacks of some steps went: of an epoch's first step and every sixteenth after it. Means over their examples. */
export interface AttackSample {
  /** How many. */
  readonly examples: number;
  /** What the attack maximises where it started, on the network in evaluation mode. */
  readonly lossBefore: number;
  /** The same at `x'`, where it ended. */
  readonly lossAfter: number;
}

/** How far an epoch's attacks went. Means over its examples. */
export interface AttackMetrics {
  /** What the attack maximises, such as `KL(p(x)‖p(x'))`, where it started, on the network in evaluation mode. */
  readonly lossBefore: number;
  /**
   * The same where its last iteration began, which has it for nothing: one step before `x'`, and of one iteration the same
   * number. {@linkcode AttackMetrics.sampled} has where it ended.
   */
  readonly lossAfter: number;
  /** Share of the `x'` that are classified correctly in the step that they train, in training mode. */
  readonly accuracy: number;
  /** From start to end, in some of the steps; absent in logs of earlier programs. */
  readonly sampled?: AttackSample;
}

/** Of every class, how many of its images were classified correctly, and how many there are. */
export interface ClassMetrics {
  /** Without an attack. */
  readonly clean: readonly (readonly [correct: number, n: number])[];
  /** Under PGD-20. */
  readonly robust: readonly (readonly [correct: number, n: number])[];
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
  /** How much each example counted in the term that weighs them; absent where no term does, or none had a memory yet. */
  readonly weights?: WeightMetrics;
  /** How far the attacks went; absent where nothing is attacked. */
  readonly attack?: AttackMetrics;
  /** Accuracy on what the checkpoint is selected on, in [0,1]: of the average of the weights where the run keeps one. */
  readonly cleanAccuracy?: number;
  /** Accuracy of the same weights under PGD-20 on the same images. */
  readonly robustAccuracy?: number;
  /** The same images class by class. */
  readonly classes?: ClassMetrics;
  /** There if the epoch looks like catastrophic overfitting, see {@linkcode overfitsCatastrophically}. */
  readonly overfitting?: "catastrophic";
  /** There if the run ended with the epoch for another reason than that it was the last one, see {@linkcode Recipe.earlyStop}. */
  readonly ended?: "early-stop";
  /** Of the steps of this session, or of the last one that took any in this epoch; absent if nothing is known of them. */
  readonly imagesPerSecond?: number;
  /** Wall-clock seconds of this session's part of the epoch, evaluation included. */
  readonly seconds: number;
}

/** How long a run is. */
export interface RunLength {
  /** Passes over the training images. */
  readonly epochs: number;
  /** Steps in each. */
  readonly stepsPerEpoch: number;
  /** Images that the checkpoint's selection evaluates after each, clean and under PGD-20; 0 where none is selected. */
  readonly selectionImages: number;
}

/** Fields that say how long something took: no two runs have the same. */
export const TIME_FIELDS: readonly string[] = ["imagesPerSecond", "seconds"];

/** A line of the run's log. */
export type Metrics = StepMetrics | EpochMetrics | DamageNote;
