/**
 * What an evaluation is of, from what a target names, before a device is opened.
 *
 * @module
 */
import { firstIndices } from "../../data/batches.ts";
import { checkCorruptible } from "../../data/corruptions/corruptions.ts";
import type { Dataset } from "../../data/dataset.ts";
import { noteTestLimit } from "../../data/limited_classes.ts";
import { isGenerated } from "../../data/sets/definition.ts";
import { findSet, loadSplit } from "../../data/sets/sets.ts";
import { UsageError } from "../../errors.ts";
import type { Recipe, RecipeInput } from "../../recipe/recipe.ts";
import { readSubject, type Subject } from "../../run/subject.ts";
import { refuseOneClass } from "../autoattack/attacked_images.ts";
import { checkClasses, refuseTargets } from "../autoattack/sanity.ts";
import { isEvaluationName } from "../evaluate.ts";
import { attacksOf, type EvaluationOptions } from "../evaluation_options.ts";
import { noteOtherTest, noteSize } from "../fitting.ts";
import { noteReach } from "./reach.ts";
import { checkSaved, evaluationRecipe } from "./checks.ts";
import { type Networks, networksOf } from "../transfer.ts";

/** What is evaluated, on which images. */
export interface Evaluated {
  readonly subject: Subject;
  /** On which the images are attacked, if that is another network. */
  readonly source: Subject | undefined;
  readonly networks: Networks;
  readonly recipe: Recipe;
  readonly test: Dataset;
  /** What whoever reads the result should know, in sentences. */
  readonly notes: readonly string[];
  /** The first test images, which the evaluation is of: of a shard, those of all shards. */
  readonly ids: Uint32Array;
}

/**
 * Reads what an evaluation of `target` is of, and looks whether it can be had.
 *
 * @throws {UsageError} if there is nothing to evaluate, or the options do not fit to it
 * @throws {RunError} if something cannot be read
 */
export async function readEvaluated(
  target: string,
  options: EvaluationOptions,
): Promise<Evaluated> {
  const { given = {}, saveAdversarial: save, verifyAdversarial: verify } = options;
  const { checkpoint, weights } = options;
  const subject = await readSubject(target, checkpoint, weights, given.activation);
  const recipe = evaluationRecipe(subject, verify === undefined ? given : withoutRadius(given));
  if (verify !== undefined) checkSeed(subject, recipe, given.seed);
  const source = await readSource(options);
  const networks = networksOf(subject, source, options.input);
  if (save !== undefined) {
    await checkSaved(save, subject, recipe, verify, options.overwrite === true);
  }
  // A seed of the evaluation draws the attack's starts; a run's data stay those it was trained with.
  const dataSeed = subject.run?.recipe.seed ?? recipe.seed;
  const test = await loadSplit(recipe.data, "test", recipe.dataDir, dataSeed, recipe);
  networks.network.check(test);
  networks.source?.check(test);
  if (options.corruptions) checkCorruptible(test);
  if (attacksOf(options).includes("autoattack")) {
    const { version, members = [], effort = {} } = options.autoAttack ?? {};
    const { length: classes } = test.classes;
    refuseOneClass(classes);
    if (version === "custom") {
      checkClasses(members, classes, true);
      refuseTargets(effort, classes);
    }
  }
  const limit = options.limit ?? recipe.limitTest, ids = firstIndices(test.n, limit);
  const flag = options.limit === undefined ? "--limit-test" : "--n-ex";
  const notes = [
    ...noteSize(subject, test),
    ...noteOtherTest(subject, test),
    ...source ? noteSize(source, test) : [],
    ...verify === undefined ? noteTestLimit(flag, limit, test) : [],
    ...verify === undefined
      ? attacksOf(options).flatMap((name) =>
        isEvaluationName(name) ? noteReach(name, recipe.threat) : []
      )
      : [],
  ];
  return { subject, source, networks, recipe, test, ids, notes };
}

/** `given` without the radius of saved images, which is one in the norm that their file says. */
function withoutRadius({ threat = {}, ...given }: RecipeInput): RecipeInput {
  const { epsilon: _, ...norm } = threat;
  return { ...given, threat: norm };
}

/** Nothing is drawn where saved images are checked, but a file's data may be. Throws a `UsageError` where they are not. */
function checkSeed({ run }: Subject, { data }: Recipe, seed: number | undefined): void {
  if (seed === undefined || run === undefined && isGenerated(findSet(data))) return;
  throw new UsageError("--seed has no meaning with --verify-adv, which attacks nothing.");
}

/** What the images are attacked on, if that is another network. */
async function readSource(
  { source, sourceActivation: activation }: EvaluationOptions,
): Promise<Subject | undefined> {
  if (source === undefined) {
    if (activation === undefined) return undefined;
    throw new UsageError("--source-activation needs --source: it is of that one's network.");
  }
  const read = await readSubject(source, undefined, undefined, activation);
  if (read.run === undefined || activation === undefined) return read;
  throw new UsageError("--source-activation is fixed by the recipe of --source: leave it out.");
}
