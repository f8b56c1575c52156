/**
 * A memory that a run has lost, given back from a file.
 *
 * @module
 */
import { basename, join } from "@std/path";
import { lengthOf } from "../attack/autoattack/geometry.ts";
import { BOUND_TOLERANCE } from "../attack/bounds.ts";
import { applyView, IDENTITY_VIEW, outOfView } from "../data/augmentation.ts";
import { type Dataset, valuesPerImage } from "../data/dataset.ts";
import { imagesTrainedOn } from "../data/split.ts";
import { UsageError } from "../errors.ts";
import { syncDirectory } from "../disk/disk.ts";
import { ioError } from "../disk/failure.ts";
import { listFolder, removeTreeIfThere, temporaryOf, temporaryPath } from "../disk/files.ts";
import { isLink } from "../disk/regular.ts";
import { quoted } from "../format/quoted.ts";
import { readCurrentFile } from "../memory/current.ts";
import { findForeign, removeEmptyMemory } from "../memory/empty.ts";
import { MemoryStore } from "../memory/store.ts";
import { codecError } from "../memory/chunk/codec.ts";
import { trainingAttack } from "../train/inner_attack.ts";
import { largestDelta, mixesCrops } from "../train/memory/outputs.ts";
import {
  checkpointPath,
  damagedCheckpoint,
  findNamedLast,
  readCommittedCheckpoints,
} from "../run/checkpoints.ts";
import { describeCheckpoint } from "../run/checkpoint/progress.ts";
import { RunLock } from "../run/folder/run_lock.ts";
import { type DataPlace, loadMemoryData, type MemoryRun } from "./memory_run.ts";
import { type MemoryExamples, readMemoryFile } from "./examples_file.ts";
import { memoryFolder } from "../memory/layout.ts";

/** Examples written at a time. */
const BATCH = 256;

/** What was read, as `memory import --json` prints it. */
export interface ImportReport {
  readonly epoch: number;
  readonly checkpoint: string;
  readonly examples: number;
  /** Images that the run trains on, with auxiliary ones, of which an epoch may show a part. */
  readonly images: number;
  /** How many of these have no example. */
  readonly without: number;
  /** Examples of other images, which the run holds out or leaves. */
  readonly others: number;
  /**
   * Whether they are byte for byte the examples that the epoch left, by the digest beside its checkpoint; absent where that
   * was not kept.
   */
  readonly asLeft?: boolean;
  /** Epochs between making an example and using it. */
  readonly age: number;
  /** Earlier epochs of which the memory would hold examples too, which one file does not bring back, ascending. */
  readonly missing: readonly number[];
}

/**
 * Gives a run that has lost its memory the examples in `file` as what its last epoch left. Never replaces a memory.
 *
 * @throws {UsageError} if the run has a memory, no checkpoint, or one from within an epoch; if the file is of other
 *   images or of another epoch, or its examples leave the ball
 * @throws {RunError} if a file cannot be read or written
 */
export async function importMemory(
  run: MemoryRun,
  file: string,
  place: DataPlace = {},
): Promise<ImportReport> {
  const { runDir, recipe } = run;
  const { train, sha256: dataSha256 } = await loadMemoryData(run, place);
  const examples = await readMemoryFile(file, train);
  const lock = await RunLock.acquire(runDir);
  const directory = memoryFolder(runDir), temporary = temporaryPath(directory);
  try {
    await refuseMemory(directory);
    const last = await findNamedLast(runDir);
    if (last === undefined) {
      throw new UsageError(`${runDir} has no checkpoint that a memory could belong to.`);
    }
    const checkpoint = last.name, path = checkpointPath(runDir, checkpoint);
    const { progress, sha256 } = await describeCheckpoint(path);
    if (last.sha256 !== undefined && last.sha256 !== sha256) throw damagedCheckpoint(path);
    if (!progress.complete) {
      throw new UsageError(
        `${runDir} stands inside epoch ${progress.epoch}, of which a part of the memory is missing: start a new run.`,
      );
    }
    const { epoch, step } = progress;
    if ((examples.epoch ?? String(epoch)) !== String(epoch)) {
      throw new UsageError(
        `${file} holds examples of epoch ${
          quoted(examples.epoch!)
        }, and ${runDir} stands behind epoch ${epoch}: import those of epoch ${epoch}.`,
      );
    }
    const store = await MemoryStore.open(temporary, {
      codec: recipe.memory.codec,
      epsilon: largestDelta(recipe.memory, trainingAttack(recipe)!.pgd),
      imageCount: train.n,
      dataSha256,
      shape: train.shape,
    });
    let digest: string;
    try {
      await store.begin(epoch);
      await writeExamples(store, examples, train, recipe, file);
      await store.commit({
        epoch,
        step,
        complete: true,
        keep: [],
        checkpoint,
        checkpointSha256: sha256,
      });
      digest = store.digest(epoch);
    } finally {
      await store.close();
    }
    await moveIntoPlace(temporary, directory);
    const left = (await readCommittedCheckpoints(runDir))?.epochs
      ?.find((each) => each.epoch === epoch && each.checkpoint === sha256)?.memory;
    const trained = imagesTrainedOn(train, recipe), given = new Set(examples.ids);
    const without = trained.reduce((sum, id) => given.has(id) ? sum : sum + 1, 0);
    const others = given.size - (trained.length - without);
    const { age } = recipe.memory, oldest = Math.max(1, epoch - age + 1);
    return {
      ...{ epoch, checkpoint, examples: given.size, images: trained.length, without, others },
      ...left !== undefined && { asLeft: left === digest },
      age,
      missing: Array.from({ length: epoch - oldest }, (_, i) => oldest + i),
    };
  } finally {
    await removeTreeIfThere(temporary).catch(() => {}); // the first error says more
    await lock.release();
  }
}

