/**
 * The images that a page shows of a run: one of each class, under attack and as the memory has it.
 *
 * @module
 */
import { loadBatch } from "../../../data/batches.ts";
import { IDENTITY_VIEW, type View } from "../../../data/augmentation.ts";
import type { Dataset } from "../../../data/dataset.ts";
import { loadSplit } from "../../../data/sets/sets.ts";
import { RunError, UsageError } from "../../../errors.ts";
import type { Recipe } from "../../../recipe/recipe.ts";
import { makeMemoryInputs } from "../../../train/memory/inputs.ts";
import {
  type DataPlace,
  loadMemoryData,
  readMemoryRun,
  refuseOtherData,
  withMemory,
} from "../../../upkeep/memory_run.ts";

/** Images that are shown, at most. */
const MOST = 10;
/** Images of the memory that are looked through for one of each class. */
const LOOKED_THROUGH = 1000;

/** Images to show, N of them. */
export interface Examples {
  readonly part: "training" | "test";
  readonly dataset: Dataset;
  readonly ids: Uint32Array;
  /** As `x` is cropped and flipped. */
  readonly views: readonly View[];
  /** `x''`, N images with values in [0,1], NHWC; absent where there is no memory. */
  readonly memory?: Float32Array;
  /** The epoch that made them. */
  readonly epoch?: number;
}

/**
 * Training images that the run's memory has, or test images where it has none.
 *
 * @param onNote told why a memory cannot be shown
 * @throws {UsageError} if the data are missing
 */
export async function findExamples(
  directory: string,
  recipe: Recipe,
  place: DataPlace,
  onNote: (note: string) => void,
): Promise<Examples> {
  if (recipe.memory !== undefined) {
    try {
      const found = await remembered(directory, place);
      if (found) return found;
      onNote("the memory holds nothing yet");
    } catch (error) {
      if (!(error instanceof RunError || error instanceof UsageError)) throw error;
      onNote(`the memory cannot be shown: ${error.message}`);
    }
  }
  const { data, seed } = recipe, { dataDir = recipe.dataDir } = place;
  const dataset = await loadSplit(data, "test", dataDir, seed, recipe);
  const all = Array.from(dataset.labels, (_, id) => id);
  const ids = oneOfEach(dataset, all);
  return { part: "test", dataset, ids, views: Array.from(ids, () => IDENTITY_VIEW) };
}

async function remembered(
  directory: string,
  place: DataPlace,
): Promise<Examples | undefined> {
  const run = await readMemoryRun(directory);
  const data = await loadMemoryData(run, place);
  return await withMemory(run, {}, async (store) => {
    const epochs = store.current()?.generations ?? [];
    const epoch = epochs.findLast((each) => store.manifest(each).records > 0);
    if (epoch === undefined) return undefined;
    refuseOtherData(store, data);
    const held = [...(await store.images(epoch)).slice(0, LOOKED_THROUGH)];
    const ids = oneOfEach(data.train, held);
    const batch = await store.read(epoch, ids);
    const { images, rows } = makeMemoryInputs(batch, data.train, ids);
    return {
      ...{ part: "training", dataset: data.train, memory: images, epoch },
      ids: ids.filter((_, row) => rows.includes(row)),
      views: rows.map((row) => batch.views[row]!),
    };
  });
}

/** The first of `ids` of each class, in the order of classes, or of the first classes. */
function oneOfEach({ labels }: Dataset, ids: readonly number[]): Uint32Array {
  const first = new Map<number, number>();
  for (const id of ids) if (!first.has(labels[id]!)) first.set(labels[id]!, id);
  const sorted = [...first].sort(([a], [b]) => a - b).map(([, id]) => id);
  return Uint32Array.from(sorted.slice(0, MOST));
}

/** The clean images of `examples` under their views. */
export function cleanBatch({ dataset, ids, views }: Examples): ReturnType<typeof loadBatch> {
  const viewOf = new Map(Array.from(ids, (id, row) => [id, views[row]!]));
  return loadBatch(dataset, ids, (id) => viewOf.get(id)!);
}
