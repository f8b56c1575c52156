/**
 * What an evaluation is asked for.
 *
 * @module
 */
import type { AutoAttackMember } from "../attack/autoattack/versions.ts";
import type { EngineObserver } from "../backend/observed.ts";
import type { CorruptionName } from "../data/corruptions/corruptions.ts";
import type { ActivationName } from "../model/architecture.ts";
import type { RecipeInput } from "../recipe/recipe.ts";
import type { CheckpointLink } from "../run/checkpoints.ts";
import type { WeightsChoice } from "../run/subject.ts";
import type { MemberProgress } from "./autoattack/member_run.ts";
import type { AutoAttackChoice } from "./autoattack/state_folder.ts";
import { CURVE } from "./series/curve.ts";
import { type EvaluationName, isEvaluationName } from "./evaluate.ts";
import type { EvaluationReport } from "./report.ts";
import type { Shard } from "./shards/shard.ts";
import type { InputScaling } from "./tfjs/input_scaling.ts";

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
   * The nonlinearity of the network in `source`, where that is a file that does not say it.
   *
   * @default {"relu"}
   */
  readonly sourceActivation?: ActivationName;
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
