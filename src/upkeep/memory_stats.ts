/**
 * What a run's memory holds, in numbers.
 *
 * @module
 */
import { Oracle } from "../attack/autoattack/oracle.ts";
import type { BackendChoice } from "../backend/backend.ts";
import { openBackend } from "../backend/open.ts";
import { imagesTrainedOn } from "../data/split.ts";
import { architectureOf, freezeSubject } from "../evaluate/frozen_subject.ts";
import { assertFiniteLogits } from "../evaluate/logits.ts";
import type { Pointer } from "../memory/commit.ts";
import { type GenerationStats, measureMemory, type MemoryStats } from "../memory/stats.ts";
import type { MemorySettings, MemoryStore } from "../memory/store.ts";
import { predictedClass } from "../model/predicted_class.ts";
import { checkpointPath } from "../run/checkpoints.ts";
import { readWeights } from "../run/subject.ts";
import { makeMemoryInputs } from "../train/memory/inputs.ts";
import { mixesCrops } from "../train/memory/outputs.ts";
import {
  loadMemoryData,
  type MemoryData,
  type MemoryPlace,
  type MemoryRun,
  refuseOtherData,
  withMemory,
} from "./memory_run.ts";

/** Numbers about one generation as `memory stats --json` prints them. */
export type ReportedGeneration = GenerationStats & {
  /** Share of `x''` that the checkpoint of the commit gets wrong, in [0,1]; if asked for. */
  readonly misclassified?: number;
};

/** What a run's memory holds, as `memory stats --json` prints it. */
export interface MemoryReport extends MemorySettings, MemoryStats {
  /** What the last commit made current; null before the first. */
  readonly current: Pointer | null;
  readonly generations: readonly ReportedGeneration[];
  /** Images that the run trains on, auxiliary ones included; absent where these were not counted, for want of the data. */
  readonly imagesTrainedOn?: number;
}

/** What to measure beside counts, and where. */
export interface StatsOptions extends MemoryPlace {
  /**
   * Whether to show the examples to the model.
   *
   * @default {false}
   */
  readonly misclassified?: boolean;
  /**
   * The device that does it.
   *
   * @default {the recipe's}
   */
  readonly backend?: BackendChoice;
  /**
   * Threads of the CPU engine.
   *
   * @default {the recipe's}
   */
  readonly workers?: number;
}

/**
 * Measures the memory of a run.
 *
 * @throws {UsageError} if there is none, or the data are not its own
 * @throws {RunError} if it is damaged or the device fails
 */
export async function memoryStats(
  run: MemoryRun,
  options: StatsOptions = {},
): Promise<MemoryReport> {
  const data = options.misclassified ? await loadMemoryData(run, options) : undefined;
  return await withMemory(run, options, async (store) => {
    if (data) refuseOtherData(store, data);
    const { recipe } = run, { imageCount: n } = store.settings;
    // Without the data nobody knows how many of the images are auxiliary ones.
    const images = data?.train ?? (recipe.auxData === undefined ? { n } : undefined);
    const trained = images && imagesTrainedOn(images, recipe);
    const { generations, ages } = await measureMemory(
      store,
      mixesCrops(recipe.memory) ? undefined : recipe.threat.norm,
      trained && new Set(trained),
    );
    const current = store.current() ?? null;
    const shares = data && current
      ? await misclassifiedShares(store, current, run, options, data)
      : undefined;
    return {
      ...store.settings,
      ...trained && { imagesTrainedOn: trained.length },
      current,
      ages,
      generations: generations.map((each) => ({
        ...each,
        ...shares && { misclassified: shares.get(each.epoch)! },
      })),
    };
  });
}

/** By epoch, the share of its examples that the model they were committed with gets wrong. */
async function misclassifiedShares(
  store: MemoryStore,
  current: Pointer,
  run: MemoryRun,
  options: StatsOptions,
  { train }: MemoryData,
): Promise<Map<number, number>> {
  const { runDir, recipe } = run;
  const path = checkpointPath(runDir, current.checkpoint);
  const weights = await readWeights(path, current.checkpointSha256);
  // Nothing is attacked: a device need not have the precision that the run's attack was made in.
  const engine = { ...recipe, ...options, attackPrecision: "f32" } as const;
  const backend = await openBackend(options.backend ?? recipe.backend, engine);
  try {
    const architecture = architectureOf(weights);
    const model = freezeSubject(weights, architecture);
    const { classes } = architecture, { shape } = train;
    const oracle = new Oracle(model.logits, { classes, shape }, backend);
    const shares = new Map<number, number>();
    for (const epoch of current.generations) {
      const images = await store.images(epoch);
      let wrong = 0;
      for (let first = 0; first < images.length; first += recipe.batchSize) {
        const ids = images.subarray(first, first + recipe.batchSize);
        const inputs = makeMemoryInputs(await store.read(epoch, ids), train, ids);
        const logits = await oracle.logits(inputs.images);
        assertFiniteLogits(logits, oracle.classes, ids);
        ids.forEach((id, row) => {
          const scores = logits.subarray(row * oracle.classes, (row + 1) * oracle.classes);
          if (predictedClass(scores) !== train.labels[id]) wrong++;
        });
      }
      shares.set(epoch, images.length === 0 ? 0 : wrong / images.length);
      await store.release(epoch);
    }
    model.dispose();
    return shares;
  } finally {
    backend.close();
  }
}
