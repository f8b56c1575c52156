/**
 * What the actions of `memloss memory` share: their flags, the run they are about, and its training images.
 *
 * @module
 */
import type { Dataset } from "../../data/dataset.ts";
import { dataDigest, loadSplit } from "../../data/sets/sets.ts";
import { join } from "@std/path";
import { RunError, UsageError } from "../../errors.ts";
import { readCurrentFile } from "../../memory/current.ts";
import { MemoryStore } from "../../memory/store.ts";
import { integerFlag, switchFlag, textFlag } from "../../recipe/flag.ts";
import { RECIPE_FLAGS } from "../../recipe/fields.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import type { FlagValues } from "../shell/command.ts";
import { OVERWRITE } from "../shell/overwrite_flag.ts";

const { dataDir, backend, workers, memoryIndex } = RECIPE_FLAGS;

/** Flags of `memloss memory`. */
export const MEMORY_ACTION_FLAGS = {
  misclassified: switchFlag("misclassified", "stats: also the share that the model gets wrong"),
  rebuild: switchFlag("rebuild", "verify: make a damaged or lost index anew from the chunks"),
  out: textFlag(
    "out",
    "FILE",
    "export: .safetensors for x'', or .png for a contact sheet of clean, memory and difference",
  ),
  epoch: integerFlag("epoch", "export: the epoch that made the examples; default the newest", 1),
  nEx: integerFlag("n-ex", "export: the first N examples; default all, in a .png 20", 1),
  overwrite: OVERWRITE,
  json: switchFlag("json", "print one JSON document on stdout"),
  dataDir,
  backend,
  workers,
  memoryIndex,
} as const;

/** Their values. */
export type MemoryFlags = FlagValues<typeof MEMORY_ACTION_FLAGS>;

/** A run with a memory. */
export interface MemoryRun {
  readonly runDir: string;
  readonly recipe: Recipe & Required<Pick<Recipe, "memory">>;
}

/** Training images, and the digest by which a memory knows them. */
export interface MemoryData {
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
  { dataDir }: MemoryFlags,
): Promise<MemoryData> {
  const directory = dataDir ?? recipe.dataDir;
  const train = await loadSplit(recipe.data, "train", directory, recipe.seed);
  return { train, sha256: dataDigest(train) };
}

/** Throws a {@linkcode UsageError} unless `store` is a memory of `data`. */
export function refuseOtherData({ settings }: MemoryStore, data: MemoryData): void {
  if (data.sha256 === settings.dataSha256) return;
  throw new UsageError("The memory belongs to other training images: check --data-dir.");
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
  { memoryIndex }: MemoryFlags,
  use: (store: MemoryStore) => Promise<T>,
): Promise<T> {
  const directory = join(runDir, "memory");
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
