/**
 * Opens a memory folder and brings it to the state of its last commit.
 *
 * @module
 */
import { join } from "@std/path";
import { RunError, UsageError } from "../errors.ts";
import type { Disk } from "../disk/disk.ts";
import { describeShape } from "../data/dataset.ts";
import { createDirectory, writeFileAtomically } from "../disk/files.ts";
import { exists } from "../disk/regular.ts";
import { sameBytes } from "../format/bytes.ts";
import { type Generation, ownedFiles, readCommittedGenerations } from "./committed.ts";
import {
  absentMemory,
  agrees,
  commitNumber,
  type Current,
  encodeCurrent,
  type MemorySettings,
  readCurrentFile,
} from "./current.ts";
import {
  CURRENT_FILE,
  generationFolder,
  INDEX_FILE,
  listGenerations,
  rebuildAdvice,
  removeUnwanted,
} from "./layout.ts";
import { sameShape } from "./generation/image_shape.ts";
import { newPlace, readIndexPlace, writeIndexPlace } from "./index/place.ts";
import { LocationIndex } from "./index/location_index.ts";

/** How a memory is opened for writing. */
export interface StoreOptions {
  /**
   * Bytes of RAM, 0 unless given: what the store's own work leaves of them holds committed chunks, and the chunks that
   * do not fit are read from the disk each time.
   */
  readonly budget?: number;
  /** Where changes go. */
  readonly disk?: Disk;
  /**
   * Address of the KV Connect service that is to keep the index of a new memory; a file in the folder keeps it unless
   * given. A memory that is there already knows where its index is, and this is not looked at.
   */
  readonly remote?: string | undefined;
  /** Whether lost and short chunks of ended epochs are left to whoever reads their examples, instead of refused. */
  readonly tolerateDamage?: boolean;
}

/** A memory folder whose last commit has been read and checked. */
export interface OpenedMemory extends Current {
  readonly directory: string;
  /** Absent where the memory is open for reading only, unless its index is a service. */
  readonly index: LocationIndex | undefined;
  /** Whether it is open for writing. */
  readonly writable: boolean;
  readonly generations: Map<number, Generation>;
}

/** How often a reader starts again because a commit has replaced what it was opening. */
const READER_ATTEMPTS = 10;

/** See `MemoryStore.open`. `directory` is absolute. */
export async function openForWriting(
  directory: string,
  settings: MemorySettings,
  disk: Disk,
  { remote: url, tolerateDamage = false }: Pick<StoreOptions, "remote" | "tolerateDamage">,
): Promise<OpenedMemory> {
  if (!(settings.epsilon > 0 && settings.epsilon < Infinity)) {
    throw new UsageError(`A memory needs an epsilon over 0, not ${settings.epsilon}`);
  }
  await createDirectory(directory, disk);
  const shown = await readCurrentFile(directory);
  let remote = await readIndexPlace(directory);
  const orphans = shown === undefined && (await listGenerations(directory)).length > 0;
  if (remote === undefined && url !== undefined && shown === undefined && !orphans) {
    remote = newPlace(url);
    await writeIndexPlace(directory, remote, disk);
  }
  const place = remote?.url ?? join(directory, INDEX_FILE);
  // Before an empty index is made in place of a lost one.
  if (shown?.commit && !remote && !await exists(place)) throw lostIndex(place, directory);
  const index = await LocationIndex.open(place, disk);
  try {
    if (remote) await index.claim(remote.id);
    const current = await readIndex(directory, place, index, shown) ??
      await createMemory(directory, index, settings);
    checkSettings(directory, current.settings, settings);
    const generations = await readCommittedGenerations(directory, current, tolerateDamage);
    // A killed process may have committed and not come to say so here.
    if (!shown || !sameBytes(encodeCurrent(shown), encodeCurrent(current))) {
      await showCurrent(directory, current, disk);
    }
    await removeUnwanted(directory, ownedFiles(generations), disk);
    await index.removeStalePages(current.commit);
    return { ...current, directory, index, generations, writable: true };
  } catch (error) {
    index.close();
    throw error;
  }
}

/** See `MemoryStore.openReadOnly`. `directory` is absolute. */
export async function openForReading(
  directory: string,
  remote: string | undefined,
): Promise<OpenedMemory> {
  const index = remote === undefined ? undefined : await LocationIndex.open(remote);
  const read = () => index ? index.current() : readCurrentFile(directory);
  try {
    for (let attempt = 1;; attempt++) {
      const current = await read();
      if (current === undefined) {
        throw index
          ? new UsageError(`There is no memory at ${remote}: check --memory-index`)
          : await absentMemory(directory);
      }
      try {
        const generations = await readCommittedGenerations(directory, current);
        return { ...current, directory, index, generations, writable: false };
      } catch (error) {
        const now = await read();
        const replaced = now && commitNumber(now) !== commitNumber(current);
        if (!replaced || attempt === READER_ATTEMPTS) throw error;
      }
    }
  } catch (error) {
    index?.close();
    throw error;
  }
}

/** Puts `current` where readers find it. It is in the index already. */
export async function showCurrent(directory: string, current: Current, disk: Disk): Promise<void> {
  await writeFileAtomically(join(directory, CURRENT_FILE), encodeCurrent(current), disk);
}

/** What is current by the index, which is never behind what readers were `shown`; undefined in a new memory. */
async function readIndex(
  directory: string,
  place: string,
  index: LocationIndex,
  shown: Current | undefined,
): Promise<Current | undefined> {
  const current = await index.current();
  if (current === undefined) {
    if (shown?.commit) throw lostIndex(place, directory);
    return undefined;
  }
  if (agrees(current, shown)) return current;
  throw new RunError(
    `${place} and ${CURRENT_FILE} in ${directory} contradict each other: ` +
      `restore the folder from a copy or the index with ${rebuildAdvice(directory)}`,
  );
}

function lostIndex(place: string, directory: string): RunError {
  return new RunError(
    `The memory has lost its index ${place}: restore it from a copy or with ${
      rebuildAdvice(directory)
    }`,
  );
}

async function createMemory(
  directory: string,
  index: LocationIndex,
  settings: MemorySettings,
): Promise<Current> {
  const [orphan] = await listGenerations(directory);
  if (orphan !== undefined) {
    const folder = generationFolder(orphan);
    throw new UsageError(
      `${directory} holds ${folder} without an index: restore its ${INDEX_FILE} or use another folder`,
    );
  }
  const current = { settings, commit: undefined };
  await index.publish(current);
  return current;
}

function checkSettings(directory: string, stored: MemorySettings, asked: MemorySettings): void {
  if (!sameShape(stored.shape, asked.shape)) {
    throw new UsageError(
      `The memory in ${directory} is of images of ${describeShape(stored.shape)}, not ${
        describeShape(asked.shape)
      }: check --data or use another folder`,
    );
  }
  if (stored.dataSha256 !== asked.dataSha256) {
    throw new UsageError(
      `The memory in ${directory} belongs to other training images: check --data-dir or use another folder`,
    );
  }
  for (const name of ["codec", "epsilon", "imageCount"] as const) {
    if (stored[name] === asked[name]) continue;
    const difference = `${name} ${stored[name]}, not ${asked[name]}`;
    throw new UsageError(
      `The memory in ${directory} was made with ${difference}: use its recipe or another folder`,
    );
  }
}
