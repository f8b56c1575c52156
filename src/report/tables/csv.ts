/**
 * A table as CSV (RFC 4180): a line for each accuracy of each seed, for other programs to sum up.
 *
 * @module
 */
import type { ResultTable } from "./results.ts";

const HEAD = [
  "row",
  "label",
  "column",
  "seed",
  "accuracy",
  "correct",
  "n",
  "wilson_low",
  "wilson_high",
  "row_mean",
  "row_sd",
  "published_percent",
];

/** Writes the accuracies of `table`, in [0,1]. */
export function tableCsv({ rows, columns }: ResultTable): string {
  const lines = rows.flatMap(({ name: row, label, results, published }) =>
    columns.flatMap(({ name: column }) =>
      (results[column]?.seeds ?? []).map(({ seed, accuracy, correct, n, interval }) => [
        ...[row, label, column, seed, accuracy, correct, n, interval.low, interval.high],
        ...[results[column]!.mean, results[column]!.deviation ?? "", published?.[column] ?? ""],
      ])
    )
  );
  return [HEAD, ...lines].map((line) => `${line.map(field).join(",")}\r\n`).join("");
}

function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
