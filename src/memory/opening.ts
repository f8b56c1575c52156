/**
 * Opens a memory folder and brings it to the state of its last commit.
 *
 * @module
 */
import { join } from "@std/path";
import { UsageError } from "../errors.ts";
import { createDirectory } from "../format/files.ts";
import { type CodecName, createCodec } from "./codec.ts";
import { type Generation, ownedFiles, readCommitted } from "./committed.ts";
import { generationFolder, INDEX_FILE, listGenerations, removeUnwanted } from "./layout.ts";
import { type Commit, LocationIndex } from "./location_index.ts";

/** What all examples of a store have in common. */
export interface MemorySettings {
  readonly codec: CodecName;
  /** The largest |δ|, positive; pixels are in [0,1]. */
  readonly epsilon: number;
  /** Training indices are in 0..imageCount-1. */
  readonly imageCount: number;
}

/** A memory folder whose last commit has been read and checked. */
export interface OpenedMemory {
  readonly directory: string;
  readonly settings: MemorySettings;
  readonly index: LocationIndex;
  /** Undefined before the first commit. */
  readonly commit: Commit | undefined;
  readonly generations: Map<number, Generation>;
}

/** See `MemoryStore.open`. `directory` is absolute. */
export async function openForWriting(
  directory: string,
  settings: MemorySettings,
): Promise<OpenedMemory> {
  if (!(settings.epsilon > 0 && settings.epsilon < Infinity)) {
    throw new UsageError(`a memory needs an epsilon over 0, not ${settings.epsilon}`);
  }
  await createDirectory(directory);
  return await withIndex(directory, async (index) => {
    const stored = await index.settings();
    if (stored === undefined) await createMemory(directory, index, settings);
    else checkSettings(directory, stored, settings);
    const opened = await load(directory, index, settings);
    await removeUnwanted(directory, ownedFiles(opened.generations));
    await index.removeStalePages(opened.commit);
    return opened;
  });
}

/** See `MemoryStore.openReadOnly`. `directory` is absolute. */
export async function openForReading(directory: string): Promise<OpenedMemory> {
  const missing = new UsageError(`there is no memory in ${directory}: name the folder of a run`);
  try {
    await Deno.stat(join(directory, INDEX_FILE));
  } catch {
    throw missing;
  }
  return await withIndex(directory, async (index) => {
    const settings = await index.settings();
    if (settings === undefined) throw missing;
    return await load(directory, index, settings);
  });
}

async function withIndex(
  directory: string,
  use: (index: LocationIndex) => Promise<OpenedMemory>,
): Promise<OpenedMemory> {
  const index = await LocationIndex.open(join(directory, INDEX_FILE));
  try {
    return await use(index);
  } catch (error) {
    index.close();
    throw error;
  }
}

async function createMemory(
  directory: string,
  index: LocationIndex,
  settings: MemorySettings,
): Promise<void> {
  const [orphan] = await listGenerations(directory);
  if (orphan !== undefined) {
    const folder = generationFolder(orphan);
    throw new UsageError(
      `${directory} holds ${folder} without an index: restore its ${INDEX_FILE} or use another folder`,
    );
  }
  await index.create(settings);
}

function checkSettings(directory: string, stored: MemorySettings, asked: MemorySettings): void {
  for (const name of ["codec", "epsilon", "imageCount"] as const) {
    if (stored[name] === asked[name]) continue;
    const difference = `${name} ${stored[name]}, not ${asked[name]}`;
    throw new UsageError(
      `the memory in ${directory} was made with ${difference}: use its recipe or another folder`,
    );
  }
}

async function load(
  directory: string,
  index: LocationIndex,
  { codec, epsilon, imageCount }: MemorySettings,
): Promise<OpenedMemory> {
  const commit = await index.current();
  const generations = await readCommitted(directory, commit, createCodec(codec, epsilon));
  return { directory, settings: { codec, epsilon, imageCount }, index, commit, generations };
}
