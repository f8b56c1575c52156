/**
 * A whole run, from a recipe and a folder's name to its last epoch.
 *
 * @module
 */
import type { Backend } from "../backend/backend.ts";
import { observedOptions } from "../backend/observed.ts";
import { exclusively } from "../backend/exclusive.ts";
import { openBackend } from "../backend/open.ts";
import { ownImages, refuseFewAuxiliary } from "../data/auxiliary.ts";
import { refuseWholeCutout } from "../data/cutout.ts";
import { isFound } from "../data/sets/definition.ts";
import { dataDigest, findSet, loadData } from "../data/sets/sets.ts";
import { splitTraining } from "../data/split.ts";
import { UsageError } from "../errors.ts";
import { checkFitting } from "../evaluate/fitting.ts";
import { needsHelper } from "../method/method.ts";
import { methodOf } from "../method/methods.ts";
import { AUTO_HELPER } from "../recipe/helper_recipe.ts";
import type { Recipe, RecipeInput } from "../recipe/recipe.ts";
import { engineOptions, resolveRecipe } from "../recipe/resolve.ts";
import { sourceDigest, VERSION } from "../run/program_version.ts";
import { helperPath, initialWeightsPath, readRunRecord, recipePath } from "../run/folder/files.ts";
import { RunFolder } from "../run/folder/run_folder.ts";
import { changesSince, resumeRecipe, type RunRecord } from "../run/run_record.ts";
import type { DataKind } from "../run/weights/architecture.ts";
import { type HelperWeights, keptHelper, readHelper } from "../run/weights/helper.ts";
import {
  type InitialWeights,
  keepCopy,
  keptInitialWeights,
  readInitialWeights,
  withNetwork,
} from "../run/weights/initial_weights.ts";
import { ownHelperRecipe, trainHelper } from "./helper/helper_run.ts";
import { preflight } from "./preflight.ts";
import type { ContinueOptions, RunObserver, StartOptions } from "./start_options.ts";
import { train } from "./trainer.ts";

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
    const initial = recipe.from === undefined
      ? undefined
      : await readInitialWeights(recipe.from, recipe.activation);
    const complete = resolveRecipe(initial ? withNetwork(recipe, initial) : recipe);
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
  const recipe = resumeRecipe(stored.recipe, options.given ?? {}, recipePath(directory));
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
  const helper = await keptHelper(original, record), origin = { earlier, initial, helper };
  await exclusively(() => runIn(directory, withOwnIndex(recipe), options, origin));
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

/** A run as it was started before, in the same folder or elsewhere. */
interface Earlier {
  readonly record: RunRecord;
  /** Whether it goes on; if not, it is repeated. */
  readonly here: boolean;
}

/** What a sitting begins with: a run as it was, and the weights that a new one is given. */
interface Origin {
  readonly earlier?: Earlier;
  readonly initial?: InitialWeights | undefined;
  readonly helper?: HelperWeights | undefined;
}

