/**
 * `memloss memory stats`
 *
 * @module
 */
import { Oracle } from "../../attack/autoattack/oracle.ts";
import { openBackend } from "../../backend/open.ts";
import { architectureOf, freezeSubject } from "../../evaluate/frozen_subject.ts";
import { assertFiniteLogits } from "../../evaluate/logits.ts";
import { mebibytes } from "../../format/mebibytes.ts";
import { type GenerationStats, measureMemory, type MemoryStats } from "../../memory/stats.ts";
import type { MemorySettings, MemoryStore, Pointer } from "../../memory/store.ts";
import { predictedClass } from "../../model/predicted_class.ts";
import { checkpointPath } from "../../run/checkpoints.ts";
import { makeMemoryInputs } from "../../train/memory_inputs.ts";
import {
  loadMemoryData,
  type MemoryData,
  type MemoryFlags,
  type MemoryRun,
  refuseOtherData,
  withMemory,
} from "./run.ts";
import { readWeights } from "../../run/subject.ts";
import { formatPercent } from "../../report/words.ts";

/** Numbers about one generation as `memory stats --json` prints them. */
type ReportedGeneration = GenerationStats & {
  /** Share of `x''` that the checkpoint of the commit gets wrong, in [0,1]; with --misclassified only. */
  readonly misclassified?: number;
};

/** What `memory stats --json` prints. */
export interface MemoryReport extends MemorySettings, MemoryStats {
  /** What the last commit made current; null before the first. */
  readonly current: Pointer | null;
  readonly generations: readonly ReportedGeneration[];
}

/**
 * Measures the memory of a run.
 *
 * @throws {UsageError} if there is none, or the data are not its own
 * @throws {RunError} if it is damaged or the device fails
 */
export async function memoryStats(run: MemoryRun, flags: MemoryFlags): Promise<MemoryReport> {
  const data = flags.misclassified ? await loadMemoryData(run, flags) : undefined;
  return await withMemory(run, flags, async (store) => {
    if (data) refuseOtherData(store, data);
    const { generations, ages } = await measureMemory(store);
    const current = store.current() ?? null;
    const shares = data && current
      ? await misclassifiedShares(store, current, run, flags, data)
      : undefined;
    return {
      ...store.settings,
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
  flags: MemoryFlags,
  { train }: MemoryData,
): Promise<Map<number, number>> {
  const { runDir, recipe } = run;
  const path = checkpointPath(runDir, current.checkpoint);
  const weights = await readWeights(path, current.checkpointSha256);
  // Nothing is attacked: a device need not have the precision that the run's attack was made in.
  const options = { ...recipe, ...flags, attackPrecision: "f32" } as const;
  const backend = await openBackend(flags.backend ?? recipe.backend, options);
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
    }
    model.dispose();
    return shares;
  } finally {
    backend.close();
  }
}

/** `report` in words. */
export function describeStats(report: MemoryReport): string {
  const { codec, epsilon, imageCount, current, generations, ages } = report;
  const position = current === null
    ? "nothing committed yet"
    : `epoch ${current.epoch}${
      current.complete ? "" : `, step ${current.step}`
    }, ${current.checkpoint}`;
  const histogram = ages.map(({ age, images }) => `${images} of age ${age}`).join(", ");
  return [
    `codec ${codec}, ε = ${
      (255 * epsilon).toFixed(2)
    }/255, ${imageCount} training images; ${position}`,
    ...generations.map(describeGeneration),
    ...ages.length > 1 ? [`  newest examples: ${histogram}`] : [],
  ].join("\n");
}

function describeGeneration(generation: ReportedGeneration): string {
  const { epoch, examples, coverage, bytes, meanAbsoluteDelta, boundaryShare, misclassified } =
    generation;
  return [
    `  epoch ${epoch}: ${examples} examples (${formatPercent(coverage)} of the images)`,
    `${mebibytes(bytes)} MiB`,
    `mean |δ| ${meanAbsoluteDelta.toFixed(2)}/255`,
    `${formatPercent(boundaryShare)} at the boundary`,
    ...misclassified === undefined ? [] : [`${formatPercent(misclassified)} misclassified`],
  ].join(", ");
}
