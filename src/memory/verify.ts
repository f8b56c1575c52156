/**
 * Looks at every byte that the last commit of a memory points at, and mends what can be mended.
 *
 * @module
 */
import { join } from "@std/path";
import { RunError, UsageError } from "../errors.ts";
import { ioError, StorageError } from "../disk/failure.ts";
import { sha256OfFile } from "../disk/files.ts";
import { refuseSpecial } from "../disk/regular.ts";
import { type Generation, readManifest } from "./committed.ts";
import { absentMemory, agrees, commitNumber, type Current, readCurrentFile } from "./current.ts";
import { withIndexCopy } from "./index/copy.ts";
import { CURRENT_FILE, generationFolder, INDEX_FILE } from "./layout.ts";
import type { Locations } from "./index/locations.ts";
import { scanLocations } from "./index/scan.ts";
import { type Damage, verifyChunk } from "./chunk/verify.ts";

export type { Damage };

/** What {@linkcode verifyMemory} has looked at and found. */
export interface MemoryCheck {
  /** Number of the commit that was looked at; 0 before the first. */
  readonly commit: number;
  readonly generations: number;
  readonly chunks: number;
  readonly records: number;
  /** Whether the index was looked at too. */
  readonly index: boolean;
  readonly damage: readonly Damage[];
}

/** What to look at. */
export interface VerifyOptions {
  /** Whether to look at the index too, which nobody may have open for writing. */
  readonly index: boolean;
  /** Where it is, if not in the folder: the address of a KV Connect service. */
  readonly remote?: string | undefined;
  /** The path of the checkpoint called `name`. */
  checkpointPath(name: string): string;
}

/** How often to start again because a commit has replaced what was being read. */
const ATTEMPTS = 10;

/**
 * Reads all that the last commit of the memory in `directory` points at: manifests, chunks with every record, the
 * index's entries and the checkpoint. Changes nothing there.
 *
 * @throws {UsageError} if there is no memory
 * @throws {StorageError} if something cannot be looked at, which then is not known to be damaged
 */
export async function verifyMemory(
  directory: string,
  options: VerifyOptions,
): Promise<MemoryCheck> {
  for (let attempt = 1;; attempt++) {
    const verification = await verifyOnce(directory, options);
    if (verification.damage.length === 0 || attempt === ATTEMPTS) return verification;
    const now = await readCurrentFile(directory).catch(() => undefined);
    if (now === undefined || commitNumber(now) <= verification.commit) return verification;
  }
}

async function verifyOnce(directory: string, options: VerifyOptions): Promise<MemoryCheck> {
  const damage: Damage[] = [];
  const { remote } = options;
  const indexPath = remote ?? join(directory, INDEX_FILE);
  const currentPath = join(directory, CURRENT_FILE);
  const shown = await noting(damage, currentPath, () => readCurrentFile(directory));
  const indexed = options.index
    ? await noting(damage, indexPath, () => readIndexed(directory, remote))
    : undefined;
  const agreed = indexed !== undefined && agrees(indexed, shown);
  // A killed process may have committed and not come to say so where readers look.
  const current = agreed ? indexed : shown ?? indexed;
  if (shown === undefined && damage.every(({ file }) => file !== currentPath)) {
    const absent = await absentMemory(directory);
    if (absent instanceof UsageError) throw absent;
    damage.push({ file: currentPath, fault: `${currentPath} is missing` });
  }
  const generations = current ? await verifyManifests(directory, current, damage) : [];
  if (indexed !== undefined && !agreed) {
    damage.push({
      file: indexPath,
      fault: `${indexPath} and ${currentPath} contradict each other`,
    });
  }
  let chunks = 0, records = 0;
  // One generation's locations at a time: those of many images take much room.
  for (const { entry, manifest } of generations) {
    const located = agreed
      ? await noting(damage, indexPath, () =>
        withIndexCopy(
          directory,
          (index) => index.readPages(entry, manifest.images, manifest.index),
          remote,
        ))
      : undefined;
    const folder = join(directory, generationFolder(entry.epoch));
    for (const number of manifest.chunks.keys()) {
      const found = await verifyChunk(folder, manifest, number);
      if (found.length === 0) continue;
      const locations = located ?? await scanLocations(folder, manifest).catch(() => undefined);
      damage.push(...found.map((each) => withImage(each, number, locations)));
    }
    chunks += manifest.chunks.length;
    records += manifest.records;
  }
  if (current?.commit) await verifyCheckpoint(current.commit, options, damage);
  return {
    commit: current ? commitNumber(current) : 0,
    generations: generations.length,
    chunks,
    records,
    index: options.index,
    damage,
  };
}

/** The generations of `current` whose manifests are whole. */
async function verifyManifests(
  directory: string,
  { commit, settings }: Current,
  damage: Damage[],
): Promise<Generation[]> {
  const generations: Generation[] = [];
  for (const entry of commit?.generations ?? []) {
    const path = join(directory, generationFolder(entry.epoch), entry.manifest);
    const manifest = await noting(damage, path, () => readManifest(path, entry, settings));
    if (manifest !== undefined) generations.push({ entry, manifest });
  }
  return generations;
}

async function verifyCheckpoint(
  { checkpoint, checkpointSha256 }: NonNullable<Current["commit"]>,
  { checkpointPath }: VerifyOptions,
  damage: Damage[],
): Promise<void> {
  const file = checkpointPath(checkpoint);
  const digest = await noting(damage, file, async () => {
    await refuseSpecial(file);
    return await sha256OfFile(file).catch((error) => {
      throw ioError(`Could not read ${file}`, error);
    });
  });
  if (digest === undefined || digest === checkpointSha256) return;
  damage.push({ file, fault: `${file} is not the checkpoint that was committed` });
}

/** `damage` of chunk `number` with the image that lies there by `locations`. */
function withImage(damage: Damage, number: number, locations: Locations | undefined): Damage {
  if (damage.record === undefined) return damage;
  const image = locations?.imageAt(number, damage.record);
  return image === undefined ? damage : { ...damage, image };
}

/** What `action` gives; a {@linkcode RunError} that tells of damage is noted as damage of `file` instead. */
async function noting<T>(
  damage: Damage[],
  file: string,
  action: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof RunError) || error instanceof StorageError) throw error;
    damage.push({ file, fault: error.message });
    return undefined;
  }
}

/** What is current by the index. */
async function readIndexed(directory: string, remote: string | undefined): Promise<Current> {
  const current = await withIndexCopy(directory, (index) => index.current(), remote);
  if (current !== undefined) return current;
  throw new RunError(`${remote ?? join(directory, INDEX_FILE)} does not say what is current`);
}
