/**
 * One sitting of a run: everything that can be refused, then the device, the folder and the training.
 *
 * @module
 */
import type { Backend } from "../backend/backend.ts";
import { observedOptions } from "../backend/observed.ts";
import { openBackend } from "../backend/open.ts";
import { ownImages, refuseFewAuxiliary } from "../data/auxiliary.ts";
import { refuseWholeCutout } from "../data/cutout.ts";
import { isFound } from "../data/sets/definition.ts";
import type { Splits } from "../data/dataset.ts";
import { noteMissingClasses, noteTestLimit } from "../data/limited_classes.ts";
import { dataDigest, findSet, loadData } from "../data/sets/sets.ts";
import { imagesTrainedOn, splitTraining } from "../data/split.ts";
import { exists } from "../disk/regular.ts";
import { UsageError } from "../errors.ts";
import { checkFitting } from "../evaluate/fitting.ts";
import { AUTO_HELPER } from "../recipe/helper_recipe.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { engineOptions } from "../recipe/resolve.ts";
import { thisProgram } from "../run/program_version.ts";
import { helperPath, initialWeightsPath, isTrained } from "../run/folder/files.ts";
import { RunFolder } from "../run/folder/run_folder.ts";
import { changesSince, type RunRecord } from "../run/run_record.ts";
import { trainedArchitecture } from "../run/weights/architecture.ts";
import { type HelperWeights, notesOnHelper } from "../run/weights/helper.ts";
import { type InitialWeights, keepCopy } from "../run/weights/initial_weights.ts";
import { ownHelperRecipe, trainHelper } from "./helper/helper_run.ts";
import { noteShortAttacks, refuseShortStarts } from "./inner_attack.ts";
import { refuseSingleImages } from "./learner/images_at_once.ts";
import { preflight } from "./preflight.ts";
import type { RunObserver, StartOptions } from "./start_options.ts";
import { train } from "./trainer.ts";

/** A run as it was started before, in the same folder or elsewhere. */
interface Earlier {
  readonly record: RunRecord;
  /** Whether it goes on; if not, it is repeated. */
  readonly here: boolean;
}

/** What a sitting begins with: a run as it was, and the weights that a new one is given. */
export interface Origin {
  readonly earlier?: Earlier;
  readonly initial?: InitialWeights | undefined;
  readonly helper?: HelperWeights | undefined;
}

/**
 * Trains in `directory` until the recipe's last epoch. Throws as `startRun` does.
 *
 * @param origin what is there before
 */
export async function runIn(
  directory: string,
  recipe: Recipe,
  { observer, signal, tune = true, tensorboard = false }: StartOptions,
  { earlier, initial, helper }: Origin,
): Promise<void> {
  const stored = earlier?.here ? earlier.record : undefined;
  const data = await loadData(recipe.data, recipe.dataDir, recipe.seed, recipe);
  if (initial) checkFitting(initial.path, initial.architecture, data.train);
  if (helper) checkFitting(helper.path, helper.architecture, data.train, helper.classes);
  for (const note of initial?.notes ?? []) observer?.onNote?.(note);
  for (const note of helper ? notesOnHelper(helper, data.train.shape) : []) {
    observer?.onNote?.(`--helper ${helper!.path}: ${note}`);
  }
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
  if (!earlier) {
    refuseShortStarts(recipe);
    const architecture = trainedArchitecture(recipe, data.train);
    refuseSingleImages(recipe, architecture, data.train.shape, images);
  }
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
    const trainsHelper = recipe.helper === AUTO_HELPER && helper === undefined;
    if (trainsHelper) {
      await backend.guard(preflight(ownHelperRecipe(recipe), data.train, images, backend));
    }
    const demand = await backend.guard(
      preflight(recipe, data.train, images, backend, from, helper?.architecture),
    );
    const now = await describeRun(recipe, backend, { digest, ...data }, from, helper?.record);
    const folder = stored
      ? await RunFolder.open(directory)
      : await RunFolder.create(directory, now);
    try {
      if (initial) await keepCopy(folder, initialWeightsPath(directory), initial);
      // A run that was killed at its very start has no copy yet; that of `initial` is made when it begins.
      const copy = helperPath(directory);
      if (helper && !await exists(copy)) await keepCopy(folder, copy, helper);
      observer?.onStart?.({ directory, recipe, continued: stored !== undefined, backend, demand });
      if (earlier) noteChanges(earlier, now, observer);
      else noteLimits(recipe, images, data, observer);
      if (demand) observer?.onStatus?.("compiling kernels for the first steps");
      const run = { recipe, data, backend, tensorboard, ...signal && { signal } };
      let helps = helper;
      if (trainsHelper) {
        // Of a run that is over and has kept none, as those of earlier programs, the helper may be gone.
        if (stored && await isTrained(directory)) return;
        const continued = stored !== undefined;
        helps = await trainHelper(
          { ...run, folder },
          (directory, recipe) => observer?.onHelper?.({ directory, recipe, continued, backend }),
        );
        folder.keep();
        await keepCopy(folder, copy, helps);
        await folder.amend({ helper: helps.record });
      }
      await train({ ...run, folder, ...helps && { helper: helps }, ...observer && { observer } });
    } finally {
      await folder.close();
    }
  } finally {
    backend.close();
  }
}

