/**
 * How many bytes of a known total are done: a line that is redrawn on a terminal, and a plain line now and then where
 * stderr goes to a file.
 *
 * @module
 */
import { formatBar, STDERR } from "./terminal.ts";

/** Where a progress bar draws. */
export interface ProgressSink {
  write(text: string): void;
  /** Whether `\r` returns to the start of the line. */
  readonly terminal: boolean;
  /** Characters in a line. */
  readonly columns: number;
}

/** What a progress bar shows, and where. */
export interface ProgressBarOptions {
  /** What the bytes are, e.g. the name of a data set. */
  readonly label: string;
  /** Number of bytes at the end, over 0. */
  readonly total: number;
  /** stderr unless told. */
  readonly sink?: ProgressSink;
  /** Milliseconds since some fixed moment; the process's monotonic clock unless told. */
  readonly now?: () => number;
}

const MEBIBYTE = 2 ** 20;
/** Milliseconds between two drawings on a terminal. */
const REDRAW_EVERY = 100;
/** Milliseconds between two plain lines. */
const LINE_EVERY = 10_000;

/** Draws the progress of one download. */
export class ProgressBar {
  readonly #label: string;
  readonly #total: number;
  readonly #sink: ProgressSink;
  readonly #now: () => number;
  /** When and where the bytes of this process began: resumed bytes do not count as speed. */
  #origin: { readonly time: number; readonly done: number } | undefined;
  #done = 0;
  #drawnAt: number;
  #drawnWidth = 0;
  #open = true;

  constructor(
    { label, total, sink = STDERR, now = () => performance.now() }: ProgressBarOptions,
  ) {
    this.#label = label;
    this.#total = total;
    this.#sink = sink;
    this.#now = now;
    this.#drawnAt = sink.terminal ? -Infinity : now();
  }

  /** Tells that `done` bytes are there, 0..total. A smaller number than before starts the measurement of speed anew. */
  update(done: number): void {
    const time = this.#now();
    if (this.#origin === undefined || done < this.#done) this.#origin = { time, done };
    this.#done = done;
    if (time - this.#drawnAt >= (this.#sink.terminal ? REDRAW_EVERY : LINE_EVERY)) this.#draw(time);
  }

  /** Draws the last state and ends the line. Further calls do nothing. */
  finish(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#origin === undefined) return;
    this.#draw(this.#now());
    if (this.#sink.terminal) this.#sink.write("\n");
  }

  #draw(time: number): void {
    this.#drawnAt = time;
    const line = this.#line(time);
    if (!this.#sink.terminal) return this.#sink.write(`${line}\n`);
    // A line as wide as the terminal would wrap, and \r would then return to its second half.
    this.#sink.write(`\r${line.padEnd(this.#drawnWidth).slice(0, this.#sink.columns - 1)}`);
    this.#drawnWidth = line.length;
  }

  #line(time: number): string {
    const fraction = this.#done / this.#total;
    const { time: since, done: from } = this.#origin!;
    // Bytes per second.
    const speed = time > since ? (this.#done - from) / (time - since) * 1000 : 0;
    const parts = [
      this.#label,
      `${Math.floor(fraction * 100).toString().padStart(3)} %`,
      `${mebibytes(this.#done)} / ${mebibytes(this.#total)} MiB`,
    ];
    if (speed > 0) parts.push(`${mebibytes(speed)} MiB/s`);
    if (speed > 0 && this.#done < this.#total) {
      parts.push(`${duration((this.#total - this.#done) / speed)} left`);
    }
    if (this.#sink.terminal) parts.splice(1, 0, formatBar(fraction));
    return parts.join("  ");
  }
}

function mebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1);
}

/** Seconds as `m:ss` or `h:mm:ss`. */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (n: number) => n.toString().padStart(2, "0");
  const s = two(whole % 60), m = Math.floor(whole / 60) % 60, h = Math.floor(whole / 3600);
  return h > 0 ? `${h}:${two(m)}:${s}` : `${m}:${s}`;
}
