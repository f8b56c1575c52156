/**
 * V1 on as many real images and epochs as the time allows.
 *
 * @module
 */
import { join } from "@std/path";
import { loadSplit } from "../../../src/data/sets/sets.ts";
import { openAdapter } from "../adapter.ts";
import type { Notebook } from "../context.ts";
import { memloss } from "../processes.ts";
import { measuredRate } from "./step.ts";

/** The share of the time that training is planned for: tuning, the disk and the last commit take the rest. */
const TRAINED = 0.75;
/** Seconds in which a run that is told to stop saves what it has. */
const SAVING = 10;

/** Runs it. The run stays in the folder `v1`. */
export async function run(notebook: Notebook): Promise<void> {
  const { sizes: { width, batchSize }, context: { out, dataDir, rehearse } } = notebook;
  const data = dataDir === undefined ? "synthetic" : "cifar10";
  const { n } = await loadSplit(data, "train", dataDir ?? ".", 1);
  await openAdapter(notebook);
  const rate = await measuredRate(out);
  const shown = rehearse
    ? 0
    : rate === undefined
    ? Infinity
    : TRAINED * notebook.secondsLeft() * rate;
  // From the second epoch on there is a memory: fewer images where there is no time for two epochs of all.
  const images = Math.min(n, Math.max(2 * batchSize, Math.floor(shown / 2)));
  const epochs = Number.isFinite(shown) ? Math.max(2, Math.floor(shown / images)) : 2;
  await notebook.note("plan", { data, images, epochs, rate: rate ?? null });
  console.log(
    `${images} images of ${data}, ${epochs} epochs` +
      (dataDir === undefined ? "; no --data-dir was given" : ""),
  );
  const runDir = join(out, "v1"), none = ["--select", "none", "--no-tune"];
  const { code } = await memloss([
    ...["train", "--variant", "v1", "--seed", "1", "--backend", "webgpu"],
    ...["--data", data, ...dataDir === undefined ? [] : ["--data-dir", dataDir]],
    ...["--width", `${width}`, "--batch-size", `${batchSize}`, "--epochs", `${epochs}`],
    ...["--limit-train", `${images}`, "--run-dir", runDir],
    ...rehearse ? [...none, "--attack-steps", "2", "--limit-test", "16"] : ["--select", "none"],
  ], notebook.secondsLeft() - SAVING);
  const lines = (await Deno.readTextFile(join(runDir, "metrics.jsonl"))).trim().split("\n")
    .map((line) => JSON.parse(line));
  const steps = lines.filter(({ kind }) => kind === "step");
  await notebook.note("epochs", lines.filter(({ kind }) => kind === "epoch"));
  const rates = steps.map(({ imagesPerSecond }) => imagesPerSecond as number).sort((a, b) => a - b);
  const median = rates[Math.floor(rates.length / 2)];
  await notebook.note("steps", { count: steps.length, medianImagesPerSecond: median ?? null });
  console.log(`${steps.length} steps, ${median?.toFixed(1)} images/s in the median step`);
  if (code === 130 || code === 143) return await notebook.note("interrupted", true);
  if (code !== 0) throw new Error(`memloss train ended with exit code ${code}.`);
}
