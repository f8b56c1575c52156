/**
 * Which test image was classified correctly under which attack.
 *
 * @module
 */
import type { StoredEvaluation } from "../../report/run_evaluations.ts";

/**
 * A CSV with a row for each test image, by its number, and a column for each evaluation: 1 for an image that was
 * classified correctly, 0 for another, nothing for one that was not looked at. Undefined if no verdicts are known.
 */
export function verdictTable(evaluations: readonly StoredEvaluation[]): string | undefined {
  const columns = evaluations.flatMap(({ name, result: { verdicts } }) =>
    verdicts === undefined ? [] : [{ name, verdicts }]
  );
  if (columns.length === 0) return undefined;
  const rows = Math.max(...columns.map(({ verdicts }) => verdicts.length));
  const lines = Array.from(
    { length: rows },
    (_, image) => [image, ...columns.map(({ verdicts }) => verdicts[image] ?? "")].join(","),
  );
  return [["image", ...columns.map(({ name }) => name)].join(","), ...lines, ""].join("\n");
}
