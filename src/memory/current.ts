/**
 * The document that says what a memory is and what its last commit made current. It lies in two places: in the
 * index, where replacing it is the commit, and a moment later in `current.json`, for those who only read.
 *
 * @module
 */
import { join } from "@std/path";
import * as v from "valibot";
import { RunError, UsageError } from "../errors.ts";
import type { ImageShape } from "../data/dataset.ts";
import { readIfThere } from "../disk/files.ts";
import { sameBytes } from "../format/bytes.ts";
import { sha256 } from "../format/sha256.ts";
import { type CodecName, codecNumbers } from "./chunk/codec.ts";
import { impliedShape, saidShape, shapeSchema } from "./generation/image_shape.ts";
import {
  CHECKPOINT_NAME,
  CURRENT_FILE,
  DOCUMENT_BYTES,
  findPart,
  MANIFEST_NAME,
  rebuildAdvice,
} from "./layout.ts";
import {
  countSchema,
  digestSchema,
  imageCountSchema,
  MEMORY_VERSION,
} from "./generation/manifest.ts";

const settingsSchema = v.strictObject({
  codec: v.picklist(Object.keys(codecNumbers) as (keyof typeof codecNumbers)[]),
  /** The largest |δ|, positive; pixels are in [0,1]. */
  epsilon: v.pipe(v.number(), v.gtValue(0)),
  /** Training indices are in 0..imageCount-1. */
  imageCount: imageCountSchema,
  /** SHA-256 of the training images and labels, hexadecimal. */
  dataSha256: digestSchema,
  shape: v.optional(shapeSchema),
});
/** What all examples of a store have in common. */
export interface MemorySettings {
  /** How perturbations are stored. */
  readonly codec: CodecName;
  /** The largest |δ|, positive; pixels are in [0,1]. */
  readonly epsilon: number;
  /** Training indices are in 0..imageCount-1. */
  readonly imageCount: number;
  /** SHA-256 of the training images and labels, hexadecimal. */
  readonly dataSha256: string;
  /** Size of every image. */
  readonly shape: ImageShape;
}

const generationSchema = v.strictObject({
  epoch: countSchema,
  /** The commit under which its locations are filed in the index. */
  commit: countSchema,
  /** Name and digest of its manifest. */
  manifest: v.pipe(v.string(), v.regex(MANIFEST_NAME)),
  sha256: digestSchema,
});
/** A generation as a commit points at it. */
export type CommittedGeneration = v.InferOutput<typeof generationSchema>;

const commitSchema = v.pipe(
  v.strictObject({
    /** Counts the commits of this store from 1. */
    commit: countSchema,
    epoch: countSchema,
    step: countSchema,
    checkpoint: v.pipe(v.string(), v.regex(CHECKPOINT_NAME)),
    checkpointSha256: digestSchema,
    /** Includes that of `epoch`. */
    generations: v.array(generationSchema),
  }),
  v.check(({ epoch, generations }) => generations.some((entry) => entry.epoch === epoch)),
);
/** Everything that became current together. */
export type Commit = v.InferOutput<typeof commitSchema>;

const documentSchema = v.strictObject({
  format: v.literal("memloss-memory-current"),
  version: v.literal(MEMORY_VERSION),
  settings: settingsSchema,
  /** Null before the first commit. */
  commit: v.nullable(commitSchema),
});

/** A memory and what is current in it. */
export interface Current {
  readonly settings: MemorySettings;
  /** Undefined before the first commit. */
  readonly commit: Commit | undefined;
}

/** The bytes of `current`, which end in their own SHA-256. Equal values give equal bytes. */
export function encodeCurrent({ settings, commit }: Current): Uint8Array<ArrayBuffer> {
  const { shape, ...rest } = settings;
  // Parsed for the order of its fields.
  const document = v.parse(documentSchema, {
    format: "memloss-memory-current",
    version: MEMORY_VERSION,
    settings: { ...rest, ...saidShape(shape) },
    commit: commit ?? null,
  });
  const sealed = { ...document, sha256: sha256(JSON.stringify(document)) };
  return new TextEncoder().encode(JSON.stringify(sealed, null, 2) + "\n");
}

/** What {@linkcode encodeCurrent} wrote, or undefined if a single byte of `bytes` is another. */
export function decodeCurrent(bytes: Uint8Array): Current | undefined {
  if (bytes.length > DOCUMENT_BYTES) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null) return undefined;
  const { sha256: _, ...rest } = json as Record<string, unknown>;
  const result = v.safeParse(documentSchema, rest);
  if (!result.success) return undefined;
  const { settings, commit } = result.output;
  const shape = impliedShape(settings.shape);
  const current = { settings: { ...settings, shape }, commit: commit ?? undefined };
  return sameBytes(encodeCurrent(current), bytes) ? current : undefined;
}

/** Number of the last commit of `current`, from 1; 0 before the first. */
export function commitNumber({ commit }: Current): number {
  return commit?.commit ?? 0;
}

/**
 * Whether what is current by the index can stand beside what readers were `shown`: the same, or a later commit that a
 * killed process did not come to show. Nothing was ever committed without a `current.json`.
 */
export function agrees(indexed: Current, shown: Current | undefined): boolean {
  if (shown === undefined) return indexed.commit === undefined;
  if (commitNumber(indexed) !== commitNumber(shown)) {
    return commitNumber(indexed) > commitNumber(shown);
  }
  return sameBytes(encodeCurrent(indexed), encodeCurrent(shown));
}

/**
 * Reads the `current.json` of the memory in `directory`; undefined if there is none.
 *
 * @throws {RunError} naming the file if it is damaged or cannot be read
 */
export async function readCurrentFile(directory: string): Promise<Current | undefined> {
  const path = join(directory, CURRENT_FILE);
  const bytes = await readIfThere(path, DOCUMENT_BYTES + 1);
  if (bytes === undefined) return undefined;
  const current = decodeCurrent(bytes);
  if (current !== undefined) return current;
  throw new RunError(
    `${path} is damaged or not of version ${MEMORY_VERSION}: restore it from a copy or with ${
      rebuildAdvice(directory)
    }`,
  );
}

/** What is to be said where the memory in `directory` has no `current.json`: there is none, or it has lost that. */
export async function absentMemory(directory: string): Promise<UsageError | RunError> {
  const left = await findPart(directory);
  return left === undefined
    ? new UsageError(`There is no memory in ${directory}: name the folder of a run`)
    : new RunError(
      `${join(directory, CURRENT_FILE)} is missing beside ${left}: make it anew with ${
        rebuildAdvice(directory)
      }`,
    );
}
