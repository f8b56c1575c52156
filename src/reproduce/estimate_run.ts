/**
 * What one run will take, from a few of its steps.
 *
 * @module
 */
import { openBackend } from "../backend/open.ts";
import { splitTraining } from "../data/split.ts";
import { valuesPerImage } from "../data/dataset.ts";
import { freeBytes } from "../disk/free_space.ts";
import { Interrupted } from "../errors.ts";
import { refuseIdleEpochs } from "../optimise/idle_epochs.ts";
import { perturbsWeights } from "../optimise/weight_perturbation.ts";
import { AUTO_HELPER } from "../recipe/helper_recipe.ts";
import type { Recipe, RecipeInput } from "../recipe/recipe.ts";
import { engineOptions, resolveRecipe } from "../recipe/resolve.ts";
import { attackStepsIn } from "../train/inner_attack.ts";
import { capacity } from "../train/preflight.ts";
import type { KnownData } from "./known_data.ts";
import { measureApart, type Measurement, type StepObserver } from "./measure.ts";

/** Whose steps {@linkcode measureSteps} times: the first with a memory, from which attacks may start. */
const MEASURED_EPOCH = 2;
/** Passes forward and back, of the kind that an attack makes, that the step itself is worth. */
const STEP_PASSES = 4;
/** A pass forward alone, in passes forward and back. */
const FORWARD = 0.4;
/** What AutoAttack asks of an image that withstands it, in passes forward and back: the four members of `standard`. */
const AUTOATTACK_PASSES = 6000;
/** Images that are taken to withstand it; nobody knows before. */
const ROBUST_SHARE = 0.4;

/** What a run takes. */
export interface RunEstimate {
  /** What computes. */
  readonly adapter: string;
  /** Training images per second, attacks included, selection not. */
  readonly imagesPerSecond: number;
  /** Seconds for the whole run. */
  readonly seconds: number;
  /** Bytes that the run keeps, and that it needs while an epoch is written. */
  readonly bytes: number;
  readonly peakBytes: number;
  /** Bytes that are free where it will lie. */
  readonly freeBytes: number;
  /** How many auxiliary images there are, and the bytes of RAM that they take; absent where there are none. */
  readonly auxiliary?: { readonly images: number; readonly bytes: number };
  /** Bytes of GPU memory for a step; absent on an engine that allocates as it goes. */
  readonly gpuBytes?: number;
}