/** Says of a limit that there are fewer images, or epochs, or that it leaves classes without an image. */
function noteLimits(
  recipe: Recipe,
  images: number,
  { train, test }: Splits,
  observer: RunObserver | undefined,
): void {
  const { limitTrain = 0, epochs, memory, earlyStop, optimiser } = recipe;
  if (limitTrain > images) {
    observer?.onNote?.(`--limit-train ${limitTrain}: there are only ${images} images to train on.`);
  }
  for (const note of [...noteClasses(recipe, train, test), ...noteShortAttacks(recipe)]) {
    observer?.onNote?.(note);
  }
  if (memory && memory.age > 1 && memory.age >= epochs) {
    observer?.onNote?.(
      `--memory-age ${memory.age}: in ${epochs} epochs, no example ever comes back from the memory.`,
    );
  }
  // A run ends so at the earliest when so many epochs after the first were no better.
  if (
    optimiser.swaStart !== undefined && earlyStop !== undefined &&
    earlyStop + 1 < optimiser.swaStart
  ) {
    observer?.onNote?.(
      `--early-stop ${earlyStop} may end the run before epoch ${optimiser.swaStart}, in which the average of ` +
        "--weight-average swa begins: until then it is the weights.",
    );
  }
}

/** Which limits leave classes without an image. Auxiliary images, which no limit counts, are training images too. */
function noteClasses(
  recipe: Recipe,
  train: Splits["train"],
  test: Splits["test"],
): string[] {
  const { limitTrain, limitTest } = recipe;
  const trained = limitTrain === undefined ? [] : noteMissingClasses(
    `--limit-train ${limitTrain}`,
    "training",
    train,
    imagesTrainedOn(train, { ...recipe, limitTrain: undefined }),
    imagesTrainedOn(train, recipe),
  );
  return [...trained, ...noteTestLimit("--limit-test", limitTest, test)];
}

async function describeRun(
  recipe: Recipe,
  backend: Backend,
  { digest, train: { classes, shape }, test }: Splits & { readonly digest: string },
  from: RunRecord["from"],
  helper: RunRecord["helper"],
): Promise<RunRecord> {
  const variants = backend.choices();
  return {
    format: 2,
    program: await thisProgram(),
    machine: {
      backend: backend.name,
      adapter: backend.adapter,
      deno: Deno.version.deno,
      ...Object.keys(variants).length > 0 && { variants },
    },
    dataSha256: digest,
    ...isFound(findSet(recipe.data)) && {
      data: {
        classes: [...classes],
        shape,
        test: { n: test.n, sha256: dataDigest(test) },
      },
    },
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
