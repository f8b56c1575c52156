/**
 * CIFAR-10 in its binary format: files of 3,073-byte records, one label byte and 3,072 pixel bytes, the pixels as
 * three 32×32 planes (red, green, blue).
 *
 * @module
 */
import { join } from "@std/path";
import { UsageError } from "../../errors.ts";
import { describeIoError } from "../../disk/files.ts";
import { type Dataset, IMAGE_CHANNELS, IMAGE_SIZE, IMAGE_VALUES, type Splits } from "../dataset.ts";

/** Class names, in label order. */
export const CIFAR10_CLASSES: readonly string[] = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];
/** The folder in the published archive. */
export const CIFAR10_FOLDER = "cifar-10-batches-bin";
/** Training files, in the order that numbers the training images. */
export const CIFAR10_TRAIN_FILES: readonly string[] = [1, 2, 3, 4, 5].map((i) =>
  `data_batch_${i}.bin`
);
/** The test file. */
export const CIFAR10_TEST_FILE = "test_batch.bin";
/** Bytes of one record: the label and the pixels. */
export const RECORD_BYTES = 1 + IMAGE_VALUES;

const PLANE = IMAGE_SIZE * IMAGE_SIZE;
const HINT = "`memloss data fetch cifar10` gets it";

/**
 * Both splits, from the folder of the files or from a parent that contains `cifar-10-batches-bin/`.
 *
 * @throws {UsageError} when the directory or a file is missing, empty, truncated, or holds a label over 9
 */
export async function loadCifar10(directory: string): Promise<Splits> {
  const folder = await locateCifar10(directory);
  return {
    train: await loadSplit(folder, CIFAR10_TRAIN_FILES),
    test: await loadSplit(folder, [CIFAR10_TEST_FILE]),
  };
}

/**
 * The folder that holds the files: `directory`, or `cifar-10-batches-bin/` in it.
 *
 * @throws {UsageError} when `directory` is missing, is a file or cannot be read
 */
export async function locateCifar10(directory: string): Promise<string> {
  if (!(await isDirectory(directory))) {
    throw new UsageError(`There is no data directory "${directory}"; ${HINT}.`);
  }
  const names = await namesIn(directory);
  if ([...CIFAR10_TRAIN_FILES, CIFAR10_TEST_FILE].some((name) => names.has(name))) return directory;
  const inner = join(directory, CIFAR10_FOLDER);
  return await isDirectory(inner) ? inner : directory;
}

/**
 * The records of one file as they are on disk: `k · 3073` bytes, k ≥ 1, every label in 0..9.
 *
 * @throws {UsageError} when the file is missing, empty, truncated, or holds a label over 9
 */
export async function readRecords(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readFile(path);
  if (bytes.length === 0) {
    throw new UsageError(`The data file "${path}" is empty; delete it, and ${HINT} again.`);
  }
  const whole = bytes.length - bytes.length % RECORD_BYTES;
  if (whole !== bytes.length) {
    throw new UsageError(
      `The data file "${path}" is truncated: it has ${bytes.length} bytes, and the record at byte ${whole} needs ` +
        `${RECORD_BYTES} but has ${bytes.length - whole}; fetch it again.`,
    );
  }
  for (let offset = 0; offset < bytes.length; offset += RECORD_BYTES) {
    const label = bytes[offset]!;
    if (label >= CIFAR10_CLASSES.length) {
      throw new UsageError(
        `The data file "${path}" has label ${label} at byte ${offset}, but labels go from 0 to 9; fetch it again.`,
      );
    }
  }
  return bytes;
}

async function loadSplit(folder: string, files: readonly string[]): Promise<Dataset> {
  const parts: Uint8Array[] = [];
  for (const file of files) parts.push(await readRecords(join(folder, file)));
  const n = parts.reduce((sum, part) => sum + part.length, 0) / RECORD_BYTES;
  const images = new Uint8Array(n * IMAGE_VALUES);
  const labels = new Uint8Array(n);
  let image = 0;
  for (const part of parts) {
    for (let offset = 0; offset < part.length; offset += RECORD_BYTES, image++) {
      labels[image] = part[offset]!;
      interleave(part, offset + 1, images, image * IMAGE_VALUES);
    }
  }
  return { name: "cifar10", classes: CIFAR10_CLASSES, n, images, labels };
}

/** Copies one image from planes (CHW) at `from` to interleaved pixels (HWC) at `to`. */
function interleave(planes: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let channel = 0; channel < IMAGE_CHANNELS; channel++) {
    const plane = from + channel * PLANE;
    for (let i = 0; i < PLANE; i++) pixels[to + i * IMAGE_CHANNELS + channel] = planes[plane + i]!;
  }
}

async function readFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    const what = cause instanceof Deno.errors.NotFound
      ? `is missing; ${HINT}`
      : `cannot be read: ${describeIoError(cause)}; move it away, and ${HINT} again`;
    throw new UsageError(`The data file "${path}" ${what}.`, { cause });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}

async function namesIn(directory: string): Promise<Set<string>> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return new Set(entries.map((entry) => entry.name));
  } catch (cause) {
    throw new UsageError(
      `The data directory "${directory}" cannot be read: ${
        describeIoError(cause)
      }; choose another with --data-dir.`,
      { cause },
    );
  }
}
