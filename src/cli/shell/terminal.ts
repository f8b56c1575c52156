/**
 * What a person sees while a command works: a line that redraws itself on a terminal, now and then a plain line
 * elsewhere.
 *
 * @module
 */
import { writeStderr } from "./output.ts";
import { plainText } from "./plain_text.ts";
import { withCommands } from "./program_name.ts";

/** Seconds between two plain lines where there is no terminal. */
const PLAIN_INTERVAL = 10;
/** Seconds between two redraws on a terminal. */
const REDRAW_INTERVAL = 0.1;

/** Begins a line that nothing silences. */
export const WARNING = "warning: ";

let quiet = false;

/** From now on status lines say nothing but warnings. */
export function silence(): void {
  quiet = true;
}

/** Characters in a line where there is no terminal. */
const PLAIN_COLUMNS = 100;

/** Where status lines go. */
export interface StatusSink {
  readonly terminal: boolean;
  /** Characters in a line. */
  readonly columns: number;
  write(text: string): void;
  /** Seconds on a monotonic clock. */
  now(): number;
}

/** Characters in a line of what is printed on stdout. */
export function columns(): number {
  return Deno.stdout.isTerminal() ? terminalColumns() : PLAIN_COLUMNS;
}

function terminalColumns(): number {
  try {
    // Some terminals over a serial line report 0.
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80; // the terminal was closed
  }
}

/** The process's stderr. */
const STDERR: StatusSink = {
  terminal: Deno.stderr.isTerminal(),
  get columns() {
    return terminalColumns();
  },
  write: writeStderr,
  now: () => performance.now() / 1000,
};

/** One line of status. */
export class StatusLine {
  readonly #sink: StatusSink;
  #last = -Infinity;

  constructor(sink: StatusSink = STDERR) {
    this.#sink = sink;
  }

  /** Seconds on the clock by which the line is redrawn. */
  now(): number {
    return this.#sink.now();
  }

  /**
   * Shows `text`, unless the last one was shown a moment ago.
   *
   * @param shorter what to show on a terminal where `text` takes more than a line: the first of these that fits
   */
  update(text: string, ...shorter: readonly string[]): void {
    if (quiet) return;
    const now = this.now();
    const interval = this.#sink.terminal ? REDRAW_INTERVAL : PLAIN_INTERVAL;
    if (now - this.#last < interval) return;
    this.#last = now;
    if (!this.#sink.terminal) return this.#sink.write(`${plainText(text)}\n`);
    // A line that wraps could not be taken away again.
    const room = this.#sink.columns - 1;
    const forms = [text, ...shorter].map(plainText);
    const shown = forms.find(({ length }) => length <= room) ?? forms.at(-1)!;
    this.#sink.write(`\r\x1b[K${shown.slice(0, room)}`);
  }

  /** Leaves `text` standing as a line of its own. */
  print(text: string): void {
    if (quiet && !text.startsWith(WARNING)) return;
    this.#sink.write(`${this.#sink.terminal ? "\r\x1b[K" : ""}${plainText(withCommands(text))}\n`);
  }

  /** Takes the status line away. */
  clear(): void {
    if (this.#sink.terminal && !quiet) this.#sink.write("\r\x1b[K");
  }
}

const BAR_WIDTH = 16;

/** A share in [0,1] as `[####............]`. */
export function formatBar(share: number): string {
  const filled = Math.floor(share * BAR_WIDTH);
  return `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}]`;
}
