/**
 * What an evaluation is asked for, and whether it can be had from what is evaluated.
 *
 * @module
 */
import {
  AUTOATTACK_MEMBERS,
  AUTOATTACK_VERSIONS,
  type AutoAttackMember,
} from "../attack/autoattack/versions.ts";
import type { EngineObserver } from "../backend/observed.ts";
import { CORRUPTION_NAMES, type CorruptionName } from "../data/corruptions/corruptions.ts";
import { DATA_ROOT } from "../data/sets/sets.ts";
import { UsageError } from "../errors.ts";
import type { Recipe, RecipeInput } from "../recipe/recipe.ts";
import { resolveRecipe, withFields } from "../recipe/resolve.ts";
import { CHECKPOINT_LINKS, type CheckpointLink } from "../run/checkpoints.ts";
import { checkOutput, safetensorsWith } from "../run/output.ts";
import { recipePath } from "../run/folder/files.ts";
import { type Subject, WEIGHTS_CHOICES, type WeightsChoice } from "../run/subject.ts";
import { IMAGES_TENSOR } from "./adversarial_file.ts";
import type { MemberProgress } from "./autoattack/member_run.ts";
import type { AutoAttackChoice } from "./autoattack/state_folder.ts";
import { CURVE } from "./series/curve.ts";
import { type EvaluationName, isEvaluationName } from "./evaluate.ts";
import type { EvaluationReport } from "./report.ts";
import type { Shard } from "./shards/shard.ts";
import type { InputScaling } from "./tfjs/input_scaling.ts";
import { checkTransfer } from "./transfer.ts";

/** Everything that can be measured. */
export type AttackName = EvaluationName | "curve" | "autoattack";

/** Whether `name` is one. */
export function isAttackName(name: string): name is AttackName {
  return name === "autoattack" || name === CURVE || isEvaluationName(name);
}

/** What is measured unless told otherwise. */
export const DEFAULT_ATTACKS: readonly AttackName[] = ["clean", "pgd20"];

/** What `options` ask for. */
export function attacksOf(
  { attacks, corruptions }: Pick<EvaluationOptions, "attacks" | "corruptions">,
): readonly AttackName[] {
  return attacks ?? (corruptions ? ["clean"] : DEFAULT_ATTACKS);
}

/** Who watches an evaluation. */
export interface EvaluationObserver extends EngineObserver {
  /** After every batch: how many of `n` images are done; of a curve for all radii together, and so of corruptions. */
  onProgress?(
    name: Exclude<AttackName, "autoattack"> | "corruptions",
    done: number,
    n: number,
  ): void;
  /** What AutoAttack noticed, and each member's result. */
  onAutoAttack?(line: string): void;
  /** How far a member of AutoAttack is. */
  onMember?(member: AutoAttackMember, progress: MemberProgress): void;
  /** The report, before anything is written: a disk that is full must not cost it. */
  onReport?(report: EvaluationReport): void;
  /** Where the run keeps the report. */
  onKept?(path: string): void;
}

/** What to measure, and how. */
export interface EvaluationOptions {
  /**
   * What to measure.
   *
   * @default {["clean", "pgd20"], with corruptions ["clean"]}
   */
  readonly attacks?: readonly AttackName[];
  /**
   * Common corruptions to measure beside them.
   *
   * @default {none}
   */
  readonly corruptions?: readonly CorruptionName[];
  /**
   * Which checkpoint of a run.
   *
   * @default {"best", or "last" where none was selected}
   */
  readonly checkpoint?: CheckpointLink;
  /**
   * Which weights of a run that keeps an average of them.
   *
   * @default {"average" where there is one}
   */
  readonly weights?: WeightsChoice;
  /**
   * What differs from the run's recipe, or for a file of weights from the paper's.
   *
   * @default {none}
   */
  readonly given?: RecipeInput;
  /**
   * Evaluates the first so many test images.
   *
   * @default {the recipe's limit, or all}
   */
  readonly limit?: number;
  /**
   * Runs of PGD, each from another start.
   *
   * @default {1}
   */
  readonly restarts?: number;
  /**
   * What a model from elsewhere takes for images in [0,1].
   *
   * @default {the images as they are}
   */
  readonly input?: InputScaling;
  /**
   * A run or file on whose network the images are attacked by FGSM, PGD and CW.
   *
   * @default {the target}
   */
  readonly source?: string;
  /**
   * Evaluates a part of the images; what was found is kept for `mergeShards`, and not evaluated again.
   *
   * @default {all images}
   */
  readonly shard?: Shard;
  /**
   * Which AutoAttack, if it is among the attacks, and where its state is kept.
   *
   * @default {none}
   */
  readonly autoAttack?: AutoAttackChoice;
  /**
   * File to save AutoAttack's images in, as safetensors.
   *
   * @default {none}
   */
  readonly saveAdversarial?: string;
  /**
   * File of saved images to check, instead of attacking.
   *
   * @default {none}
   */
  readonly verifyAdversarial?: string;
  /**
   * Whether a file of another kind may be replaced by the images.
   *
   * @default {false}
   */
  readonly overwrite?: boolean;
  /**
   * Whether to time a GPU's ways to compute a convolution.
   *
   * @default {true}
   */
  readonly tune?: boolean;
  /**
   * Told what happens.
   *
   * @default {nobody}
   */
  readonly observer?: EvaluationObserver;
  /**
   * Stops at the next safe place.
   *
   * @default {never}
   */
  readonly signal?: AbortSignal;
}

