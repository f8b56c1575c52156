/**
 * What a run carries from step to step, and how it gets to disk and back: model, optimiser, memory, log and progress.
 *
 * @module
 */
import type { ThreatModel } from "../attack/options.ts";
import type { Backend } from "../backend/backend.ts";
import { UsageError } from "../errors.ts";
import { methodOf, tableTerms } from "../method/methods.ts";
import { type MemorySettings, MemoryStore } from "../memory/store.ts";
import type { Architecture } from "../model/architecture.ts";
import { disposeAll, initialise } from "../model/parameters.ts";
import type { MemoryRecipe, Recipe } from "../recipe/recipe.ts";
import {
  checkpointName,
  loadCheckpoint,
  type Progress,
  saveCheckpoint,
} from "../run/checkpoint.ts";
import { Learner } from "./learner.ts";
import { largestDelta } from "./memory_outputs.ts";
import { readCheckpointLink, type RunFolder } from "../run/run_folder.ts";
import { reachedSecondEpoch, RunLog } from "../run/run_log.ts";

/** Where a run stands before its first step. */
const START: Progress = { epoch: 0, step: 0, complete: true, sums: {} };

/** A run in progress. */
export class Session {
  readonly learner: Learner;
  readonly log: RunLog;
  /** Present for the methods with a memory. */
  readonly memory: MemoryStore | undefined;
  progress: Progress;
  readonly #folder: RunFolder;
  readonly #backend: Backend;
  /** Epochs between an example and its use. */
  readonly #memoryAge: number;

  private constructor(
    folder: RunFolder,
    backend: Backend,
    memoryAge: number,
    learner: Learner,
    log: RunLog,
    memory: MemoryStore | undefined,
    progress: Progress,
  ) {
    this.#folder = folder;
    this.#backend = backend;
    this.#memoryAge = memoryAge;
    this.learner = learner;
    this.log = log;
    this.memory = memory;
    this.progress = progress;
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
  ): Promise<Session> {
    const memory = recipe.memory
      ? await openMemory(folder, recipe.memory, recipe.threat, images)
      : undefined;
    try {
      // The memory's commit points at the checkpoint it belongs to; without a memory the link is the commit.
      const committed = memory?.current();
      const name = memory ? committed?.checkpoint : await folder.last();
      if (name === undefined) await refuseLost(folder);
      const { state, momenta, progress } = name === undefined
        ? { state: initialise(architecture, recipe.seed), momenta: undefined, progress: START }
        : await loadCheckpoint(
          folder.checkpointPath(name),
          architecture,
          committed?.checkpointSha256,
        );
      const log = await RunLog.open(
        folder.directory,
        progress,
        tableTerms(methodOf(recipe.variant)),
      );
      const session = new Session(
        folder,
        backend,
        recipe.memory?.age ?? 1,
        new Learner(recipe, architecture, backend, state, momenta),
        log,
        memory,
        progress,
      );
      if (name !== undefined) await folder.settle({ last: name, best: session.#bestName() });
      return session;
    } catch (error) {
      await memory?.close();
      throw error;
    }
  }

  /** Writes a checkpoint and makes it, and the memory that belongs to it, current: both or neither. */
  async commit(): Promise<void> {
    const { progress } = this;
    const { epoch, step, complete } = progress;
    const name = checkpointName(progress), path = this.#folder.checkpointPath(name);
    const state = this.learner.snapshot(), momenta = this.learner.momenta();
    const checkpointSha256 = await saveCheckpoint(path, { state, momenta, progress }, this.#backend)
      .finally(() => [state.parameters, state.buffers, momenta].forEach(disposeAll));
    // While an epoch runs, the oldest one is still being read.
    const oldest = Math.max(1, epoch - this.#memoryAge + (complete ? 1 : 0));
    const keep = Array.from({ length: epoch - oldest }, (_, i) => oldest + i);
    await this.memory?.commit({
      ...{ epoch, step, complete, keep },
      ...{ checkpoint: name, checkpointSha256 },
    });
    await this.#folder.settle({ last: name, best: this.#bestName() });
  }

  /** Frees the device's memory and closes the files. What was not committed is gone, as in a crash. */
  async close(): Promise<void> {
    this.learner.dispose();
    this.log.close();
    await this.memory?.close();
  }

  #bestName(): string | undefined {
    const { best } = this.progress;
    return best && checkpointName({ ...this.progress, epoch: best.epoch, complete: true });
  }
}

function openMemory(
  { memoryDirectory }: RunFolder,
  memory: MemoryRecipe,
  threat: ThreatModel,
  images: Pick<MemorySettings, "imageCount" | "dataSha256" | "shape">,
): Promise<MemoryStore> {
  const settings = { codec: memory.codec, epsilon: largestDelta(memory, threat), ...images };
  return MemoryStore.open(memoryDirectory, settings, {
    budget: memory.budget * 2 ** 20,
    remote: memory.index,
    tolerateDamage: memory.onCorruption === "rerun",
  });
}

/** A run that began anew here would wipe the traces of the one whose memory or checkpoints are gone. */
async function refuseLost(folder: RunFolder): Promise<void> {
  const last = await readCheckpointLink(folder.directory, "last");
  if (last !== undefined) {
    throw new UsageError(
      `The run stands at ${folder.checkpointPath(last)}, but ${folder.memoryDirectory} is empty: ` +
        "restore it from a copy, or start a new run.",
    );
  }
  if (!await reachedSecondEpoch(folder.directory)) return;
  throw new UsageError(
    `The run in ${folder.directory} has finished epochs but no checkpoint: ` +
      "restore its checkpoints from a copy, or start a new run.",
  );
}
