/**
 * Whether what an evaluation is asked for can be had.
 *
 * @module
 */
import { AUTOATTACK_MEMBERS, AUTOATTACK_VERSIONS } from "../../attack/autoattack/versions.ts";
import { KNOWN_CORRUPTION_NAMES } from "../../data/corruptions/corruptions.ts";
import { DATA_ROOT } from "../../data/sets/sets.ts";
import { UsageError } from "../../errors.ts";
import type { Recipe, RecipeInput } from "../../recipe/recipe.ts";
import { resolveRecipe, withFields } from "../../recipe/resolve.ts";
import { CHECKPOINT_LINKS } from "../../run/checkpoints.ts";
import { recipePath } from "../../run/folder/files.ts";
import { checkOutput, safetensorsWith } from "../../run/output.ts";
import { type Subject, WEIGHTS_CHOICES } from "../../run/subject.ts";
import { IMAGES_TENSOR } from "../adversarial_file.ts";
import { refuseIdle, refuseRepeated } from "../autoattack/sanity.ts";
import { attacksOf, type EvaluationOptions, isAttackName } from "../evaluation_options.ts";
import type { Shard } from "../shards/shard.ts";
import { checkTransfer } from "../transfer.ts";

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
  for (const name of corruptions ?? []) refuseUnknown("corruption", name, KNOWN_CORRUPTION_NAMES);
  refuseUnknown("checkpoint", checkpoint, CHECKPOINT_LINKS);
  refuseUnknown("weights", weights, WEIGHTS_CHOICES);
  refuseUnknown("AutoAttack version", version, AUTOATTACK_VERSIONS);
  for (const member of members ?? []) {
    refuseUnknown("AutoAttack member", member, AUTOATTACK_MEMBERS);
  }
  refuseRepeated(members ?? []);
  if (attacks?.includes("autoattack") && version === "custom" && !members?.length) {
    throw new UsageError('AutoAttack\'s version "custom" needs members, such as apgd-ce, square.');
  }
  if (version === "custom" && members?.length) refuseIdle(members, effort);
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
  const { data, imageSize, testFraction, testSeed, activation, threat } = given;
  const fixed = {
    data,
    "attack-norm": threat?.norm,
    "image-size": imageSize,
    "test-fraction": testFraction,
    "test-seed": testSeed,
    activation,
  };
  for (const [flag, value] of Object.entries(fixed)) {
    if (value === undefined) continue;
    throw new UsageError(`--${flag} is fixed by the run's recipe: leave it out.`);
  }
  return resolveRecipe(withFields(run.recipe, given));
}
