/**
 * What JavaScript takes of a step, on a device that computes nothing.
 *
 * @module
 */
import { measureHost } from "../../../src/bench/host/measure.ts";
import { formatSpread } from "../../../src/bench/statistics.ts";
import type { Notebook } from "../context.ts";

/** Runs it. */
export async function run(notebook: Notebook): Promise<void> {
  const { width, batchSize } = notebook.sizes;
  const speed = await measureHost(width, batchSize, () => {});
  await notebook.note("host", { width, batchSize, ...speed });
  console.log(
    `${formatSpread(speed.milliseconds, 1)} ms a step, ${
      formatSpread(speed.imagesPerSecond, 0)
    } images/s`,
  );
}
