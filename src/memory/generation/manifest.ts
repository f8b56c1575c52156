/**
 * The manifest of a generation: JSON that lists its chunks with their digests. The same records in the same
 * order give the same bytes.
 *
 * @module
 */
import * as v from "valibot";
import { RunError } from "../../errors.ts";
import { CHUNK_RECORDS, CHUNK_VERSION } from "../chunk/chunk.ts";
import { type Codec, codecNumbers, createCodec } from "../chunk/codec.ts";
import { CHUNK_NAME } from "../layout.ts";
import { impliedShape, shapeSchema } from "./image_shape.ts";

/** Version of everything in a memory folder. */
export const MEMORY_VERSION = CHUNK_VERSION;

/** The most training images that a memory may be of: its table of locations then takes 128 MiB. */
const MAX_IMAGES = 2 ** 24;

/** A whole number, 0 or more. */
export const countSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Number of training images. */
export const imageCountSchema = v.pipe(countSchema, v.maxValue(MAX_IMAGES));
/** A SHA-256 in hexadecimal. */
export const digestSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const fieldsSchema = v.strictObject({
  format: v.literal("memloss-memory"),
  version: v.literal(MEMORY_VERSION),
  epoch: countSchema,
  /** Whether the epoch had ended; if not, more records will follow. */
  complete: v.boolean(),
  codec: v.picklist(Object.keys(codecNumbers) as (keyof typeof codecNumbers)[]),
  epsilon: v.pipe(v.number(), v.gtValue(0)),
  /** Number of training indices, with or without an example. */
  images: imageCountSchema,
  /** Of the training images and labels: perturbations of them mean nothing on others. */
  dataSha256: digestSchema,
  records: countSchema,
  chunks: v.array(v.strictObject({
    file: v.pipe(v.string(), v.regex(CHUNK_NAME)),
    records: v.pipe(countSchema, v.minValue(1), v.maxValue(CHUNK_RECORDS)),
    sha256: digestSchema,
  })),
  /** Digest of the generation's entries in the index. */
  index: digestSchema,
  shape: v.optional(shapeSchema),
});

/** Chunks hold as many records as there are, each but the last the most it can; no image has two. */
const manifestSchema = v.pipe(
  fieldsSchema,
  v.check(({ chunks, records, images }) =>
    records <= images && chunks.reduce((sum, chunk) => sum + chunk.records, 0) === records &&
    chunks.slice(0, -1).every((chunk) => chunk.records === CHUNK_RECORDS)
  ),
);

/** What a manifest says. */
export type Manifest = v.InferOutput<typeof fieldsSchema>;
/** A chunk as a manifest names it. */
export type ManifestChunk = Manifest["chunks"][number];

/** The codec of its examples. */
export function codecOf({ codec, epsilon, shape }: Manifest): Codec {
  return createCodec(codec, epsilon, impliedShape(shape));
}

/** More bytes than a manifest of `images` training images has. */
export function manifestLimit(images: number): number {
  return 2048 + 256 * Math.ceil(images / CHUNK_RECORDS);
}

/** The bytes of `manifest`. */
export function encodeManifest(manifest: Manifest): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(manifest, null, 2) + "\n");
}

/**
 * Reads a manifest.
 *
 * @param path its name, for the error message
 * @throws {RunError} if `bytes` is not a manifest this program wrote
 */
export function decodeManifest(bytes: Uint8Array, path: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    json = undefined;
  }
  const result = v.safeParse(manifestSchema, json);
  if (result.success) return result.output;
  throw new RunError(
    `${path} is not a memory manifest of version ${MEMORY_VERSION}: restore it from a copy`,
  );
}
