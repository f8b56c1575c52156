/**
 * A model of TensorFlow.js as it lies on the disk: `model.json` and the files of weights beside it.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { dirname, join } from "@std/path";
import { readNamedFile, readWholeFile } from "../../disk/files.ts";
import { fileSize } from "../../disk/regular.ts";
import { UsageError } from "../../errors.ts";
import { sha256 } from "../../format/sha256.ts";
import { type JsonObject, type ModelFormat, readManifest } from "./manifest.ts";

/** A model, read once: everything said of it is said of the same bytes. */
export interface TfjsModel {
  /** Its `model.json`. */
  readonly path: string;
  /** SHA-256 of `model.json` and the files of weights, one after another, hexadecimal. */
  readonly sha256: string;
  /** Which kind it is. */
  readonly format: ModelFormat;
  /** The files of weights. */
  readonly files: readonly string[];
  /** What tfjs makes the model of. */
  readonly artifacts: Artifacts;
}

/** What tfjs makes a model of. */
export interface Artifacts extends tf.io.ModelArtifacts {
  modelTopology: JsonObject;
  weightSpecs: tf.io.WeightsManifestEntry[];
  weightData: ArrayBuffer;
}

/**
 * The bytes of the file at `path` if it is a `model.json`, or means to be; undefined if it is something else. Throws a
 * `RunError` if it cannot be read.
 */
export async function readModelJson(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!path.endsWith(".json")) return undefined;
  const bytes = await readNamedFile(path);
  return new TextDecoder().decode(bytes).includes('"modelTopology"') ? bytes : undefined;
}

/**
 * Reads the model whose `model.json` at `path` has these bytes, and nothing but files beside it.
 *
 * @throws {UsageError} if it is none, or its files are not there or not as long as it says
 * @throws {RunError} if they cannot be read
 */
export async function readTfjsModel(path: string, head: Uint8Array): Promise<TfjsModel> {
  const manifest = readManifest(new TextDecoder().decode(head), path);
  const { format, topology, signature, metadata, groups } = manifest;
  const files: string[] = [];
  for (const { files: names, bytes } of groups) {
    const ofGroup = names.map((name) => join(dirname(path), name));
    await checkSizes(path, ofGroup, bytes);
    files.push(...ofGroup);
  }
  const contents: Uint8Array<ArrayBuffer>[] = [];
  for (const file of files) contents.push(await readWholeFile(file));
  return {
    path,
    sha256: sha256(head, ...contents),
    format,
    files,
    artifacts: {
      modelTopology: topology,
      weightSpecs: groups.flatMap(({ weights }) => weights),
      weightData: await new Blob(contents).arrayBuffer(),
      ...signature && { signature },
      ...metadata && { userDefinedMetadata: metadata },
    } as Artifacts,
  };
}

/** @throws {UsageError} unless `files` are there and have `bytes` together */
async function checkSizes(path: string, files: readonly string[], bytes: number): Promise<void> {
  let found = 0;
  for (const file of files) {
    const size = await fileSize(file);
    if (size === undefined) {
      throw new UsageError(`${path} has weights in ${file}, which is no file: put it back.`);
    }
    found += size;
  }
  if (found === bytes) return;
  const whole = files.length === 0 ? "No file" : files.join(", ");
  throw new UsageError(
    `${whole} should hold ${bytes} bytes of weights by ${path}, and ${
      files.length > 1 ? "have" : "has"
    } ${found}: copy the model again.`,
  );
}