async function runIn(
  directory: string,
  recipe: Recipe,
  { observer, signal, tune = true, tensorboard = false }: StartOptions,
  { earlier, initial, helper }: Origin,
): Promise<void> {
  const stored = earlier?.here ? earlier.record : undefined;
  const data = await loadData(recipe.data, recipe.dataDir, recipe.seed, recipe);
  if (initial) checkFitting(initial.path, initial.architecture, data.train);
  if (helper) checkFitting(helper.path, helper.architecture, data.train);
  for (const note of initial?.notes ?? []) observer?.onNote?.(note);
  const digest = dataDigest(data.train);
  if (stored && stored.dataSha256 !== digest) {
    throw new UsageError(
      `The training images are not those that ${directory} was started on: check --data-dir` +
        `${recipe.auxData === undefined ? "" : " and --aux-data"}.`,
    );
  }
  // Refused here rather than in training: no folder has been made yet.
  const { train: { length: images } } = splitTraining(
    ownImages(data.train),
    recipe.select === "val",
    recipe.limitTrain,
  );
  const { auxFraction: fraction, batchSize, cutout } = recipe;
  if (cutout !== undefined) refuseWholeCutout(cutout, data.train.shape);
  if (fraction !== undefined) refuseFewAuxiliary(data.train, images, { fraction, batchSize });
  // What began elsewhere is computed as it was there: another engine's rounding would end it elsewhere.
  const { backend: choice = recipe.backend, adapter = "", variants } = earlier?.record.machine ??
    {};
  const backend = await openBackend(choice, {
    ...engineOptions(recipe),
    ...observedOptions(tune, observer, signal),
    ...variants && { pinned: { adapter, variants } },
  });
  try {
    const from = stored?.from ?? initial?.record;
    const ownHelper = recipe.helper === AUTO_HELPER;
    if (ownHelper) {
      await backend.guard(preflight(ownHelperRecipe(recipe), data.train, images, backend));
    }
    const demand = await backend.guard(
      preflight(recipe, data.train, images, backend, from, helper?.architecture),
    );
    const now = await describeRun(recipe, backend, { digest, ...data.train }, from, helper?.record);
    const folder = stored
      ? await RunFolder.open(directory)
      : await RunFolder.create(directory, now);
    try {
      if (recipe.epochs > folder.record.recipe.epochs) await folder.extend(recipe.epochs);
      if (initial) await keepCopy(folder, initialWeightsPath(directory), initial);
      if (helper && !stored) await keepCopy(folder, helperPath(directory), helper);
      observer?.onStart?.({ directory, recipe, continued: stored !== undefined, backend, demand });
      if (earlier) noteChanges(earlier, now, observer);
      else noteLimits(recipe, images, data.test.n, observer);
      if (demand) observer?.onStatus?.("compiling kernels for the first steps");
      const run = { recipe, data, backend, tensorboard, ...signal && { signal } };
      let helps = helper;
      if (ownHelper) {
        const continued = stored !== undefined;
        helps = await trainHelper(
          { ...run, folder },
          (directory, recipe) => observer?.onHelper?.({ directory, recipe, continued, backend }),
        );
        folder.keep();
      }
      await train({ ...run, folder, ...helps && { helper: helps }, ...observer && { observer } });
    } finally {
      await folder.close();
    }
  } finally {
    backend.close();
  }
}

/** Says of a limit that there are fewer images. */
function noteLimits(
  { limitTrain = 0, limitTest = 0 }: Recipe,
  train: number,
  test: number,
  observer: RunObserver | undefined,
): void {
  if (limitTrain > train) {
    observer?.onNote?.(`--limit-train ${limitTrain}: there are only ${train} images to train on.`);
  }
  if (limitTest > test) {
    observer?.onNote?.(`--limit-test ${limitTest}: there are only ${test} test images.`);
  }
}

async function describeRun(
  recipe: Recipe,
  backend: Backend,
  { digest, classes, shape }: DataKind & { readonly digest: string },
  from: RunRecord["from"],
  helper: RunRecord["helper"],
): Promise<RunRecord> {
  const variants = backend.choices();
  return {
    format: 2,
    program: { version: VERSION, digest: await sourceDigest() },
    machine: {
      backend: backend.name,
      adapter: backend.adapter,
      deno: Deno.version.deno,
      ...Object.keys(variants).length > 0 && { variants },
    },
    dataSha256: digest,
    ...isFound(findSet(recipe.data)) && { data: { classes: [...classes], shape } },
    ...from && { from },
    ...helper && { helper },
    recipe,
  };
}

/** Another device or another program computes other roundings: said, so that nobody wonders about the bytes. */
function noteChanges(earlier: Earlier, now: RunRecord, observer: RunObserver | undefined): void {
  const changes = changesSince(earlier.record, now);
  if (changes.length === 0) return;
  observer?.onNote?.(
    `the run began with another ${changes.join(" and another ")}: ` +
      `it may not end in the same bytes as ${earlier.here ? "without the interruption" : "then"}.`,
  );
}
