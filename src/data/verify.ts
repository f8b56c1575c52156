/**
 * Whether a data set on disk is well-formed, and what exactly is in it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "@std/path";
import {
  CIFAR10_CLASSES,
  CIFAR10_TEST_FILE,
  CIFAR10_TRAIN_FILES,
  locateCifar10,
  readRecords,
  RECORD_BYTES,
} from "./sets/cifar10.ts";
import { findSource } from "./fetch/sources.ts";

/** What one data file holds. */
export interface FileReport {
  /** Name in the folder. */
  readonly file: string;
  readonly split: "train" | "test";
  /** Number of images. */
  readonly records: number;
  /** How many images each label has, in label order. */
  readonly labels: readonly number[];
  /** SHA-256 of the file, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** What a data set on disk holds. */
export interface Verification {
  readonly name: string;
  /** The folder of the files. */
  readonly directory: string;
  readonly files: readonly FileReport[];
  /** Number of training images. */
  readonly train: number;
  /** Number of test images. */
  readonly test: number;
  /** Whether both counts are those of the published data set. */
  readonly official: boolean;
}

/**
 * Reads every record of data set `name` in `directory` (or in the data set's own folder in it).
 *
 * @throws {UsageError} when the name is unknown, or a file is missing or malformed
 */
export async function verifyDataset(name: string, directory: string): Promise<Verification> {
  const { records } = findSource(name);
  const folder = await locateCifar10(directory);
  const files: FileReport[] = [];
  for (const file of CIFAR10_TRAIN_FILES) files.push(await inspect(folder, file, "train"));
  files.push(await inspect(folder, CIFAR10_TEST_FILE, "test"));
  const count = (split: string) =>
    files.reduce((sum, file) => file.split === split ? sum + file.records : sum, 0);
  const train = count("train"), test = count("test");
  const official = train === records.train && test === records.test;
  return { name, directory: folder, files, train, test, official };
}

async function inspect(
  folder: string,
  file: string,
  split: "train" | "test",
): Promise<FileReport> {
  const bytes = await readRecords(join(folder, file));
  const labels = CIFAR10_CLASSES.map(() => 0);
  for (let offset = 0; offset < bytes.length; offset += RECORD_BYTES) labels[bytes[offset]!]!++;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { file, split, records: bytes.length / RECORD_BYTES, labels, sha256 };
}
