/**
 * `metrics.jsonl`, one line for every step, every epoch and every damaged example, and `metrics.csv`, one row for every epoch.
 *
 * @module
 */
import { join } from "@std/path";
import { ioError } from "../disk/failure.ts";
import { readIfThere, writeAll, writeFileAtomically } from "../disk/files.ts";

/** One optimisation step. Loss terms are means over the batch, before their coefficients. */
export interface StepMetrics {
  readonly kind: "step";
  readonly epoch: number;
  /** From 1. */
  readonly step: number;
  readonly loss: number;
  /** The loss's terms by name, such as `ce`. */
  readonly terms: Readonly<Record<string, number>>;
  readonly lr: number;
  readonly momentum: number;
  readonly imagesPerSecond: number;
}

/** A memory example that could not be used: the step was taken without it. */
export interface DamageNote {
  readonly kind: "damage";
  readonly epoch: number;
  readonly step: number;
  /** Its training index. */
  readonly image: number;
  readonly fault: string;
}

/** One epoch. */
export interface EpochMetrics {
  readonly kind: "epoch";
  readonly epoch: number;
  /** Means over the epoch's examples. */
  readonly loss: number;
  readonly terms: Readonly<Record<string, number>>;
  /** Accuracies on what the checkpoint is selected on, in [0,1]. */
  readonly cleanAccuracy?: number;
  readonly robustAccuracy?: number;
  readonly imagesPerSecond: number;
  /** Wall-clock seconds of this session's part of the epoch, evaluation included. */
  readonly seconds: number;
}

type Metrics = StepMetrics | EpochMetrics | DamageNote;

/** The columns behind those of the loss's terms. */
const TABLE_END = ["clean_accuracy", "robust_accuracy", "images_per_second", "seconds"] as const;

/** The run's log, open for appending. */
export class RunLog {
  readonly #directory: string;
  readonly #file: Deno.FsFile;
  readonly #epochs: EpochMetrics[];
  readonly #terms: readonly string[];

  private constructor(
    directory: string,
    file: Deno.FsFile,
    epochs: EpochMetrics[],
    terms: readonly string[],
  ) {
    this.#directory = directory;
    this.#file = file;
    this.#epochs = epochs;
    this.#terms = terms;
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
    const path = join(directory, "metrics.jsonl");
    const known = (await readLines(path)).filter((line) =>
      line.epoch < epoch ||
      line.epoch === epoch && (line.kind === "epoch" ? complete : line.step <= step)
    );
    const text = known.map((line) => JSON.stringify(line) + "\n").join("");
    await writeFileAtomically(path, new TextEncoder().encode(text));
    const epochs = known.filter((line) => line.kind === "epoch");
    await writeTable(directory, epochs, terms);
    return new RunLog(directory, await Deno.open(path, { append: true }), epochs, terms);
  }

  /** Appends one line, and rewrites the table when it is an epoch's. */
  async append(metrics: Metrics): Promise<void> {
    try {
      const bytes = new TextEncoder().encode(JSON.stringify(metrics) + "\n");
      await writeAll(this.#file, bytes);
    } catch (error) {
      throw ioError(`Could not write ${join(this.#directory, "metrics.jsonl")}`, error);
    }
    if (metrics.kind !== "epoch") return;
    this.#epochs.push(metrics);
    await writeTable(this.#directory, this.#epochs, this.#terms);
  }

  close(): void {
    this.#file.close();
  }
}

/** Whether the log in `directory` has seen the second epoch: then the first one's checkpoint was committed. */
export async function reachedSecondEpoch(directory: string): Promise<boolean> {
  return (await readLines(join(directory, "metrics.jsonl"))).some(({ epoch }) => epoch > 1);
}

async function writeTable(
  directory: string,
  epochs: readonly EpochMetrics[],
  terms: readonly string[],
): Promise<void> {
  const header = ["epoch", "loss", ...terms, ...TABLE_END].join(",");
  const rows = [header, ...epochs.map((metrics) => tableRow(metrics, terms))].join("\n") + "\n";
  await writeFileAtomically(join(directory, "metrics.csv"), new TextEncoder().encode(rows));
}

function tableRow(metrics: EpochMetrics, columns: readonly string[]): string {
  const { epoch, loss, terms, cleanAccuracy, robustAccuracy, imagesPerSecond, seconds } = metrics;
  return [
    epoch,
    loss,
    ...columns.map((name) => terms[name]),
    cleanAccuracy,
    robustAccuracy,
    imagesPerSecond,
    seconds,
  ].map((value) => value ?? "").join(",");
}

async function readLines(path: string): Promise<Metrics[]> {
  const text = new TextDecoder().decode(await readIfThere(path));
  return text.split("\n").flatMap((line) => {
    try {
      const metrics = JSON.parse(line);
      return isMetrics(metrics) ? [metrics] : [];
    } catch {
      return []; // the empty end, or a line torn by a crash
    }
  });
}

/** Whether `value` has what the log itself looks at. */
function isMetrics(value: unknown): value is Metrics {
  const { kind, epoch, step, terms } = Object(value);
  if (typeof epoch !== "number") return false;
  return kind === "epoch"
    ? typeof terms === "object" && terms !== null
    : (kind === "step" || kind === "damage") && typeof step === "number";
}
