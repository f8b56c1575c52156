/**
 * Reads what the last commit points at and checks that all of it is there.
 *
 * @module
 */
import { join } from "@std/path";
import { RunError } from "../errors.ts";
import { readBeginning } from "../disk/files.ts";
import { fileSize } from "../disk/regular.ts";
import { sha256 } from "../format/sha256.ts";
import { chunkBytes } from "./chunk/chunk.ts";
import { createCodec } from "./chunk/codec.ts";
import type { CommittedGeneration, Current, MemorySettings } from "./current.ts";
import { impliedShape, sameShape } from "./generation/image_shape.ts";
import { generationFolder } from "./layout.ts";
import { decodeManifest, type Manifest, manifestLimit } from "./generation/manifest.ts";

/** A generation the last commit points at. */
export interface Generation {
  readonly entry: CommittedGeneration;
  readonly manifest: Manifest;
}

/**
 * The generations of `current` by epoch (none without a commit). Manifests are held against their digests and chunks against their
 * lengths; records are checked when they are read.
 *
 * @param tolerateDamage whether chunks of ended epochs may be missing or short
 * @throws {RunError} naming the file that is missing or is not what was committed
 */
export async function readCommittedGenerations(
  directory: string,
  { settings, commit }: Current,
  tolerateDamage = false,
): Promise<Map<number, Generation>> {
  const codec = createCodec(settings.codec, settings.epsilon, settings.shape);
  const generations = new Map<number, Generation>();
  for (const entry of commit?.generations ?? []) {
    const folder = join(directory, generationFolder(entry.epoch));
    const path = join(folder, entry.manifest);
    const manifest = await readManifest(path, entry, settings);
    // The records of an ended epoch are checked when they are read; a chunk that is gone on with must be whole.
    const left = tolerateDamage && manifest.complete;
    for (const { file, records } of left ? [] : manifest.chunks) {
      const size = await fileSize(join(folder, file));
      const expected = chunkBytes(codec, records);
      if (size === expected) continue;
      const fault = size === undefined ? "is missing" : `has ${size} bytes instead of ${expected}`;
      throw new RunError(`${join(folder, file)} ${fault}: restore it from a copy`);
    }
    generations.set(entry.epoch, { entry, manifest });
  }
  return generations;
}

/**
 * Reads the manifest at `path`, which `entry` points at in a memory of `settings`.
 *
 * @throws {RunError} naming `path` if it is missing or another one
 */
export async function readManifest(
  path: string,
  entry: CommittedGeneration,
  settings: MemorySettings,
): Promise<Manifest> {
  const bytes = await readBeginning(path, manifestLimit(settings.imageCount));
  const manifest = sha256(bytes) === entry.sha256 ? decodeManifest(bytes, path) : undefined;
  const belongs = manifest?.epoch === entry.epoch && manifest.codec === settings.codec &&
    manifest.epsilon === settings.epsilon && manifest.images === settings.imageCount &&
    manifest.dataSha256 === settings.dataSha256 &&
    sameShape(impliedShape(manifest.shape), settings.shape);
  if (manifest !== undefined && belongs) return manifest;
  throw new RunError(`${path} is not the manifest that was committed: restore it from a copy`);
}

/** Names of the files that `generations` own, by epoch. */
export function ownedFiles(
  generations: ReadonlyMap<number, Generation>,
): Map<number, Set<string>> {
  const owned = new Map<number, Set<string>>();
  for (const [epoch, { entry, manifest }] of generations) {
    owned.set(epoch, new Set([entry.manifest, ...manifest.chunks.map(({ file }) => file)]));
  }
  return owned;
}
