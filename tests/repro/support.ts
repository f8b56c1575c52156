/**
 * Small runs of the program, and what is compared of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { records, TRAIN_FILES, writeFiles } from "../data/made_cifar10.ts";
import { withDefaults } from "../cli/memloss.ts";
import { snapshot } from "../testing/folder.ts";
import { type Process, startProgram } from "../testing/program.ts";

/** Three epochs of eight steps of the smallest network, a second on one core. */
const RECIPE = [
  "--width=1",
  "--epochs=3",
  "--batch-size=8",
  "--lr=0.05", // gentle enough to keep so few ReLUs alive
  "--limit-train=64",
  "--select=none",
  "--backend=wasm",
  "--workers=1", // the other threads would only wait
];
/** Steps of an epoch of {@linkcode startRun}. */
export const STEPS = 8;

/** Images of the data that runs train and are evaluated on. */
const IMAGES = { train: 65, test: 192 } as const;

/**
 * Writes CIFAR-10 files of few images to `folder`: stripes, of a direction and a breadth for each class, with some noise.
 * The built-in data takes a second to make, for every process anew.
 */
async function writeStripes(folder: string): Promise<void> {
  const labels = (n: number) => Array.from({ length: n }, (_, i) => i % 10);
  const pixel = (record: number, i: number) => {
    const label = record % 10, along = label < 5 ? i % 32 : Math.floor(i / 32) % 32;
    const bright = Math.floor(along / (1 + label % 5)) % 2;
    return 96 + 64 * bright + (record * 37 ^ i * 11) % 16;
  };
  const files = TRAIN_FILES.map((name) =>
    [name, records(labels(IMAGES.train / TRAIN_FILES.length), pixel)] as const
  );
  await writeFiles(
    folder,
    new Map([...files, ["test_batch.bin", records(labels(IMAGES.test), pixel)]]),
  );
}

/** Starts a run in `runDir`, a path of {@linkcode inRunFolder}; `more` flags override the small recipe's. */
export function startRun(runDir: string, ...more: string[]): Process {
  const own = [...RECIPE, `--data-dir=${join(runDir, "..", "data")}`, `--run-dir=${runDir}`];
  return startProgram(["train", ...withDefaults(own, more)]);
}

/** Starts to continue the run in `runDir`. */
export function resumeRun(runDir: string): Process {
  return startProgram(["train", "--run-dir", runDir, "--resume"]);
}

/** Waits for `process` to end well. */
export async function finish(process: Process): Promise<void> {
  const { code, stderr } = await process.ended;
  assert.equal(code, 0, stderr);
}

/** A line of `metrics.jsonl`. */
export interface LogLine {
  readonly kind: "step" | "epoch" | "damage";
  readonly epoch: number;
  readonly step?: number;
  readonly [field: string]: unknown;
}

/** The lines of the run's log that are whole. */
export async function readLog(runDir: string): Promise<LogLine[]> {
  const text = await Deno.readTextFile(join(runDir, "metrics.jsonl")).catch(() => "");
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** Waits until `process` has logged `step` of `epoch`. */
export async function untilStep(
  process: Process,
  runDir: string,
  epoch: number,
  step: number,
): Promise<void> {
  for (;;) {
    const log = await readLog(runDir);
    if (log.some((line) => line.epoch === epoch && line.step === step)) return;
    if (!process.running()) assert.fail(`ended before the step: ${(await process.ended).stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What must not depend on how often a run was stopped, or on when it ran. */
export interface RunResult {
  /** Checkpoints, links, memory chunks and manifests. The index is a database, whose bytes depend on its history. */
  readonly files: Record<string, string>;
  /** The log without its timings. */
  readonly log: unknown[];
}

/** The result of the run in `runDir`. */
export async function resultOf(runDir: string): Promise<RunResult> {
  const compared = /^(?:checkpoints|memory\/generation-\d+)\//;
  const files = [...await snapshot(runDir)].filter(([path]) => compared.test(path));
  const log = (await readLog(runDir)).map(({ imagesPerSecond: _, seconds: __, ...line }) => line);
  return { files: Object.fromEntries(files), log };
}

/** The lines that name an error in what a process said. */
export function errorsOf(stderr: string): string[] {
  return stderr.split("\n").filter((line) => /error/i.test(line));
}

/** Runs `use` with a path for a run folder, which is gone afterwards. Small data lies in `data` beside it. */
export async function inRunFolder(use: (runDir: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await writeStripes(join(directory, "data"));
    await use(join(directory, "run"));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
