/**
 * Whether a data set on disk is well-formed, and what exactly is in it.
 *
 * @module
 */
import { join } from "@std/path";
import { sha256 } from "../format/sha256.ts";
import type { SplitName } from "./dataset.ts";
import type { PublishedSet } from "./sets/definition.ts";
import { type LocatedFiles, locateFiles, readDataFile } from "./sets/published.ts";

/** What one data file holds. */
export interface FileReport {
  /** Name in the folder. */
  readonly file: string;
  readonly split: SplitName;
  /** Number of images. */
  readonly records: number;
  /** How many images each label has, in label order. */
  readonly labels: readonly number[];
  /** SHA-256 of the file, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** What a data set on disk holds. */
export interface DatasetVerification {
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
 * Reads every record of `set` in `directory` (or in the data set's own folder in it).
 *
 * @throws {UsageError} when a file is missing or malformed
 */
export async function verifyDataset(
  set: PublishedSet,
  directory: string,
): Promise<DatasetVerification> {
  const located = await locateFiles(set, directory), files: FileReport[] = [];
  for (const split of ["train", "test"] as const) {
    for (const file of located.splits[split].files) {
      files.push(await inspect(set, located, file, split));
    }
  }
  const count = (split: SplitName) =>
    files.reduce((sum, file) => file.split === split ? sum + file.records : sum, 0);
  const train = count("train"), test = count("test");
  const official = train === set.splits.train.images && test === set.splits.test.images;
  return { name: set.name, directory: located.folder, files, train, test, official };
}

async function inspect(
  set: PublishedSet,
  { folder, decode }: LocatedFiles,
  file: string,
  split: SplitName,
): Promise<FileReport> {
  const path = join(folder, file);
  const bytes = await readDataFile(set, path);
  const labels = set.classes.map(() => 0);
  const decoded = await decode(bytes, path);
  for (const label of decoded.labels) labels[label]!++;
  return { file, split, records: decoded.labels.length, labels, sha256: sha256(bytes) };
}
