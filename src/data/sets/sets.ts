/**
 * The table of data sets.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { nearestName } from "../../format/nearest_name.ts";
import { sha256 } from "../../format/sha256.ts";
import type { Dataset, SplitName, Splits } from "../dataset.ts";
import { CIFAR10 } from "./cifar10.ts";
import { CIFAR100 } from "./cifar100.ts";
import type { FolderChoice } from "../folder/read_folder.ts";
import { withAuxiliary } from "../auxiliary.ts";
import { isFound, isPublished, type PublishedSet, type SetDefinition } from "./definition.ts";
import { FOLDER } from "./folder.ts";
import { NPZ } from "./npz.ts";
import { readSplit } from "./published.ts";
import { SVHN } from "./svhn.ts";
import { SYNTHETIC } from "./synthetic.ts";

/** All of them. A new one is a file beside this one and a row here. */
export const SETS = [
  CIFAR10,
  CIFAR100,
  SVHN,
  FOLDER,
  NPZ,
  SYNTHETIC,
] as const;

/** Where `memloss data fetch` puts data sets, and `train` looks for them. */
export const DATA_ROOT = "data";

/** What a data set is read with. */
export interface DataChoice extends FolderChoice {
  /**
   * `.npz` file of auxiliary images, which are put behind those that are trained on.
   *
   * @default {none}
   */
  readonly auxData?: string;
}

/** The name of a data set. */
export type DataName = typeof SETS[number]["name"];
/** The data sets that can be loaded. */
export const DATA_NAMES: readonly DataName[] = SETS.map(({ name }) => name);
/** Those that are downloaded and lie on disk. */
export const PUBLISHED_SETS: readonly PublishedSet[] = (SETS as readonly SetDefinition[]).filter(
  isPublished,
);

/**
 * The data set called `name`.
 *
 * @throws {UsageError} if there is none
 */
export function findSet(name: string): SetDefinition<DataName> {
  const set = SETS.find((each) => each.name === name);
  if (set !== undefined) return set;
  const nearest = nearestName(name, DATA_NAMES);
  throw new UsageError(
    `There is no data set "${name}": ${
      nearest ? `did you mean ${nearest}?` : `choose ${DATA_NAMES.join(" or ")}.`
    }`,
  );
}

/**
 * The data set called `name`, which has published files.
 *
 * @throws {UsageError} if there is none, or it has none
 */
export function findPublished(name: string): PublishedSet {
  const set: SetDefinition = findSet(name);
  if (isPublished(set)) return set;
  const known = PUBLISHED_SETS.map((each) => each.name).join(" or ");
  const why = isFound(set) ? "is your own, in --data-dir" : "is made from the seed";
  throw new UsageError(`The data set ${name} ${why}: choose ${known}, which have files published.`);
}

/**
 * One part of the data set `name`; nothing of the other one is looked at.
 *
 * @example
 * ```ts
 * import { loadSplit } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const { n, shape } = await loadSplit("synthetic", "test", undefined, 1);
 * assert.deepEqual([n, shape], [1024, { height: 32, width: 32, channels: 3 }]);
 * ```
 *
 * @param directory where its files are, or the folder of its archive is; `data/` unless given
 * @param seed what a generated data set is made from; it needs no files
 * @param choice how a folder of images is read, and what is put behind the training images
 * @throws {UsageError} if files of that part are missing or malformed
 */
export async function loadSplit(
  name: DataName,
  split: SplitName,
  directory: string | undefined,
  seed: number,
  choice: DataChoice = {},
): Promise<Dataset> {
  const dataset = await loadOwn(findSet(name), split, directory, seed, choice);
  return split === "train" && choice.auxData !== undefined
    ? await withAuxiliary(dataset, choice.auxData)
    : dataset;
}

async function loadOwn(
  set: SetDefinition,
  split: SplitName,
  directory: string | undefined,
  seed: number,
  choice: FolderChoice,
): Promise<Dataset> {
  if (isFound(set)) return await set.read(split, directory, choice);
  return isPublished(set)
    ? await readSplit(set, split, directory ?? DATA_ROOT)
    : set.generate(split, seed);
}

/**
 * Both parts of the data set `name`; see {@linkcode loadSplit}.
 *
 * @example
 * ```ts
 * import { loadData } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const { train, test } = await loadData("synthetic", undefined, 1);
 * assert.deepEqual([train.n, test.n], [5120, 1024]);
 * ```
 */
export async function loadData(
  name: DataName,
  directory: string | undefined,
  seed: number,
  choice: DataChoice = {},
): Promise<Splits> {
  return {
    train: await loadSplit(name, "train", directory, seed, choice),
    test: await loadSplit(name, "test", directory, seed, choice),
  };
}

/** SHA-256 of a data set's images and labels. */
export function dataDigest({ images, labels }: Dataset): string {
  return sha256(images, labels);
}
