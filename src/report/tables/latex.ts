/**
 * A table as LaTeX, for the booktabs package.
 *
 * @module
 */
import { meanAndDeviation } from "../words.ts";
import { latexText } from "./latex_text.ts";
import { publishedColumns, type ResultTable } from "./results.ts";
import { oneLine } from "./texts.ts";

/** Writes the results of `table` beside what was published as a `tabular`, its title and notes as comments. */
export function tableLatex(table: ResultTable): string {
  const { title, notes, rows, columns } = table, published = publishedColumns(table);
  const head = columns.flatMap((column) => [
    latexText(column.label),
    ...published.includes(column) ? ["published"] : [],
  ]);
  const lines = rows.map(({ label, results, published: values }) => [
    rowHead(label),
    ...columns.flatMap((column) => {
      const found = results[column.name];
      return [
        found ? `$${meanAndDeviation(found, "\\pm")}$` : "--",
        ...published.includes(column) ? [values?.[column.name]?.toFixed(2) ?? "--"] : [],
      ];
    }),
  ]);
  return [
    ...[title, ...notes].map((line) => `% ${oneLine(line)}`),
    `\\begin{tabular}{l${"r".repeat(head.length)}}`,
    "\\toprule",
    `${["method", ...head].join(" & ")} \\\\`,
    "\\midrule",
    ...lines.map((line) => `${line.join(" & ")} \\\\`),
    "\\bottomrule",
    "\\end{tabular}",
    "",
  ].join("\n");
}

/** `label` behind the end of a row or a rule, which would take what begins like that for an argument. */
function rowHead(label: string): string {
  const text = latexText(label);
  return /^\s*[[*]/.test(text) ? `{}${text}` : text;
}
