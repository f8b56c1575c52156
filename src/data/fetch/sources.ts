/**
 * The data sets that can be downloaded, with what proves that the right bytes arrived.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";

/** A data set on the network: one gzipped tar archive with one folder in it. */
export interface Source {
  /** What it is called on the command line. */
  readonly name: string;
  readonly url: string;
  /** Size of the archive. */
  readonly bytes: number;
  /** SHA-256 of the archive, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** The archive's one folder, and the folder's name in the data directory. */
  readonly folder: string;
  /** The files to unpack from that folder; every one must be there. */
  readonly files: readonly string[];
  /** Number of images in each split. */
  readonly records: { readonly train: number; readonly test: number };
}

/** Every downloadable data set. */
export const SOURCES: readonly Source[] = [
  {
    name: "cifar10",
    url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    bytes: 170_052_171,
    sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    folder: "cifar-10-batches-bin",
    files: [
      "batches.meta.txt",
      "data_batch_1.bin",
      "data_batch_2.bin",
      "data_batch_3.bin",
      "data_batch_4.bin",
      "data_batch_5.bin",
      "test_batch.bin",
    ],
    records: { train: 50_000, test: 10_000 },
  },
];

/**
 * The source called `name`.
 *
 * @throws {UsageError} when there is none
 */
export function findSource(name: string): Source {
  const source = SOURCES.find((source) => source.name === name);
  if (source === undefined) {
    const known = SOURCES.map((source) => source.name).join(", ");
    throw new UsageError(`There is no data set "${name}" to download; known: ${known}.`);
  }
  return source;
}
