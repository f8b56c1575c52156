/**
 * How fast and how large a row's runs are here: from a cell that is finished, from a run that is under way, or from a
 * few steps.
 *
 * @module
 */
import { join } from "@std/path";
import type { Backend } from "../backend/backend.ts";
import { IMAGE_SIZE } from "../data/folder/read_folder.ts";
import { FileLock } from "../disk/file_lock.ts";
import {
  createDirectory,
  listFolder,
  removeTree,
  removeTreeIfThere,
  temporaryOf,
  temporaryPath,
} from "../disk/files.ts";
import { exists, fileSize } from "../disk/regular.ts";
import { generationFolder, listGenerations, memoryFolder } from "../memory/layout.ts";
import type { Recipe, RecipeInput } from "../recipe/recipe.ts";
import { checkpointFolder } from "../run/checkpoints.ts";
import { readRunRecord, recipePath } from "../run/folder/files.ts";
import { readMetrics } from "../run/run_log.ts";
import { startRun } from "../train/start.ts";
import { type Cell, isFinished, readCell } from "./cell.ts";
import { cellRun, computer } from "./make_cell.ts";
import type { CellPlan } from "./plan.ts";

/** What was found out about one row. */
export interface Measurement {
  /** Seconds that a finished cell took; absent where there is none. */
  readonly seconds?: number;
  /** Images per second of training; absent where a finished cell says more. */
  readonly speed?: number;
  /** Bytes of a checkpoint, of the memory for each image of an epoch, and of its index, which has a place for every image. */
  readonly checkpointBytes: number;
  readonly memoryBytes: number;
  readonly indexBytes: number;
}

/** Begins the name of the folder that a few steps are trained in. */
const MEASURED = "measure";
/**
 * Images of a step on the CPU engine, whose speed hardly depends on it, where they have 32×32 pixels: larger ones are fewer.
 * More where one of them must be auxiliary.
 */
const FEW = 16;
/** Of the largest images, too. */
const FEWEST = 4;

/** Told after each of the steps that are taken to measure how many of them are done. */
export type StepObserver = (done: number, steps: number) => void;

/**
 * Looks at what there is of the row of `plans`, its cells, in `out`; undefined if nobody has begun with it on this machine.
 *
 * @param backend what computes here
 */
export async function findMeasurement(
  out: string,
  plans: readonly CellPlan[],
  trainingImages: number,
  { name, adapter }: Pick<Backend, "name" | "adapter">,
): Promise<Measurement | undefined> {
  const here = { backend: name, adapter, ...computer() };
  let found: Measurement | undefined;
  for (const plan of plans) {
    const runDir = cellRun(out, plan), cell = await readCell(out, plan);
    // Only a run tells how large it is, and another machine is not as fast.
    if (!await exists(recipePath(runDir)) || cell && !isOf(cell, here)) continue;
    if (cell && isFinished(cell)) {
      const { evaluations } = cell.times, training = plan.trained ? 0 : cell.times.training;
      const seconds = training + Object.values(evaluations).reduce((sum, each) => sum + each, 0);
      return { seconds, ...await sizes(runDir, trainingImages) };
    }
    const { machine } = await readRunRecord(runDir), speed = await lastSpeed(runDir);
    if (found || speed === undefined || machine.backend !== name || machine.adapter !== adapter) {
      continue;
    }
    found = { speed, ...await sizes(runDir, trainingImages) };
  }
  return found;
}

/**
 * Trains a few steps of `recipe` in a folder of `out` that is taken away afterwards.
 *
 * @param trainingImages how many its runs train on
 * @param onStep told how far it is
 */
