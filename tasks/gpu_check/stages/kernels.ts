/**
 * The speed of every variant of every convolution, as `memloss bench --what kernels` takes it.
 *
 * @module
 */
import { closeEngines, openEngines } from "../../../src/bench/engines.ts";
import { measureKernels } from "../../../src/bench/kernels/speeds.ts";
import { openAdapter } from "../adapter.ts";
import type { Notebook } from "../context.ts";
import { layersOf } from "../sizes.ts";

/** Runs it. */
export async function run(notebook: Notebook): Promise<void> {
  await openAdapter(notebook);
  const { sizes } = notebook, engines = await openEngines(false, { tune: false });
  for (const layer of layersOf(sizes, sizes.batchSize)) {
    for (const speed of await measureKernels([layer], engines, sizes.pairs, () => {})) {
      await notebook.add("layers", speed);
      const [best] = speed.variants;
      console.log(
        `${speed.mode} ${layer.name}: ${best?.variant} ${best?.gflops.toFixed(0)} GFLOPS`,
      );
    }
  }
  closeEngines(engines);
}
