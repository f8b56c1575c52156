/**
 * What a table says, as rows of text: what a document of any kind lays out.
 *
 * @module
 */
import { excludesZero } from "../../statistics/interval.ts";
import {
  meanAndDeviation,
  percent,
  percentInterval,
  points,
  pointsInterval,
  pValue,
} from "../words.ts";
import { isUnsettled, type JudgedClaim } from "./claims.ts";
import { publishedColumns, type ResultTable } from "./results.ts";

/** Rows of text, the first of which is the head; columns after the first are numbers. */
export type Grid = readonly (readonly string[])[];

/** A claim with its verdict. */
export interface ClaimText {
  readonly text: string;
  readonly verdict: string;
  /** The differences that it rests on. */
  readonly evidence: readonly string[];
}

/** Behind a mean whose interval over seeds leaves out zero. */
const CLEAR = " *";
/** What {@linkcode CLEAR} means. */
export const CLEAR_NOTE = "The interval over seeds leaves out zero.";

/** Whether a row of {@linkcode differenceGrid} has such a mean. */
export function hasClear(differences: Grid): boolean {
  return differences.some(([, mean]) => mean!.endsWith(CLEAR));
}

/** `text` without line breaks: what a table file says may have some, and a heading or comment ends at the first. */
export function oneLine(text: string): string {
  return text.replace(/\s*[\n\r\v\f\u0085\u2028\u2029]\s*/g, " ");
}

/** Mean ± sd of every row, beside what was published. */
export function mainGrid(table: ResultTable): Grid {
  const { rows, columns } = table, published = publishedColumns(table);
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
      return [row.label, ...cells.map(({ text }) => text(row)), seedsOf(row).join(", ") || "—"];
    }),
  ];
}

/** What came out of a claim. */
export function claimText(
  { text, column, order, equal, holds, beyondChance, steps }: JudgedClaim,
  table: ResultTable,
): ClaimText {
  const neighbours = order.length - 1;
  const complete = steps.length === [column, equal].filter(Boolean).length * neighbours;
  const unsettled = steps.slice(neighbours).some(isUnsettled); // of `equal`
  const verdict = {
    yes: beyondChance ? "holds, beyond chance among seeds" : "holds in the means, within chance",
    no: "does not hold here",
    unknown: complete
      ? unsettled
        ? "open: one seed, or the same difference for each, cannot show equality"
        : "open: with the seeds that only one of the two has, the means say the opposite"
      : "not measured yet",
  }[holds];
  const evidence = steps.map(({ column, first, second, difference, overSeeds, commonSeeds }) =>
    `${columnLabel(table, column)}: ${rowLabel(table, first)} − ${rowLabel(table, second)} ${
      points(difference)
    }${overSeeds ? ` ${pointsInterval(overSeeds)}` : ""}${
      commonSeeds
        ? `, seed${commonSeeds.length > 1 ? "s" : ""} ${commonSeeds.join(", ")} alone`
        : ""
    }`
  );
  return { text, verdict, evidence };
}

/** Every two rows compared, in points. */
export function differenceGrid(table: ResultTable): Grid {
  const rows = table.differences.map((each) => {
    const { column, first, second, difference, seeds, overSeeds, overImages } = each;
    const clear = overSeeds && excludesZero(overSeeds);
    return [
      `${columnLabel(table, column)}: ${rowLabel(table, first)} − ${rowLabel(table, second)}`,
      `${points(difference)}${clear ? CLEAR : ""}`,
      overSeeds ? pointsInterval(overSeeds) : seeds.length > 1 ? "the same for each" : "one seed",
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
  return [head, ...rows];
}

/** Every run by itself. */
export function seedGrid({ rows, columns }: ResultTable): Grid {
  const lines = rows.flatMap((row) => {
    const { label, results } = row;
    return seedsOf(row).map((seed) => [
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

/** The seeds of which `row` has any result, ascending: one of them may lack some columns. */
function seedsOf({ results }: ResultTable["rows"][number]): number[] {
  const all = Object.values(results).flatMap(({ seeds }) => seeds.map(({ seed }) => seed));
  return [...new Set(all)].sort((a, b) => a - b);
}

function rowLabel({ rows }: ResultTable, name: string): string {
  return rows.find((row) => row.name === name)?.label ?? name;
}

function columnLabel({ columns }: ResultTable, name: string): string {
  return columns.find((column) => column.name === name)?.label ?? name;
}