export async function measureSteps(
  out: string,
  recipe: Recipe,
  given: RecipeInput,
  trainingImages: number,
  onCpu: boolean,
  signal: AbortSignal | undefined,
  onStep?: StepObserver,
): Promise<Measurement> {
  const batchSize = onCpu ? fewImages(recipe) : recipe.batchSize;
  const images = Math.min(2 * batchSize, trainingImages); // more would show more auxiliary ones than there need be
  await createDirectory(out);
  // Two processes that measure at once would measure each other.
  using _lock = await FileLock.wait(join(out, "measure.lock"), signal);
  for (const { name } of await listFolder(out)) { // left by processes that were killed
    if (temporaryOf(name) === MEASURED) await removeTree(join(out, name));
  }
  const runDir = temporaryPath(join(out, MEASURED));
  try {
    // The second epoch is the first with a memory, and its second step the first for which everything is compiled.
    const few = {
      ...{ ...given, batchSize, limitTrain: images, epochs: 2, select: "none" } as const,
      earlyStop: undefined,
      ...batchSize < recipe.batchSize && { microBatch: undefined }, // which may leave a single image of so few
      optimiser: { ...given.optimiser, ...unending(recipe) },
    };
    const steps = few.epochs * Math.ceil(images / batchSize);
    let done = 0;
    const observer = { onStep: () => onStep?.(++done, steps) };
    await startRun(few, runDir, { tune: false, observer, ...signal && { signal } });
    return { speed: (await lastSpeed(runDir))!, ...await sizes(runDir, images) };
  } finally {
    await removeTreeIfThere(runDir);
  }
}

/** {@linkcode measureSteps} in a folder for temporary files, of which nothing is left. */
export async function measureApart(
  recipe: Recipe,
  given: RecipeInput,
  trainingImages: number,
  onCpu: boolean,
  signal: AbortSignal | undefined,
  onStep?: StepObserver,
): Promise<Measurement> {
  const work = await Deno.makeTempDir({ prefix: "memloss-estimate-" });
  return await measureSteps(work, recipe, given, trainingImages, onCpu, signal, onStep)
    .finally(() => Deno.remove(work, { recursive: true }));
}

/** Whether `cell` was made on `machine`, whatever Deno it has now. */
function isOf({ machine: made }: Cell, machine: Omit<Cell["machine"], "deno">): boolean {
  return made.backend === machine.backend && made.adapter === machine.adapter &&
    made.system === machine.system && made.processors === machine.processors;
}

/** In place of what an optimiser has laid over more epochs, or fewer, than are measured. */
function unending({ optimiser }: Recipe): RecipeInput["optimiser"] {
  const knots = optimiser.lrKnots !== undefined;
  return {
    ...{ swaStart: undefined, awpWarmup: undefined },
    ...knots && { schedule: "constant", lrKnots: undefined },
  };
}

function fewImages({ batchSize, auxFraction = 1, imageSize = IMAGE_SIZE }: Recipe): number {
  const larger = (imageSize / IMAGE_SIZE) ** 2;
  let few = Math.min(batchSize, Math.max(FEWEST, Math.round(FEW / Math.max(1, larger))));
  while (few < batchSize && Math.floor(few * auxFraction) === 0) few++;
  return few;
}

/** Images per second of the last step that the run in `runDir` took; undefined if it took none. */
async function lastSpeed(runDir: string): Promise<number | undefined> {
  for (const line of (await readMetrics(runDir)).toReversed()) {
    if (line.kind === "step") return line.imagesPerSecond;
  }
  return undefined;
}

async function sizes(runDir: string, images: number) {
  const checkpoints = await fileSizes(checkpointFolder(runDir));
  const memory = memoryFolder(runDir), all = total(await fileSizes(memory));
  let examples = 0;
  for (const epoch of await listGenerations(memory)) {
    examples += total(await fileSizes(join(memory, generationFolder(epoch))));
  }
  return {
    checkpointBytes: Math.max(0, ...checkpoints),
    memoryBytes: examples / images,
    indexBytes: all - examples,
  };
}

function total(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Sizes of the files below `folder`, links left out; none if there is no such folder. */
async function fileSizes(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const { name, isDirectory, isFile } of await listFolder(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await fileSizes(path));
    // A run under way may take a file away meanwhile.
    else if (isFile) found.push(await fileSize(path) ?? 0);
  }
  return found;
}
