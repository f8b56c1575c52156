/**
 * `metrics.jsonl`: one line for every step, every epoch and every damaged example.
 *
 * @module
 */
import { join } from "@std/path";
import { ioError } from "../disk/failure.ts";
import { readIfThere, writeAll, writeFileAtomically } from "../disk/files.ts";
import type { EpochMetrics, Metrics, StepMetrics } from "./metrics.ts";
import type { EventLog, StepImages } from "./tensorboard/event_log.ts";
import { MetricsTable } from "./metrics_table.ts";

/** Its name in a run's folder. */
export const METRICS_LOG = "metrics.jsonl";

/** The run's log, open for appending. */
export class RunLog {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #table: MetricsTable;
  /** The steps that were logged before it was opened. */
  readonly #before: readonly StepMetrics[];
  #events: EventLog | undefined;
  readonly #epochs: EpochMetrics[];

  private constructor(
    path: string,
    file: Deno.FsFile,
    table: MetricsTable,
    before: readonly StepMetrics[],
    epochs: readonly EpochMetrics[],
  ) {
    this.#path = path;
    this.#file = file;
    this.#table = table;
    this.#before = before;
    this.#epochs = [...epochs];
  }

  /**
   * Opens the log in `directory`, cut back to what the checkpoint at (`epoch`, `step`) knows: later lines, and a line
   * torn by a crash, are dropped.
   *
   * @param complete whether the checkpoint was made after the epoch's own line
   * @param terms which of the loss's terms the table has columns for
   */
  static async open(
    directory: string,
    { epoch, step, complete }: { epoch: number; step: number; complete: boolean },
    terms: readonly string[],
  ): Promise<RunLog> {
    const path = join(directory, METRICS_LOG);
    const known = (await readMetrics(directory)).filter((line) =>
      line.epoch < epoch ||
      line.epoch === epoch && (line.kind === "epoch" ? complete : line.step <= step)
    );
    const text = known.map((line) => JSON.stringify(line) + "\n").join("");
    await writeFileAtomically(path, new TextEncoder().encode(text));
    const epochs = known.filter((line) => line.kind === "epoch");
    const table = await MetricsTable.open(directory, terms, epochs, complete ? epoch : epoch - 1);
    const steps = known.filter((line) => line.kind === "step");
    const file = await Deno.open(path, { append: true });
    return new RunLog(path, file, table, steps, epochs);
  }

  /** The lines of all epochs that have one, of earlier sittings too, as they were logged. */
  get epochs(): readonly EpochMetrics[] {
    return this.#epochs;
  }

  /** From now on tells the log that `make` makes, which is given the last step's line, everything too. */
  mirror(make: (last: StepMetrics | undefined) => EventLog): void {
    this.#events = make(this.#before.at(-1));
  }

  /** Appends one line, and rewrites the table when it is an epoch's. */
  async append(metrics: Metrics): Promise<void> {
    try {
      const bytes = new TextEncoder().encode(JSON.stringify(metrics) + "\n");
      await writeAll(this.#file, bytes);
    } catch (error) {
      throw ioError(`Could not write ${this.#path}`, error);
    }
    if (metrics.kind === "epoch") {
      this.#epochs.push(metrics);
      await this.#table.add(metrics);
    }
    await this.#events?.append(metrics);
  }

  /** Shows images at the end of `epoch`, where that can be. Throws a {@linkcode RunError} if the disk fails. */
  async illustrate(epoch: number, images: StepImages): Promise<void> {
    await this.#events?.illustrate(epoch, images);
  }

  /**
   * Flushes everything appended to the device: a commit must not outlive the lines before it.
   *
   * @throws {RunError} if the disk fails
   */
  async flush(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (error) {
      throw ioError(`Could not write ${this.#path}`, error);
    }
  }

  /** How fast the steps of `epoch` were that were logged before this sitting; undefined if none was. */
  speedBefore(epoch: number): number | undefined {
    const speeds = this.#before.filter((step) => step.epoch === epoch && step.imagesPerSecond > 0);
    // Steps are of about as many images each: their times add up.
    const seconds = speeds.reduce((sum, { imagesPerSecond }) => sum + 1 / imagesPerSecond, 0);
    return speeds.length === 0 ? undefined : speeds.length / seconds;
  }

  close(): void {
    this.#events?.close();
    this.#file.close();
  }
}

/** Whether the log in `directory` has seen the second epoch: then the first one's checkpoint was committed. */
export async function reachedSecondEpoch(directory: string): Promise<boolean> {
  return (await readMetrics(directory)).some(({ epoch }) => epoch > 1);
}

/** The lines of the log in `directory`, as far as they are whole; none if there is no log. */
export async function readMetrics(directory: string): Promise<Metrics[]> {
  const text = new TextDecoder().decode(await readIfThere(join(directory, METRICS_LOG)));
  return text.split("\n").flatMap((line) => {
    try {
      const metrics = JSON.parse(line);
      return isMetrics(metrics) ? [metrics] : [];
    } catch {
      return []; // the empty end, or a line torn by a crash
    }
  });
}

/** Whether `value` has what every reader of its kind of line looks at. */
function isMetrics(value: unknown): value is Metrics {
  const { kind, epoch, step, terms } = Object(value);
  if (typeof epoch !== "number" || kind !== "epoch" && typeof step !== "number") return false;
  return kind === "damage" ||
    (kind === "step" || kind === "epoch") && typeof terms === "object" && terms !== null;
}
