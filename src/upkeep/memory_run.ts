/**
 * A run with a memory, the training images that the memory is of, and the memory open for reading.
 *
 * @module
 */
import type { Dataset } from "../data/dataset.ts";
import { dataDigest, loadSplit } from "../data/sets/sets.ts";
import { RunError, UsageError } from "../errors.ts";
import { readCurrentFile } from "../memory/current.ts";
import { MemoryStore } from "../memory/store.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { readRunRecord } from "../run/folder/files.ts";
import { memoryFolder } from "../memory/layout.ts";

/** Where a run's memory and its images are, if not where the run's recipe has them. */
export interface MemoryPlace {
  /**
   * Folder of the data sets.
   *
   * @default {the recipe's}
   */
  readonly dataDir?: string;
  /**
   * `.npz` file of the auxiliary images.
   *
   * @default {the recipe's}
   */
  readonly auxData?: string;
  /**
   * Address of the KV Connect service that has the memory's index.
   *
   * @default {the run's folder}
   */
  readonly memoryIndex?: string;
}

/** Where its images are. */
export type DataPlace = Pick<MemoryPlace, "dataDir" | "auxData">;

/** A run with a memory. */
export interface MemoryRun {
  readonly runDir: string;
  readonly recipe: Recipe & Required<Pick<Recipe, "memory">>;
}

/**
 * Reads what the run in `runDir` is.
 *
 * @throws {UsageError} if there is no run, or one without a memory
 * @throws {RunError} if its record cannot be read
 */
export async function readMemoryRun(runDir: string): Promise<MemoryRun> {
  const { recipe } = await readRunRecord(runDir), { memory } = recipe;
  if (memory === undefined) {
    throw new UsageError(`${runDir} is a run of ${recipe.variant}, which has no memory.`);
  }
  return { runDir, recipe: { ...recipe, memory } };
}

/** Training images, and the digest by which a memory knows them. */
export interface MemoryData {
  /** Auxiliary ones included. */
  readonly train: Dataset;
  readonly sha256: string;
}

/**
 * Loads the training images that a run's memory belongs to.
 *
 * @throws {UsageError} if they are missing
 */
export async function loadMemoryData(
  { recipe }: MemoryRun,
  { dataDir = recipe.dataDir, auxData = recipe.auxData }: DataPlace,
): Promise<MemoryData> {
  const choice = { ...recipe, ...auxData !== undefined && { auxData } };
  const train = await loadSplit(recipe.data, "train", dataDir, recipe.seed, choice);
  return { train, sha256: dataDigest(train) };
}

/** Throws a {@linkcode UsageError} unless `store` is a memory of `data`. */
export function refuseOtherData({ settings }: MemoryStore, { train, sha256 }: MemoryData): void {
  if (sha256 === settings.dataSha256) return;
  throw new UsageError(
    `The memory belongs to other training images: check --data-dir${
      train.auxiliary === undefined ? "" : " and --aux-data"
    }.`,
  );
}

/** How often to start again because a trainer has committed meanwhile. */
const ATTEMPTS = 20;

/**
 * Calls `use` with the memory of a run, open for reading; again if a trainer replaces what it reads. What takes long and
 * needs no memory is to be done before.
 *
 * @throws {UsageError} if there is no memory
 * @throws {RunError} if it is damaged
 */
export async function withMemory<T>(
  { runDir }: MemoryRun,
  { memoryIndex }: Pick<MemoryPlace, "memoryIndex">,
  use: (store: MemoryStore) => Promise<T>,
): Promise<T> {
  const directory = memoryFolder(runDir);
  for (let attempt = 1;; attempt++) {
    const store = await MemoryStore.openReadOnly(directory, memoryIndex);
    try {
      return await use(store);
    } catch (error) {
      if (!(error instanceof RunError) || attempt === ATTEMPTS) throw error;
      const now = (await readCurrentFile(directory))?.commit;
      const before = store.current();
      if (now?.checkpoint === before?.checkpoint && now?.step === before?.step) throw error;
    } finally {
      await store.close();
    }
  }
}
