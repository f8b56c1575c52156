/**
 * What a run carries from step to step, and how it gets to disk and back: model, optimiser, memory, log and progress.
 *
 * @module
 */
import type { ThreatModel } from "../attack/options.ts";
import type { Backend } from "../backend/backend.ts";
import { listFolder } from "../disk/files.ts";
import { type RunError, UsageError } from "../errors.ts";
import { methodOf, tableTerms } from "../method/methods.ts";
import { type MemorySettings, MemoryStore } from "../memory/store.ts";
import type { Architecture } from "../model/architecture.ts";
import { disposeAll, initialise } from "../model/parameters.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { MemoryRecipe } from "../recipe/sections.ts";
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from "../run/checkpoint/checkpoint.ts";
import { findNamedLast, type FoundCheckpoint } from "../run/checkpoints.ts";
import { checkpointName, type Progress } from "../run/checkpoint/progress.ts";
import { type HelperWeights, loadHelper } from "../run/weights/helper.ts";
import { loadInitialWeights } from "../run/weights/initial_weights.ts";
import { trainingAttack } from "./inner_attack.ts";
import { Learner } from "./learner/learner.ts";
import { largestDelta } from "./memory/outputs.ts";
import { notFinite } from "./not_finite.ts";
import type { RunFolder } from "../run/folder/run_folder.ts";
import { reachedSecondEpoch, RunLog } from "../run/run_log.ts";

/** Where a run stands before its first step. */
const START: Progress = { epoch: 0, step: 0, complete: true, sums: {} };

/** A checkpoint, or what there is before the first. */
type StartingPoint = Pick<Checkpoint, "state" | "progress"> & Partial<Checkpoint>;

/** What a session is made of. */
interface Parts {
  readonly folder: RunFolder;
  readonly recipe: Recipe;
  readonly backend: Backend;
  readonly learner: Learner;
  readonly log: RunLog;
  readonly memory: MemoryStore | undefined;
  readonly progress: Progress;
  /** The checkpoint that it begins with, if there is one. */
  readonly checkpoint: string | undefined;
}