/** The folders of memories that imports into the run in `runDir` were making when they were killed; nobody may be at one. */
export async function interruptedImports(runDir: string): Promise<string[]> {
  const memory = basename(memoryFolder(runDir));
  return (await listFolder(runDir))
    .filter(({ name, isDirectory }) => isDirectory && temporaryOf(name) === memory)
    .map(({ name }) => join(runDir, name));
}

/** @throws {UsageError} if `directory` is a link, or holds a memory or anything that is no memory's */
async function refuseMemory(directory: string): Promise<void> {
  if (await isLink(directory)) {
    throw new UsageError(
      `${directory} is a link, in whose place there would be a folder: take the link away, import, and move the folder to ` +
        "where it led, if it is to be there again.",
    );
  }
  const current = await readCurrentFile(directory);
  const foreign = await findForeign(directory);
  if (!current?.commit && foreign === undefined) return;
  const held = current?.commit || foreign?.startsWith("generation-") ? "a memory" : foreign;
  throw new UsageError(`${directory} holds ${held}: move it away if it is to be replaced.`);
}

/** @throws {UsageError} naming `file` if an example leaves the ball of the recipe */
async function writeExamples(
  store: MemoryStore,
  { ids, views, images }: MemoryExamples,
  train: Dataset,
  { memory, threat }: MemoryRun["recipe"],
  file: string,
): Promise<void> {
  const { codec, epsilon } = store.settings, values = valuesPerImage(train.shape);
  const euclidean = threat.norm === "l2" && !mixesCrops(memory);
  // What rounding adds to every value, in the codec and in float32.
  const rounding = Math.sqrt(values) * (codecError(codec, epsilon) + 1 / 2 ** 24);
  const farthest = epsilon + BOUND_TOLERANCE + (euclidean ? rounding : 0);
  for (let first = 0; first < ids.length; first += BATCH) {
    const batch = ids.subarray(first, first + BATCH), shown = views.slice(first, first + BATCH);
    const deltas = new Float32Array(batch.length * values);
    batch.forEach((id, row) => {
      const start = row * values;
      const own = deltas.subarray(start, start + values);
      applyView(train, id, shown[row]!, own, 0);
      own.forEach((x, i) => own[i] = images[first * values + start + i]! - x);
      const distance = lengthOf(euclidean ? "l2" : "linf", own);
      if (distance > farthest) {
        throw new UsageError(
          `${file} does not belong to this run: its example of image ${id} is ${distance} from it, more than ${epsilon}.`,
        );
      }
      if (memory.view === "realigned") own.set(outOfView(own, shown[row]!, train.shape));
    });
    const kept = memory.view === "realigned" ? shown.map(() => IDENTITY_VIEW) : shown;
    await store.write(batch, kept, deltas);
  }
}

/** Puts the memory in `from` in place of the empty one at `to`, in which nothing else may lie. */
async function moveIntoPlace(from: string, to: string): Promise<void> {
  await removeEmptyMemory(to);
  try {
    await Deno.rename(from, to);
    await syncDirectory(join(to, ".."));
  } catch (error) {
    throw ioError(`Could not move ${from} to ${to}`, error);
  }
}