/** How many images a run trains on, which are held out of its training images to select by, and which test. */
export interface ImageCounts {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** How many images a run of `recipe` has, of a data set of these `sizes`. */
export function countImages(
  { select, limitTrain }: Recipe,
  { train: all, test }: KnownData["sizes"],
): ImageCounts {
  const { train, validation } = splitTraining(all, select === "val", limitTrain);
  return { train: train.length, validation: validation.length, test };
}

/**
 * Trains a few steps of the recipe `given` in a folder for temporary files, and says what all of it would take in `place`.
 *
 * @param onStep told how far that is
 * @throws as `startRun` does
 */
export async function estimateRun(
  given: RecipeInput,
  { kind, sizes, measured }: KnownData,
  place: string,
  signal?: AbortSignal,
  onStep?: StepObserver,
): Promise<RunEstimate> {
  const recipe = resolveRecipe(given), images = countImages(recipe, sizes);
  refuseIdleEpochs(recipe.optimiser, recipe.epochs);
  const backend = await openBackend(recipe.backend, { ...engineOptions(recipe), tune: false });
  const needed = await capacity(recipe, kind, backend).finally(() => backend.close());
  const steps = { ...given, ...measured }, onCpu = backend.name === "wasm";
  const found = await measureApart(recipe, steps, images.train, onCpu, signal, onStep)
    .catch((error) => {
      throw error instanceof Interrupted ? new Interrupted("Stopped before it was known.") : error;
    });
  const { kept, peak } = bytesOf(recipe, found, images.train);
  return {
    adapter: `${backend.name} (${backend.adapter})`,
    imagesPerSecond: found.speed!,
    seconds: secondsOf(recipe, found.speed!, images, {}),
    bytes: kept,
    peakBytes: kept + peak,
    freeBytes: await freeBytes(place),
    ...sizes.auxiliary && {
      auxiliary: {
        images: sizes.auxiliary,
        bytes: sizes.auxiliary * valuesPerImage(kind.shape),
      },
    },
    ...needed && { gpuBytes: needed.bytes },
  };
}

/** Bytes that a run of `images` training images keeps, and that it needs beside them while an epoch is written. */
export function bytesOf(
  { select, helper }: Recipe,
  { checkpointBytes, memoryBytes, indexBytes }: Measurement,
  images: number,
): { readonly kept: number; readonly peak: number } {
  // One more checkpoint and one more generation of the memory.
  const peak = checkpointBytes + images * memoryBytes + indexBytes;
  const checkpoints = (select === "none" ? 1 : 2) + (helper === AUTO_HELPER ? 1 : 0);
  return { kept: checkpoints * checkpointBytes + images * memoryBytes + indexBytes, peak };
}

/**
 * Seconds for a run, with the helper that it trains itself, and its evaluations.
 *
 * @param speed images per second of training in the second epoch, with AWP where the recipe has it
 * @param evaluations how many of the first test images each measures
 */
export function secondsOf(
  recipe: Recipe,
  speed: number,
  { train, validation, test }: ImageCounts,
  evaluations: Readonly<Record<string, number | "all">>,
): number {
  const step = 1 / speed; // seconds for each image
  const { epochs, optimiser, limitTest = test } = recipe;
  const attackPasses = (epoch: number) => attackStepsIn(recipe, epoch) ?? 0;
  // The adversary of the weights asks for what the step itself does once more.
  const own = STEP_PASSES * (optimiser.awp ? 2 : 1) + attackPasses(MEASURED_EPOCH);
  const pass = step / own;
  const passes = (name: string) => {
    if (name === "clean") return FORWARD;
    if (name === "fgsm") return 1 + FORWARD;
    if (name === "autoattack") return ROBUST_SHARE * AUTOATTACK_PASSES;
    return Number(name.replace(/\D+/, "")) + FORWARD;
  };
  const tested = (n: number | "all") => Math.min(test, n === "all" ? limitTest : n);
  const selected = { none: 0, val: validation, test: tested("all") };
  const selection = selected[recipe.select] * (passes("clean") + passes("pgd20")) * pass;
  const helper = recipe.helper === AUTO_HELPER ? epochs * train * STEP_PASSES * pass : 0;
  const evaluated = Object.entries(evaluations).map(([name, n]) => tested(n) * passes(name) * pass);
  let trained = 0; // in epochs of the measured speed
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const times = perturbsWeights(optimiser, epoch) ? 2 : 1;
    trained += (STEP_PASSES * times + attackPasses(epoch)) / own;
  }
  return train * step * trained + epochs * selection + helper +
    evaluated.reduce((sum, each) => sum + each, 0);
}

const GIBIBYTE = 2 ** 30;

/** `bytes` for people. */
export function gibibytes(bytes: number): string {
  return `${(bytes / GIBIBYTE).toFixed(2)} GiB`;
}

/** `seconds` for people, as exactly as they can be known. */
export function roughly(seconds: number): string {
  if (seconds >= 5400) return `${(seconds / 3600).toFixed(1)} hours`;
  return seconds <= 60 ? "a minute" : `${Math.ceil(seconds / 60)} minutes`;
}

/** The estimate in a sentence, and a warning if the disk will not hold it. */
export function describeRunEstimate(
  { adapter, imagesPerSecond, seconds, bytes, peakBytes, freeBytes, auxiliary, gpuBytes }:
    RunEstimate,
  place: string,
): string[] {
  const gpu = gpuBytes === undefined ? "" : `, ${gibibytes(gpuBytes)} of GPU memory`;
  const ram = auxiliary === undefined
    ? ""
    : `, ${gibibytes(auxiliary.bytes)} of RAM for ${auxiliary.images} auxiliary images`;
  return [
    `about ${roughly(seconds)} on ${adapter} at ${imagesPerSecond.toFixed(1)} images/s, ` +
    `${gibibytes(bytes)} of disk in ${place} (${gibibytes(freeBytes)} are free)${ram}${gpu}`,
    ...peakBytes > freeBytes ? ["warning: that is more than the disk has left."] : [],
  ];
}
