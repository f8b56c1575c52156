/**
 * A whole run, from a recipe and a folder's name to its last epoch.
 *
 * @module
 */
import { exclusively } from "../backend/exclusive.ts";
import { UsageError } from "../errors.ts";
import { advised } from "../format/command_line.ts";
import { readCurrentFile } from "../memory/current.ts";
import { readIndexPlace } from "../memory/index/place.ts";
import { memoryFolder } from "../memory/layout.ts";
import { needsHelper } from "../method/method.ts";
import { methodOf } from "../method/methods.ts";
import { refuseIdleEpochs } from "../optimise/idle_epochs.ts";
import { AUTO_HELPER } from "../recipe/helper_recipe.ts";
import type { Recipe, RecipeInput } from "../recipe/recipe.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { describeCheckpoint } from "../run/checkpoint/progress.ts";
import { endOf } from "../run/checkpoint/run_end.ts";
import { checkpointPath, findNamedLast } from "../run/checkpoints.ts";
import { readRunRecord, recipePath } from "../run/folder/files.ts";
import { resumeRecipe } from "../run/run_record.ts";
import { type HelperWeights, keptHelper, readHelper } from "../run/weights/helper.ts";
import { beginningOf, keptInitialWeights } from "../run/weights/initial_weights.ts";
import { runIn } from "./sitting.ts";
import type { ContinueOptions, StartOptions } from "./start_options.ts";

/**
 * Trains a new run in `directory`, which must be empty or absent.
 *
 * @example Four steps on the built-in data
 * ```ts
 * import { startRun } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const directory = await Deno.makeTempDir(), losses: number[] = [];
 * await startRun(
 *   {
 *     ...{ variant: "v1", data: "synthetic", limitTrain: 16, width: 1, epochs: 2, batchSize: 8 },
 *     ...{ attack: { steps: 1 }, select: "none", backend: "wasm", workers: 1 },
 *   },
 *   directory,
 *   { observer: { onStep: ({ loss }) => losses.push(loss) } },
 * );
 * assert.equal(losses.length, 4);
 * await Deno.remove(directory, { recursive: true });
 * ```
 *
 * @param recipe what differs from the published recipe of its method
 * @throws {UsageError} if the recipe contradicts itself, the data are missing, the device cannot take it, or the folder is in
 *   use, or another run or evaluation is under way in this process; no folder is made then
 * @throws {Interrupted} after a checkpoint, if the signal is aborted: {@linkcode continueRun} goes on from there
 * @throws {RunError} if the loss is not finite, or device or disk fail; the last checkpoint stays
 */
export async function startRun(
  recipe: RecipeInput,
  directory: string,
  options: StartOptions = {},
): Promise<void> {
  await exclusively(async () => {
    const { initial, recipe: begun } = await beginningOf(recipe);
    const complete = resolveRecipe(begun);
    refuseIdleEpochs(complete.optimiser, complete.epochs);
    await runIn(directory, complete, options, { initial, helper: await givenHelper(complete) });
  });
}

/**
 * Trains the rest of the run in `directory`, from its last checkpoint; a finished run stays as it is.
 *
 * @example A run that is stopped and goes on
 * ```ts
 * import { continueRun, Interrupted, startRun } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const run = await Deno.makeTempDir();
 * const tiny = { data: "synthetic", width: 1, limitTrain: 8, limitTest: 4, select: "none" } as const;
 * const recipe = { variant: "v1", epochs: 1, batchSize: 4, backend: "wasm", ...tiny } as const;
 * const stop = new AbortController();
 * const stopping = { signal: stop.signal, observer: { onStep: () => stop.abort() } };
 * await assert.rejects(startRun(recipe, run, stopping), Interrupted); // after the first of two steps
 * await continueRun(run, { observer: { onStep: ({ step }) => assert.equal(step, 2) } });
 * await Deno.remove(run, { recursive: true });
 * ```
 *
 * @throws {UsageError} if there is no run, it is in use or damaged, or what is given or the data differ from the run's
 * @throws {Interrupted | RunError} as {@linkcode startRun} does
 */
export async function continueRun(directory: string, options: ContinueOptions = {}): Promise<void> {
  const stored = await readRunRecord(directory);
  const { given = {} } = options;
  const recipe = resumeRecipe(stored.recipe, given, recipePath(directory));
  if (recipe.epochs > stored.recipe.epochs) await refuseEnded(directory, stored.recipe);
  if (given.memory?.index !== undefined) await refuseMove(directory, recipe.memory!.index!);
  await exclusively(() =>
    keptHelper(directory, stored).then((helper) =>
      runIn(directory, recipe, options, { earlier: { record: stored, here: true }, helper })
    )
  );
}

/**
 * Trains the run in `original` once more, in `directory`, which must be empty or absent. The index of its memory lies there too,
 * wherever the original's may be.
 *
 * @throws as {@linkcode continueRun} does, but not if the data differ, which the observer is told
 */
export async function repeatRun(
  original: string,
  directory: string,
  options: ContinueOptions = {},
): Promise<void> {
  const record = await readRunRecord(original);
  const recipe = resumeRecipe(record.recipe, options.given ?? {}, recipePath(original));
  const initial = await keptInitialWeights(original, record), earlier = { record, here: false };
  const helper = recipe.helper === AUTO_HELPER ? undefined : await keptHelper(original, record);
  const origin = { earlier, initial, helper };
  await exclusively(() => runIn(directory, withOwnIndex(recipe), options, origin));
}

/** @throws {UsageError} if the run in `directory` has stopped early: more epochs add nothing to it */
async function refuseEnded(directory: string, recipe: Recipe): Promise<void> {
  const last = await findNamedLast(directory);
  if (last === undefined) return;
  const { progress } = await describeCheckpoint(checkpointPath(directory, last.name));
  if (endOf(recipe, progress) !== "early-stop") return;
  throw new UsageError(
    `The run in ${directory} has ended in epoch ${progress.epoch}, by --early-stop ${recipe.earlyStop}: ` +
      "more --epochs add nothing to it; start a new run.",
  );
}

/** @throws {UsageError} if the run in `directory` has a memory whose index is not at `url`: it would stay where it is */
async function refuseMove(directory: string, url: string): Promise<void> {
  const memory = memoryFolder(directory), place = await readIndexPlace(memory);
  if (place?.url === url || !place && await readCurrentFile(memory) === undefined) return;
  throw new UsageError(
    `--memory-index ${url} is not where the memory of ${directory} has its index, which is ${
      place?.url ?? "in its folder"
    }: resume without it, or move the index there first with ${
      advised("memory", "verify", directory, "--rebuild", "--memory-index", url)
    }.`,
  );
}

/** The helper of a new run of `recipe`, if its method takes one. Throws a `UsageError` where it is not named. */
async function givenHelper({ variant, helper }: Recipe): Promise<HelperWeights | undefined> {
  if (helper === AUTO_HELPER) return undefined;
  if (helper !== undefined) return await readHelper(helper);
  if (!needsHelper(methodOf(variant))) return undefined;
  throw new UsageError(
    `--variant ${variant} needs --helper: a run of --variant standard, a file of such weights, or ` +
      `${AUTO_HELPER} to train one first.`,
  );
}

/** `recipe` without a service for its memory's index: that of another run must not be touched. */
function withOwnIndex({ memory: said, ...recipe }: Recipe): Recipe {
  if (said === undefined) return recipe;
  const { index: _, ...memory } = said;
  return { ...recipe, memory };
}
