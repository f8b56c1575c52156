/**
 * A table for people who read a terminal.
 *
 * @module
 */

/** A line of it. */
export type Row = readonly string[];

/** `rows` under `header`, in columns. */
export function columns(header: Row, rows: readonly Row[]): string[] {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd()
  );
}
