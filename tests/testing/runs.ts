/**
 * Training runs inside the test's own process, small enough for every device.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../src/backend/backend.ts";
import { EagerDeviceState } from "../../src/backend/eager.ts";
import type { Dataset, Splits } from "../../src/data/dataset.ts";
import { synthetic } from "../../src/data/sets/synthetic.ts";
import { type RecipeFlags, recipeInput } from "../../src/recipe/fields.ts";
import type { Recipe } from "../../src/recipe/recipe.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";
import type { RunRecord } from "../../src/run/run_record.ts";
import type { Learner } from "../../src/train/learner/learner.ts";
import { RunFolder } from "../../src/run/folder/run_folder.ts";
import type { Rates } from "../../src/optimise/schedule.ts";
import { rateTensor } from "../../src/optimise/sgd.ts";
import { train } from "../../src/train/trainer.ts";
import type { TrainingRun } from "../../src/train/training_run.ts";
import { VALUES } from "./images.ts";

/** Stands for whatever device tfjs has open, and never fails. */
export const ANY_BACKEND: Backend = {
  name: "wasm",
  adapter: "",
  threads: 1,
  choices: () => ({}),
  prepare: () => Promise.resolve(),
  deviceState: (maps) => new EagerDeviceState(maps),
  guard: (work) => work,
  close: () => {},
};

let splits: Splits | undefined;

/** The first images of the built-in data. */
export function smallData(): Splits {
  if (splits === undefined) {
    const { train, test } = synthetic(1);
    splits = { train: first(20, train), test: first(8, test) };
  }
  return splits;
}

/** The first `n` images of `dataset`, copied. */
function first(n: number, dataset: Dataset): Dataset {
  const images = dataset.images.slice(0, n * VALUES);
  return { ...dataset, n, images, labels: dataset.labels.slice(0, n) };
}

/** A recipe of the smallest network, with `flags` as a command line has them: two epochs of {@linkcode smallData}, three steps each, the last one of half a batch. */
export function smallRecipe(flags: RecipeFlags = {}): Recipe {
  const attack: RecipeFlags = flags.variant === "standard" ? {} : { attackSteps: 2 };
  const all: RecipeFlags = {
    data: "synthetic",
    width: 1,
    epochs: 2,
    batchSize: 8,
    select: "none",
    lr: 0.05, // gentle enough to keep so few ReLUs alive
    ...attack,
    ...flags,
  };
  return resolveRecipe(recipeInput(all));
}

/** What `recipe.json` says of a run of `recipe`. */
export function recordOf(recipe: Recipe): RunRecord {
  return {
    format: 2,
    program: { version: "0.0.0", digest: "0".repeat(64) },
    machine: { backend: "wasm", adapter: "", deno: Deno.version.deno },
    dataSha256: "",
    recipe,
  };
}

/** Trains in `runDir` on {@linkcode smallData} or on other data: a new run, or the rest of the one that is there. */
export async function trainIn(
  runDir: string,
  recipe: Recipe,
  backend: Backend,
  more: Partial<Pick<TrainingRun, "data" | "signal" | "observer" | "tensorboard">> = {},
): Promise<void> {
  const exists = await Deno.stat(join(runDir, "recipe.json")).then(() => true, () => false);
  const folder = exists
    ? await RunFolder.open(runDir)
    : await RunFolder.create(runDir, recordOf(recipe));
  try {
    await train({ recipe, folder, data: smallData(), backend, ...more });
  } finally {
    await folder.close();
  }
}

/** Trains as {@linkcode trainIn} does, until `step` of `epoch`, or all of `epoch`, is done, and stops as for Ctrl-C. */
export async function trainUntil(
  runDir: string,
  recipe: Recipe,
  backend: Backend,
  epoch: number,
  step?: number,
  more: Partial<Pick<TrainingRun, "data">> = {},
): Promise<void> {
  const controller = new AbortController();
  const stopAt = (metrics: { epoch: number; step?: number }) => {
    if (metrics.epoch === epoch && metrics.step === step) controller.abort();
  };
  const observer = { onStep: stopAt, onEpoch: stopAt };
  const stopped = trainIn(runDir, recipe, backend, {
    ...more,
    signal: controller.signal,
    observer,
  });
  await assert.rejects(stopped, {
    name: "Interrupted",
    message: /^Stopped in epoch \d+ after step \d+; everything so far is saved\.$/,
  });
}

/** An update of every weight and momentum buffer without its computation: along gradients of `slope` throughout. */
export async function moveWeights(
  { deviceState, state: { parameters }, optimiser }: Learner,
  slope: number,
  rates: Rates,
): Promise<void> {
  const move = deviceState.compile(({ rates }) => {
    const gradients = new Map(
      [...parameters].map(([name, { shape }]) => [name, tf.fill(shape, slope)]),
    );
    optimiser.step(parameters, gradients, rates as tf.Tensor1D);
    return {};
  });
  const tensor = rateTensor(rates);
  await move({ rates: tensor });
  tensor.dispose();
}
