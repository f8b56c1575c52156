/**
 * What an evaluation found, as JSON.
 *
 * @module
 */
import type { AttackNorm } from "../attack/options.ts";
import { classCounts } from "./confusion.ts";
import type { CorruptionAccuracies } from "./series/corruptions.ts";
import type { Curve } from "./series/curve.ts";
import type { Dataset } from "../data/dataset.ts";
import type { AutoAttackResult } from "./autoattack/result.ts";
import {
  type Accuracy,
  type EvaluationName,
  type EvaluationSettings,
  type ImageAccuracy,
  isEvaluationName,
} from "./evaluate.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { AdversarialCheck } from "./adversarial_check.ts";
import type { Subject, WeightsChoice } from "../run/subject.ts";
import type { ForeignModel } from "./subject_network.ts";
import type { Transfer } from "./transfer.ts";

/** The accuracies that were asked for, by name. */
export type Accuracies = { readonly [name in EvaluationName]?: ImageAccuracy };

/** What was found of one class. */
export interface ClassAccuracy {
  /** What it is called. */
  readonly name: string;
  /** How many of the images have it. */
  readonly n: number;
  /** How many of these were classified correctly, by the attack's name. */
  readonly correct: Readonly<Record<string, number>>;
}

/** What an evaluation prints with `--json`, and keeps in the run's `eval/`. */
export interface EvaluationReport extends Accuracies {
  /** Robust accuracies at several radii, if they were asked for. */
  readonly curve?: Curve;
  /** Accuracies under common corruptions, if they were asked for. */
  readonly corruptions?: CorruptionAccuracies;
  /** What AutoAttack found, if it was asked for. */
  readonly autoattack?: AutoAttackResult;
  /** What `--verify-adv` found. */
  readonly verified?: AdversarialCheck;
  /** What was found on images that were attacked on another network. */
  readonly transfer?: Transfer;
  /** What was found of each class, in label order; absent where nothing is. */
  readonly perClass?: readonly ClassAccuracy[];
  /** What a model from elsewhere is, and the signs that what was found of it under attack should not be believed. */
  readonly model?: ForeignModel & { readonly warnings: readonly string[] };
  /** What was evaluated. */
  readonly checkpoint: {
    /** Their file. */
    readonly path: string;
    /** SHA-256 of the file; of a `model.json` with its weights behind it. */
    readonly sha256: string;
    /** `best` or `last`; null for a file of weights. */
    readonly name: string | null;
    /** Which of the file's weights; absent where it holds no average of them. */
    readonly weights?: WeightsChoice;
    /** What the run's best checkpoint was chosen on. */
    readonly select: Recipe["select"] | null;
  };
  /** What it was evaluated on. */
  readonly data: {
    /** What the data set is called on the command line. */
    readonly name: string;
    readonly part: "test";
    /** Number of images. */
    readonly n: number;
    /** SHA-256 of these images (bytes, NHWC) and their labels behind them, hexadecimal: of all shards' in a shard's report. */
    readonly sha256: string;
  };
  /** How it was attacked. */
  readonly attack: {
    /** The norm that bounds the attack. */
    readonly norm: AttackNorm;
    /** Radius of the ball; images in [0,1]. */
    readonly epsilon: number;
    /** The radius in steps of a byte, e.g. `8/255`. */
    readonly fraction: string;
    /** Runs of PGD. */
    readonly restarts: number;
  };
  /** The device that computed. */
  readonly backend: { readonly name: string; readonly adapter: string };
  /** The program that computed, see `recipe.json`; absent in reports of earlier ones. */
  readonly program?: { readonly version: string; readonly digest: string };
  /** The recipe of the run; null for a file of weights. */
  readonly recipe: Recipe | null;
  /** Seed of the attacks' random draws. */
  readonly seed: number;
}

/**
 * The report of what was measured on `subject`.
 *
 * @param imagesSha256 of the images of the whole evaluation
 */
export function makeReport(
  { path, sha256, run, weights }: Subject,
  recipe: Recipe,
  { dataset, ids, attack: asked, restarts = 1, backend }: EvaluationSettings,
  imagesSha256: string,
  accuracies: Partial<Record<EvaluationName, ImageAccuracy>>,
  { curve, corruptions, autoattack, verified, transfer, model, program }: Pick<
    EvaluationReport,
    "curve" | "corruptions" | "autoattack" | "verified" | "transfer" | "model" | "program"
  >,
): EvaluationReport {
  const attack = verified ? { norm: verified.norm, epsilon: verified.epsilon } : asked;
  const perClass = classAccuracies(dataset, ids, {
    ...accuracies,
    ...autoattack && { autoattack },
    ...transfer?.accuracies,
  });
  return {
    ...accuracies,
    ...curve && { curve },
    ...corruptions && { corruptions },
    ...autoattack && { autoattack },
    ...verified && { verified },
    ...transfer && { transfer },
    ...perClass.length > 0 && { perClass },
    ...model && { model },
    checkpoint: {
      path,
      sha256,
      name: run?.link ?? null,
      ...weights && { weights },
      select: run?.recipe.select ?? null,
    },
    data: {
      name: recipe.data,
      part: "test",
      n: verified?.n ?? ids.length,
      sha256: imagesSha256,
    },
    attack: { ...attack, fraction: formatRadius(attack.epsilon), restarts },
    backend: { name: backend.name, adapter: backend.adapter },
    ...program && { program },
    recipe: run?.recipe ?? null,
    seed: recipe.seed,
  };
}

/** What `found` says of the images `ids` of each class. */
function classAccuracies(
  { classes, labels }: Dataset,
  ids: Uint32Array,
  found: Readonly<Record<string, Pick<ImageAccuracy, "confusion">>>,
): ClassAccuracy[] {
  const counts = Object.entries(found)
    .map(([name, { confusion }]) => [name, classCounts(confusion)] as const);
  if (counts.length === 0) return [];
  return classes.map((name, label) => ({
    name,
    n: ids.reduce((n, id) => n + +(labels[id] === label), 0),
    correct: Object.fromEntries(counts.map(([attack, ofClass]) => [attack, ofClass[label]![0]])),
  }));
}

/** The accuracies in `report`, in its order. */
export function accuraciesOf(report: EvaluationReport): [EvaluationName, Accuracy][] {
  return Object.entries(report)
    .filter((entry): entry is [EvaluationName, Accuracy] => isEvaluationName(entry[0]));
}

/** `0.0313725…` as `8/255`; a radius between two bytes as the number it is. */
export function formatRadius(epsilon: number): string {
  const steps = Math.round(255 * epsilon);
  return Math.abs(255 * epsilon - steps) < 1e-9 ? `${steps}/255` : String(epsilon);
}
