/**
 * The V1 step's speed, in float32 and with the attack in float16.
 *
 * @module
 */
import { closeEngines, openEngines } from "../../../src/bench/engines.ts";
import { formatSpread } from "../../../src/bench/statistics.ts";
import { compareSteps, type StepSpeed } from "../../../src/bench/step.ts";
import { openAdapter } from "../adapter.ts";
import { type Notebook, readFindings } from "../context.ts";

/** Runs it. */
export async function run(notebook: Notebook): Promise<void> {
  const { adapter } = await openAdapter(notebook);
  const { sizes: { width, batchSize, pairs }, context: { rehearse } } = notebook;
  const precisions = adapter.features.has("shader-f16")
    ? ["f32", "f16"] as const
    : ["f32"] as const;
  if (precisions.length === 1) await notebook.note("f16", "The adapter has no shader-f16.");
  for (const attackPrecision of rehearse ? ["f32"] as const : precisions) {
    const engines = await openEngines(false, {
      attackPrecision,
      tune: !rehearse,
      onProgress: (text) => console.log(text),
    });
    const report = await compareSteps(
      engines,
      width,
      batchSize,
      pairs,
      (text) => console.log(text),
    );
    await notebook.note(attackPrecision, { width, batchSize, pairs, ...report });
    console.log(`${attackPrecision}: ${formatSpread(report.ours.imagesPerSecond, 1)} images/s`);
    closeEngines(engines);
  }
}

/** Images in a second that the step took in float32, if it has been measured. */
export async function measuredRate(out: string): Promise<number | undefined> {
  const found = await readFindings(out, "step") as { f32?: { ours: StepSpeed } } | undefined;
  return found?.f32?.ours.imagesPerSecond.median;
}
