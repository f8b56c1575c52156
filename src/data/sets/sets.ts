/**
 * A data set by name.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { loadCifar10 } from "./cifar10.ts";
import type { Dataset, Splits } from "../dataset.ts";
import { synthetic } from "./synthetic.ts";

/** Where `memloss data fetch` puts data sets, and `train` looks for them. */
export const DATA_ROOT = "data";

/** The data sets that can be loaded. */
export const DATA_NAMES = ["cifar10", "synthetic"] as const;
/** One of {@linkcode DATA_NAMES}. */
export type DataName = typeof DATA_NAMES[number];

/**
 * Loads `name` from `directory` (default: `data/`); `synthetic` is made from `seed` and needs no files.
 *
 * @throws {UsageError} if files are missing or malformed
 */
export function loadData(
  name: DataName,
  directory: string | undefined,
  seed: number,
): Promise<Splits> {
  switch (name) {
    case "cifar10":
      return loadCifar10(directory ?? DATA_ROOT);
    case "synthetic":
      return Promise.resolve(synthetic(seed));
  }
}

/** SHA-256 of a data set's images and labels. */
export function dataDigest({ images, labels }: Dataset): string {
  return createHash("sha256").update(images).update(labels).digest("hex");
}