/** A run in progress. */
export class Session {
  readonly learner: Learner;
  readonly log: RunLog;
  /** Present for the methods with a memory. */
  readonly memory: MemoryStore | undefined;
  progress: Progress;
  readonly #parts: Parts;
  /** The checkpoint that was committed last. */
  #checkpoint: string | undefined;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.learner = parts.learner;
    this.log = parts.log;
    this.memory = parts.memory;
    this.progress = parts.progress;
    this.#checkpoint = parts.checkpoint;
  }

  /**
   * Opens the run in `folder` where its last commit left it; a run without one begins.
   *
   * @param images training images of the data set, before any split or limit: what the memory's indices and
   *   perturbations refer to
   * @throws {UsageError | RunError} if the checkpoint or the memory cannot be read
   */
  static async open(
    folder: RunFolder,
    recipe: Recipe,
    architecture: Architecture,
    images: Pick<MemorySettings, "imageCount" | "dataSha256" | "shape">,
    backend: Backend,
    helper?: HelperWeights,
  ): Promise<Session> {
    // Before an empty memory is made in place of a lost one.
    if (recipe.memory && (await listFolder(folder.memoryDirectory)).length === 0) {
      await refuseLost(folder);
    }
    const memory = recipe.memory
      ? await openStore(folder, recipe.memory, trainingAttack(recipe)!.pgd, images)
      : undefined;
    try {
      // The memory's commit points at the checkpoint it belongs to; without a memory the folder's record is the commit.
      const committed = memory?.current();
      const last = !memory ? await folder.last() : committed && {
        name: committed.checkpoint,
        sha256: committed.checkpointSha256,
      };
      if (last === undefined) await refuseLost(folder);
      const { state, momenta, average, progress }: StartingPoint = last === undefined
        ? { state: await begin(folder, architecture), progress: START }
        : await loadCheckpoint(folder.checkpointPath(last.name), architecture, last.sha256);
      const terms = tableTerms(methodOf(recipe.variant));
      const log = await RunLog.open(folder.directory, progress, terms);
      const session = new Session({
        folder,
        recipe,
        backend,
        log,
        memory,
        progress,
        learner: new Learner(recipe, architecture, backend, state, momenta, {
          helper: helper && loadHelper(helper),
          average,
        }),
        checkpoint: last?.name,
      });
      if (last !== undefined) await session.#settle(last);
      return session;
    } catch (error) {
      await memory?.close();
      throw error;
    }
  }

  /**
   * Writes a checkpoint and makes it, and the memory that belongs to it, current: both or neither. Where the last commit was
   * of the same position, nothing is written: what is current is never replaced by other bytes under its name, and
   * statistics that are being re-estimated are all that may be other ones.
   */
  async commit(): Promise<void> {
    const { progress } = this, { folder, recipe, backend } = this.#parts;
    const { epoch, step, complete } = progress;
    await this.log.flush();
    const name = checkpointName(progress), path = folder.checkpointPath(name);
    if (name === this.#checkpoint) return;
    const state = this.learner.snapshot(), momenta = this.learner.momenta();
    const average = this.learner.averaged();
    const { activation } = recipe;
    const checkpoint = { state, momenta, progress, activation, ...average && { average } };
    const saved = await saveCheckpoint(path, checkpoint, backend, (what) => this.notFinite(what))
      .finally(() => {
        const { parameters, buffers } = state;
        [parameters, buffers, momenta, average?.parameters, average?.buffers]
          .forEach((each) => each && disposeAll(each));
      });
    // While an epoch runs, the oldest one is still being read.
    const age = recipe.memory?.age ?? 1;
    const oldest = Math.max(1, epoch - age + (complete ? 1 : 0));
    const keep = Array.from({ length: epoch - oldest }, (_, i) => oldest + i);
    await this.memory?.commit({
      epoch,
      step,
      complete,
      keep,
      checkpoint: name,
      checkpointSha256: saved.sha256,
    });
    await this.#settle({ name, sha256: saved.sha256 }, saved.tensors);
    this.#checkpoint = name;
  }

  /** The error of a training that cannot go on because of `what`, see {@linkcode notFinite}. */
  notFinite(what: string): RunError {
    return notFinite(what, this.#parts.recipe, this.#checkpoint);
  }

  /** Frees the device's memory and closes the files. What was not committed is gone, as in a crash. */
  async close(): Promise<void> {
    this.learner.dispose();
    this.log.close();
    await this.memory?.close();
  }

  /** Has the folder say that the run stands at the checkpoint `last`. */
  async #settle(last: FoundCheckpoint, tensors?: string): Promise<void> {
    const { best, epoch, complete } = this.progress;
    const name = best && checkpointName({ ...this.progress, epoch: best.epoch, complete: true });
    await this.#parts.folder.settle({ last, best: name }, {
      ...tensors !== undefined && { tensors },
      ...complete && this.memory?.has(epoch) && { memory: this.memory.digest(epoch) },
    });
  }
}

/** The model that a run begins with: the one that it was given, or one that is drawn. */
async function begin({ directory, record }: RunFolder, architecture: Architecture) {
  const { from, recipe } = record;
  return from === undefined
    ? initialise(architecture, recipe.seed)
    : await loadInitialWeights(directory, { from, recipe }, architecture);
}

function openStore(
  { memoryDirectory }: RunFolder,
  memory: MemoryRecipe,
  bounds: ThreatModel,
  images: Pick<MemorySettings, "imageCount" | "dataSha256" | "shape">,
): Promise<MemoryStore> {
  const settings = { codec: memory.codec, epsilon: largestDelta(memory, bounds), ...images };
  return MemoryStore.open(memoryDirectory, settings, {
    budget: memory.budget * 2 ** 20,
    remote: memory.index,
    tolerateDamage: memory.onCorruption === "rerun",
  });
}

/** A run that began anew here would wipe the traces of the one whose memory or checkpoints are gone. */
async function refuseLost(folder: RunFolder): Promise<void> {
  const last = await findNamedLast(folder.directory);
  if (last !== undefined) {
    throw new UsageError(
      `The run stands at ${
        folder.checkpointPath(last.name)
      }, but ${folder.memoryDirectory} is empty: ` +
        "restore it from a copy, or start a new run.",
    );
  }
  if (!await reachedSecondEpoch(folder.directory)) return;
  throw new UsageError(
    `The run in ${folder.directory} has finished epochs but no checkpoint: ` +
      "restore its checkpoints from a copy, or start a new run.",
  );
}
