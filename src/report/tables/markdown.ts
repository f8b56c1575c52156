/**
 * A table as Markdown: the results beside what was published, then differences, claims and every seed.
 *
 * @module
 */
import type { JudgedClaim } from "./claims.ts";
import type { ResultTable } from "./results.ts";
import {
  claimText,
  CLEAR,
  CLEAR_NOTE,
  differenceGrid,
  type Grid,
  mainGrid,
  seedGrid,
} from "./texts.ts";

/** Writes `table` as Markdown. */
export function tableMarkdown(table: ResultTable, claims: readonly JudgedClaim[] = []): string {
  return [
    `# ${table.title}`,
    ...section(undefined, grid(mainGrid(table))),
    ...section(undefined, table.notes.map((note) => `- ${note}`)),
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

function claim(judged: JudgedClaim, table: ResultTable): string {
  const { text, verdict, evidence } = claimText(judged, table);
  return `- ${text}: **${verdict}**${evidence.length > 0 ? ` (${evidence.join("; ")})` : ""}`;
}

function differences(table: ResultTable): string[] {
  const rows = differenceGrid(table);
  const lines = grid(rows.map((row) => row.map((text) => text.replace(CLEAR, " \\*"))));
  const marked = rows.flat().some((text) => text.endsWith(CLEAR));
  return marked ? [...lines, "", `\\* ${CLEAR_NOTE}`] : lines;
}
