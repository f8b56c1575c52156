/**
 * What a person sees while a command works: a line that redraws itself on a terminal, now and then a plain line
 * elsewhere. Everything goes to stderr; stdout is for results.
 *
 * @module
 */

/** Seconds between two plain lines where there is no terminal. */
const PLAIN_INTERVAL = 10;
/** Seconds between two redraws on a terminal. */
const REDRAW_INTERVAL = 0.1;

/** Where status lines go. */
export interface StatusSink {
  readonly terminal: boolean;
  /** Characters in a line. */
  readonly columns: number;
  write(text: string): void;
  /** Seconds on a monotonic clock. */
  now(): number;
}

/** The process's stderr. */
export const STDERR: StatusSink = {
  terminal: Deno.stderr.isTerminal(),
  get columns() {
    // Some terminals over a serial line report 0.
    return Deno.consoleSize().columns || 80;
  },
  write: (text) => Deno.stderr.writeSync(new TextEncoder().encode(text)),
  now: () => performance.now() / 1000,
};

/** One line of status. */
export class StatusLine {
  readonly #sink: StatusSink;
  #last = -Infinity;

  constructor(sink: StatusSink = STDERR) {
    this.#sink = sink;
  }

  /** Shows `text`, unless the last one was shown a moment ago. */
  update(text: string): void {
    const now = this.#sink.now();
    const interval = this.#sink.terminal ? REDRAW_INTERVAL : PLAIN_INTERVAL;
    if (now - this.#last < interval) return;
    this.#last = now;
    if (!this.#sink.terminal) return this.#sink.write(`${text}\n`);
    // A line that wraps could not be taken away again.
    this.#sink.write(`\r\x1b[K${text.slice(0, this.#sink.columns - 1)}`);
  }

  /** Leaves `text` standing as a line of its own. */
  print(text: string): void {
    this.#sink.write(`${this.#sink.terminal ? "\r\x1b[K" : ""}${text}\n`);
  }

  /** Takes the status line away. */
  clear(): void {
    if (this.#sink.terminal) this.#sink.write("\r\x1b[K");
  }
}

const BAR_WIDTH = 16;

/** A share in [0,1] as `[####............]`. */
export function formatBar(share: number): string {
  const filled = Math.floor(share * BAR_WIDTH);
  return `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}]`;
}
