/**
 * A run in training, as its dashboard knows it: what was on the disk when the sitting began, and every line since.
 *
 * @module
 */
import type { EpochMetrics, Metrics, StepMetrics } from "../../run/metrics.ts";
import { type RunData, sortMetrics } from "../page/run_data.ts";

/** What a trainer tells. */
export type Line = StepMetrics | EpochMetrics;

/** The run that began as `before` and has told `since`: its log was cut back to the checkpoint that it went on from. */
export function continued(before: RunData, since: readonly Line[]): RunData {
  const { steps, epochs, ...rest } = before, [first] = since;
  const known = [...steps, ...epochs].filter((line) =>
    first === undefined || isBefore(line, first)
  );
  return { ...rest, ...sortMetrics([...known, ...since]), damaged: before.damaged };
}

/** Whether `line` was logged before `first`, with which a sitting begins. */
function isBefore(line: Metrics, first: Line): boolean {
  if (line.epoch !== first.epoch) return line.epoch < first.epoch;
  if (line.kind !== "step") return false;
  return first.kind === "epoch" || line.step < first.step;
}