/**
 * Refuses names that stand for nothing and numbers that count nothing: what is left out of an evaluation, or made of no image,
 * would look like a result.
 *
 * @throws {UsageError} naming the first such option
 */
export function checkOptions(options: EvaluationOptions): void {
  const {
    attacks,
    corruptions,
    checkpoint,
    weights,
    limit,
    restarts,
    shard,
    autoAttack: { version, members, effort = {} } = {},
  } = options;
  if (attacks?.length === 0) throw new UsageError("The attacks must be at least one.");
  for (const name of attacks ?? []) {
    if (isAttackName(name)) continue;
    throw new UsageError(
      `There is no attack "${name}": say clean, fgsm, pgd20, cw20, curve or autoattack.`,
    );
  }
  if (options.source !== undefined) checkTransfer(attacksOf(options));
  if (corruptions?.length === 0) throw new UsageError("The corruptions must be at least one.");
  for (const name of corruptions ?? []) refuseUnknown("corruption", name, CORRUPTION_NAMES);
  refuseUnknown("checkpoint", checkpoint, CHECKPOINT_LINKS);
  refuseUnknown("weights", weights, WEIGHTS_CHOICES);
  refuseUnknown("AutoAttack version", version, AUTOATTACK_VERSIONS);
  for (const member of members ?? []) {
    refuseUnknown("AutoAttack member", member, AUTOATTACK_MEMBERS);
  }
  if (attacks?.includes("autoattack") && version === "custom" && !members?.length) {
    throw new UsageError('AutoAttack\'s version "custom" needs members, such as apgd-ce, square.');
  }
  if (shard !== undefined) checkShard(shard, options);
  for (const [name, count] of Object.entries({ limit, restarts, ...effort })) {
    if (count === undefined || Number.isSafeInteger(count) && count > 0) continue;
    throw new UsageError(`The ${name} must be a whole number of at least 1, not ${count}.`);
  }
}

function checkShard(
  { index, count }: Shard,
  { saveAdversarial, verifyAdversarial }: EvaluationOptions,
): void {
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(index) || index < 1 || index > count) {
    throw new UsageError(
      `The shard must be one of 1/N to N/N, such as 2/4, not ${index}/${count}.`,
    );
  }
  if (saveAdversarial === undefined && verifyAdversarial === undefined) return;
  throw new UsageError("Shards keep no images: leave out --save-adv and --verify-adv.");
}

function refuseUnknown(what: string, name: string | undefined, known: readonly string[]): void {
  if (name === undefined || known.includes(name)) return;
  throw new UsageError(`There is no ${what} "${name}": it is one of ${known.join(", ")}.`);
}

/**
 * Makes sure that AutoAttack's images can be saved at `path` before hours are spent on them.
 *
 * @throws {UsageError} if the file cannot be written, or would cost another
 */
export function checkSaved(
  path: string,
  subject: Subject,
  recipe: Recipe,
  verify: string | undefined,
  overwrite: boolean,
): Promise<void> {
  const inputs = [
    subject.path,
    ...subject.model?.files ?? [],
    ...subject.run ? [recipePath(subject.run.directory)] : [],
    ...verify === undefined ? [] : [verify],
    recipe.dataDir ?? DATA_ROOT,
  ];
  const kind = safetensorsWith(IMAGES_TENSOR);
  return checkOutput(path, { flag: "--save-adv", kind, inputs, overwrite });
}

/**
 * The run's recipe, or the paper's for a file of weights, with what the user overrides.
 *
 * @throws {UsageError} if that is fixed by the run's recipe, or contradicts it
 */
export function evaluationRecipe({ run }: Subject, given: RecipeInput): Recipe {
  if (run === undefined) return resolveRecipe(given);
  const { data, imageSize, testFraction, activation, threat } = given;
  const fixed = {
    data,
    "attack-norm": threat?.norm,
    "image-size": imageSize,
    "test-fraction": testFraction,
    activation,
  };
  for (const [flag, value] of Object.entries(fixed)) {
    if (value === undefined) continue;
    throw new UsageError(`--${flag} is fixed by the run's recipe: leave it out.`);
  }
  return resolveRecipe(withFields(run.recipe, given));
}
