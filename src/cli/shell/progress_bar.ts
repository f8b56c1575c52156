/**
 * How many bytes of a known total are done, on the status line.
 *
 * @module
 */
import { mebibytes } from "../../format/mebibytes.ts";
import { formatDuration } from "../../report/words.ts";
import { formatBar, StatusLine } from "./terminal.ts";

/** What a progress bar shows, and where. */
export interface ProgressBarOptions {
  /** What the bytes are, e.g. the name of a data set. */
  readonly label: string;
  /** Number of bytes at the end, over 0. */
  readonly total: number;
  /** The line it is drawn on; one of its own on stderr unless told. */
  readonly status?: StatusLine;
}

/** Draws the progress of one download. */
export class ProgressBar {
  readonly #label: string;
  readonly #total: number;
  readonly #status: StatusLine;
  /** When and where the bytes of this process began: resumed bytes do not count as speed. */
  #origin: { readonly time: number; readonly done: number } | undefined;
  #done = 0;

  constructor({ label, total, status = new StatusLine() }: ProgressBarOptions) {
    this.#label = label;
    this.#total = total;
    this.#status = status;
  }

  /** Tells that `done` bytes are there, 0..total. A smaller number than before starts the measurement of speed anew. */
  update(done: number): void {
    if (this.#origin === undefined || done < this.#done) {
      this.#origin = { time: this.#status.now(), done };
    }
    this.#done = done;
    const { share, amount, speed, left } = this.#parts();
    const line = (...parts: string[]) => [this.#label, ...parts].filter(Boolean).join("  ");
    this.#status.update(
      line(formatBar(this.#done / this.#total), share, amount, speed, left),
      line(share, amount, speed, left),
      line(share, speed, left),
      line(share, left),
      left || share,
    );
  }

  /** Leaves the last state standing, if there was any. */
  finish(): void {
    if (this.#origin === undefined) return;
    const { share, amount, speed } = this.#parts();
    this.#status.print([this.#label, share, amount, speed].filter(Boolean).join("  "));
    this.#origin = undefined;
  }

  /** What can be said of the bytes; the empty text for what is not known. */
  #parts() {
    const done = this.#done, { time, done: from } = this.#origin!;
    const seconds = this.#status.now() - time;
    /** Bytes per second. */
    const speed = seconds > 0 ? (done - from) / seconds : 0;
    return {
      share: `${Math.floor(done / this.#total * 100).toString().padStart(3)} %`,
      amount: `${mebibytes(done)} / ${mebibytes(this.#total)} MiB`,
      speed: speed > 0 ? `${mebibytes(speed)} MiB/s` : "",
      left: speed > 0 ? `${formatDuration((this.#total - done) / speed)} left` : "",
    };
  }
}
