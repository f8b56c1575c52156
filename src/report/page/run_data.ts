/**
 * Everything that a page shows of a run, read without its lock: the run may train on.
 *
 * @module
 */
import { basename, resolve } from "@std/path";
import { isPublished, type SetDefinition } from "../../data/sets/definition.ts";
import { findSet } from "../../data/sets/sets.ts";
import { VALIDATION_SIZE } from "../../data/split.ts";
import { RunError, UsageError } from "../../errors.ts";
import { findCheckpoint, type FoundCheckpoint } from "../../run/checkpoints.ts";
import type { EpochMetrics, Metrics, StepMetrics } from "../../run/metrics.ts";
import { RunLock } from "../../run/folder/run_lock.ts";
import { readMetrics } from "../../run/run_log.ts";
import { readRunRecord } from "../../run/folder/files.ts";
import type { RunRecord } from "../../run/run_record.ts";
import { ofOwnImages } from "../own_images.ts";
import { countOf, type PageEvaluation, readPageEvaluations } from "./evaluations.ts";

/** A run on a page. */
export interface RunData {
  readonly directory: string;
  /** What the page calls it: its folder's name. */
  readonly label: string;
  readonly record: RunRecord;
  /** Ascending by epoch and step. */
  readonly steps: readonly StepMetrics[];
  /** Ascending. */
  readonly epochs: readonly EpochMetrics[];
  /** Steps of an epoch, where a trainer has told it. */
  readonly stepsPerEpoch?: number;
  /** Memory examples that were left out because they were damaged. */
  readonly damaged: number;
  readonly evaluations: readonly PageEvaluation[];
  /** The checkpoint that stands for the run: the best, or the last where none was selected. */
  readonly checkpoint?: FoundCheckpoint & { readonly link: "best" | "last" };
  /** Whether a process trains it just now. */
  readonly training: boolean;
  /** What could not be read, a sentence each without its full stop. */
  readonly notes: readonly string[];
}

/**
 * Reads the runs in `directories`, which are called by the names of their folders, or by their paths where two of these
 * are the same.
 *
 * @throws {UsageError} if one is no run, or is named twice
 * @throws {RunError} if what is there cannot be read
 */
export async function readRuns(directories: readonly string[]): Promise<RunData[]> {
  const runs: RunData[] = [], places = new Set<string>();
  for (const directory of directories) {
    runs.push(await readRun(directory));
    const place = await Deno.realPath(directory);
    if (places.has(place)) throw new UsageError(`${directory} is named twice: leave one out.`);
    places.add(place);
  }
  return runs.map((run) =>
    runs.some((other) => other !== run && other.label === run.label)
      ? { ...run, label: run.directory }
      : run
  );
}

/**
 * Reads the run in `directory`, which is called by the name of its folder.
 *
 * @throws {UsageError} if it is no run
 * @throws {RunError} if what is there cannot be read
 */
export async function readRun(directory: string): Promise<RunData> {
  const record = await readRunRecord(directory);
  const notes: string[] = [];
  const evaluations = await readPageEvaluations(directory, (note) => notes.push(note));
  const own = await ofOwnImages(evaluations, countOf, record, directory).catch((error) => {
    if (!(error instanceof UsageError)) throw error;
    notes.push(error.message.replace(/\.$/, "")); // what nobody can tell does not stand for the run
    return evaluations.filter(({ imagesSha256 }) => imagesSha256 === undefined);
  });
  const checkpoint = await findShown(directory).catch((error) => {
    if (!(error instanceof RunError)) throw error;
    notes.push(error.message); // the log can be drawn all the same
    return undefined;
  });
  return {
    directory,
    label: basename(resolve(directory)),
    record,
    ...sortMetrics(await readMetrics(directory)),
    evaluations: evaluations.map((each) =>
      own.includes(each) ? each : { ...each, elsewhere: true }
    ),
    ...checkpoint && { checkpoint },
    training: await RunLock.isHeld(directory),
    notes,
  };
}

/** The lines of a log by what they are. */
export function sortMetrics(
  metrics: readonly Metrics[],
): Pick<RunData, "steps" | "epochs" | "damaged"> {
  const steps = metrics.filter((line) => line.kind === "step");
  const epochs = metrics.filter((line) => line.kind === "epoch");
  return {
    steps: steps.sort((a, b) => a.epoch - b.epoch || a.step - b.step),
    epochs: epochs.sort((a, b) => a.epoch - b.epoch),
    damaged: metrics.length - steps.length - epochs.length,
  };
}

async function findShown(directory: string): Promise<RunData["checkpoint"]> {
  for (const link of ["best", "last"] as const) {
    const found = await findCheckpoint(directory, link);
    if (found) return { ...found, link };
  }
  return undefined;
}

/**
 * Steps of an epoch: as the first whole epoch had them. Before there is one, as the published data set has images, or where
 * that is not known, one more than were seen.
 */
export function findStepsPerEpoch(run: RunData): number {
  const { stepsPerEpoch, steps, epochs } = run, [whole] = epochs;
  if (stepsPerEpoch !== undefined) return stepsPerEpoch;
  const seen = steps.filter(({ epoch }) => epoch === (whole?.epoch ?? steps[0]?.epoch));
  const most = seen.reduce((most, { step }) => Math.max(most, step), 1);
  return whole ? most : Math.max(most, expectedSteps(run) ?? most + 1);
}

function expectedSteps({ record: { recipe } }: RunData): number | undefined {
  const { select, limitTrain, batchSize } = recipe;
  const set: SetDefinition = findSet(recipe.data);
  const images = isPublished(set)
    ? set.splits.train.images - (select === "val" ? VALIDATION_SIZE : 0)
    : Infinity;
  const trained = Math.min(images, limitTrain ?? Infinity);
  return Number.isFinite(trained) ? Math.ceil(trained / batchSize) : undefined;
}

/** The evaluations of the checkpoint that stands for the run, on the run's own images: others are not the run's own. */
export function shownEvaluations({ evaluations, checkpoint }: RunData): readonly PageEvaluation[] {
  return evaluations.filter(({ checkpoint: { sha256 }, raw, elsewhere }) =>
    sha256 === checkpoint?.sha256 && !raw && !elsewhere
  );
}

/** What people call the data set of a run. */
export function dataTitle({ recipe: { data } }: RunRecord): string {
  return findSet(data).title;
}
