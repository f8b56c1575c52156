/**
 * A table as Markdown: the results beside what was published, then differences, claims and every seed.
 *
 * @module
 */
import { excludesZero } from "../statistics/interval.ts";
import type { JudgedClaim } from "./claims.ts";
import {
  meanAndDeviation,
  percent,
  percentInterval,
  points,
  pointsInterval,
  pValue,
} from "./words.ts";
import type { ResultTable } from "./result_table.ts";

/** Writes `table` as Markdown. */
export function tableMarkdown(table: ResultTable, claims: readonly JudgedClaim[] = []): string {
  return [
    `# ${table.title}`,
    ...section(undefined, grid(mainTable(table))),
    ...section(undefined, table.notes.map((note) => `- ${note}`)),
    ...section("What was claimed, and what came out", claims.map((each) => claim(each, table))),
    ...section("Paired differences, in points", differences(table)),
    ...section("Every seed, with Wilson's 95 % interval", grid(seeds(table))),
  ].join("\n\n") + "\n";
}

function section(title: string | undefined, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [...title ? [`## ${title}`] : [], lines.join("\n")];
}

/** Rows of text, the first of which is the head; columns after the first are numbers. */
function grid(rows: readonly (readonly string[])[]): string[] {
  const [head, ...body] = rows;
  if (head === undefined || body.length === 0) return [];
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    `| ${
      row.map((text, column) =>
        column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)
      ).join(" | ")
    } |`;
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  return [line(head), `| ${rule.join(" | ")} |`, ...body.map(line)];
}

function mainTable({ rows, columns }: ResultTable): string[][] {
  const published = columns.filter(({ name }) => rows.some((row) => row.published?.[name]));
  const cells = columns.flatMap((column) => [
    {
      head: column.label,
      text: ({ results }: ResultTable["rows"][number]) => {
        const found = results[column.name];
        return found ? meanAndDeviation(found) : "—";
      },
    },
    ...published.includes(column)
      ? [{
        head: "published",
        text: (row: ResultTable["rows"][number]) => row.published?.[column.name]?.toFixed(2) ?? "—",
      }]
      : [],
  ]);
  return [
    ["method", ...cells.map(({ head }) => head), "seeds"],
    ...rows.map((row) => {
      const seeds = new Set(
        Object.values(row.results).flatMap((found) => found.seeds.map(({ seed }) => seed)),
      );
      return [row.label, ...cells.map(({ text }) => text(row)), [...seeds].join(", ") || "—"];
    }),
  ];
}

function claim({ text, holds, beyondChance, steps }: JudgedClaim, table: ResultTable): string {
  const verdict = {
    yes: beyondChance ? "holds, beyond chance among seeds" : "holds in the means, within chance",
    no: "does not hold here",
    unknown: "not measured yet",
  }[holds];
  const parts = steps.map(({ column, first, second, difference, overSeeds }) =>
    `${columnLabel(table, column)}: ${rowLabel(table, first)} − ${rowLabel(table, second)} ${
      points(difference)
    }${overSeeds ? ` ${pointsInterval(overSeeds)}` : ""}`
  );
  return `- ${text}: **${verdict}**${parts.length > 0 ? ` (${parts.join("; ")})` : ""}`;
}

function differences(table: ResultTable): string[] {
  const rows = table.differences.map((each) => {
    const { column, first, second, difference, overSeeds, overImages } = each;
    const clear = overSeeds && excludesZero(overSeeds);
    return [
      `${columnLabel(table, column)}: ${rowLabel(table, first)} − ${rowLabel(table, second)}`,
      `${points(difference)}${clear ? " \\*" : ""}`,
      overSeeds ? pointsInterval(overSeeds) : "one seed",
      overImages ? pointsInterval(overImages.interval) : "—",
      overImages?.mcNemar.map(({ p }) => pValue(p)).join(", ") ?? "—",
    ];
  });
  const head = [
    "pair",
    "mean",
    "95 %, t over seeds",
    "95 %, bootstrap over images",
    "McNemar's p, by seed",
  ];
  const lines = grid([head, ...rows]);
  const marked = rows.some((row) => row[1]!.endsWith("*"));
  return marked ? [...lines, "", "\\* The interval over seeds leaves out zero."] : lines;
}

function seeds({ rows, columns }: ResultTable): string[][] {
  const lines = rows.flatMap(({ label, results }) => {
    const all = new Set(
      Object.values(results).flatMap((found) => found.seeds.map(({ seed }) => seed)),
    );
    return [...all].map((seed) => [
      `${label}, seed ${seed}`,
      ...columns.map(({ name }) => {
        const found = results[name]?.seeds.find((each) => each.seed === seed);
        return found
          ? `${percent(found.accuracy)} ${
            percentInterval(found.interval)
          }, ${found.correct} of ${found.n}`
          : "—";
      }),
    ]);
  });
  return [["run", ...columns.map(({ label }) => label)], ...lines];
}

function rowLabel({ rows }: ResultTable, name: string): string {
  return rows.find((row) => row.name === name)?.label ?? name;
}

function columnLabel({ columns }: ResultTable, name: string): string {
  return columns.find((column) => column.name === name)?.label ?? name;
}
