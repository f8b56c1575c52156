/**
 * A table as Markdown: the results beside what was published, then differences, claims and every seed.
 *
 * @module
 */
import type { JudgedClaim } from "./claims.ts";
import type { ResultTable } from "./results.ts";
import {
  claimText,
  CLEAR_NOTE,
  differenceGrid,
  type Grid,
  hasClear,
  mainGrid,
  oneLine,
  seedGrid,
} from "./texts.ts";

/** Writes `table` as Markdown. */
export function tableMarkdown(table: ResultTable, claims: readonly JudgedClaim[] = []): string {
  return [
    `# ${oneLine(table.title)}`,
    ...section(undefined, grid(mainGrid(table))),
    ...section(undefined, table.notes.map((note) => `- ${oneLine(note)}`)),
    ...section("What was claimed, and what came out", claims.map((each) => claim(each, table))),
    ...section("Paired differences, in points", differences(table)),
    ...section("Every seed, with Wilson's 95 % interval", grid(seedGrid(table))),
  ].join("\n\n") + "\n";
}

function section(title: string | undefined, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [...title ? [`## ${title}`] : [], lines.join("\n")];
}

function grid(rows: Grid): string[] {
  const [head, ...body] = rows.map((row) => row.map(cell));
  if (head === undefined || body.length === 0) return [];
  const widths = head.map((text, column) =>
    Math.max(3, text.length, ...body.map((row) => row[column]!.length))
  );
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

/** `text` as a cell's: a line, in which nothing ends the cell or begins another type. */
function cell(text: string): string {
  return oneLine(text).replace(/[\\|*]/g, "\\$&");
}

function claim(judged: JudgedClaim, table: ResultTable): string {
  const { text, verdict, evidence } = claimText(judged, table);
  return oneLine(
    `- ${text}: **${verdict}**${evidence.length > 0 ? ` (${evidence.join("; ")})` : ""}`,
  );
}

function differences(table: ResultTable): string[] {
  const rows = differenceGrid(table);
  return hasClear(rows) ? [...grid(rows), "", `\\* ${CLEAR_NOTE}`] : grid(rows);
}
