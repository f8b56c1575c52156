/**
 * The fixture's two methods with three seeds each, as measured runs.
 *
 * @module
 */
import type { Evaluation, MeasuredRun, TableLayout } from "../../../src/report/tables/layout.ts";
import { REFERENCE } from "../../statistics/reference.ts";

/** An evaluation of the same images as all others, with these verdicts. */
export function evaluation(verdicts: string): Evaluation {
  const correct = verdicts.replaceAll("0", "").length, n = verdicts.length;
  return { accuracy: correct / n, correct, n, verdicts, images: { source: "made" } };
}

/** The fixture's runs, in another order than their seeds'. */
export const RUNS: readonly MeasuredRun[] = (["second", "first"] as const).flatMap((row) =>
  REFERENCE.comparison.seeds.map((seed, i) => ({
    row,
    seed,
    evaluations: { clean: evaluation(REFERENCE.comparison.verdicts[row][i]!) },
  })).reverse()
);

/** A table of them. */
export const LAYOUT: TableLayout = {
  title: "Made",
  rows: [
    { name: "first", label: "First & best", published: { clean: 84.5 } },
    { name: "second", label: "Second" },
  ],
  columns: [{ name: "clean", label: "clean" }, { name: "pgd20", label: "PGD-20, L∞" }],
  notes: ["A note."],
};
