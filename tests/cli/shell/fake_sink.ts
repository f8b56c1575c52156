/**
 * A place for status lines that remembers, and what a terminal would show of it.
 *
 * @module
 */
import type { StatusSink } from "../../../src/cli/shell/terminal.ts";

/** Gathers what is written; its clock stands until `time` is set. */
export class FakeSink implements StatusSink {
  text = "";
  time = 100;

  constructor(readonly terminal: boolean, readonly columns = 80) {}

  write(text: string): void {
    this.text += text;
  }

  now(): number {
    return this.time;
  }
}

/** Stands for the three characters that erase to the end of the line. */
const ERASE = "\f";

/** What a terminal of `columns` shows of `text`: rows, with `\r` and erasing carried out. */
export function screen(text: string, columns: number): string[] {
  const rows = [""];
  let column = 0;
  for (const piece of text.replaceAll("\x1b[K", ERASE)) {
    const row = rows.at(-1)!;
    if (piece === "\n") rows.push(""), column = 0;
    else if (piece === "\r") column = 0;
    else if (piece === ERASE) rows[rows.length - 1] = row.slice(0, column);
    else if (column === columns) rows.push(piece), column = 1;
    else rows[rows.length - 1] = row.slice(0, column) + piece + row.slice(++column);
  }
  return rows;
}
