/**
 * The tuner on every convolution of the network: what each variant takes, and which was the fastest. What it keeps serves
 * the stages behind.
 *
 * @module
 */
import { CATALOGUE } from "../../../src/backend/webgpu/convolution/catalogue.ts";
import { hostOf } from "../../../src/backend/webgpu/open.ts";
import { traitsOf } from "../../../src/backend/webgpu/program/device.ts";
import {
  tuningPath,
  type TuningResult,
  TuningStore,
} from "../../../src/backend/webgpu/tuning/store.ts";
import { Tuner } from "../../../src/backend/webgpu/tuning/tuner.ts";
import { MODES } from "../../../src/bench/kernels/convolutions.ts";
import { closeEngines, openEngines } from "../../../src/bench/engines.ts";
import { openAdapter } from "../adapter.ts";
import type { Notebook } from "../context.ts";
import { layersOf } from "../sizes.ts";

/** Also notes what is measured. */
class NotedStore extends TuningStore {
  readonly #notebook: Notebook;

  constructor(path: string | undefined, notebook: Notebook) {
    super(path, (note) => console.log(note));
    this.#notebook = notebook;
  }

  override async save(device: string, convolution: string, result: TuningResult): Promise<void> {
    await super.save(device, convolution, result);
    await this.#notebook.add("table", { convolution, ...result });
    const times = Object.entries(result.seconds).sort(([, a], [, b]) => a - b)
      .map(([name, seconds]) => `${name} ${(1000 * seconds).toFixed(3)} ms`);
    console.log(`${convolution}: ${times.join(", ")}`);
    for (const [name, why] of Object.entries(result.excluded)) console.log(`  not ${name}: ${why}`);
  }
}

/** Runs it. */
export async function run(notebook: Notebook): Promise<void> {
  const { description, software } = await openAdapter(notebook);
  const engines = await openEngines(false, { tune: false });
  const { device } = engines.ours.tfjs, { sizes, context: { rehearse } } = notebook;
  const tuner = await Tuner.open(device, {
    catalogue: rehearse
      ? {
        ...CATALOGUE,
        forward: CATALOGUE.forward.slice(0, 2),
        inputGradient: [],
        filterGradient: [],
      }
      : CATALOGUE,
    ...{ traits: traitsOf(device), software, host: hostOf(description), pinned: {} },
    store: new NotedStore(await tuningPath(), notebook),
    onNote: (note) => console.log(note),
    onProgress() {},
  });
  const half = device.features.has("shader-f16") && !rehearse;
  for (const precision of half ? ["f32", "f16"] as const : ["f32"] as const) {
    for (const mode of rehearse ? ["forward"] as const : MODES) {
      if (precision === "f16" && mode === "filterGradient") continue; // never asked for
      const layers = layersOf(sizes, sizes.batchSize);
      await tuner.prepare(layers.map(({ shape }) => ({ mode, shape, precision })));
    }
  }
  closeEngines(engines);
}
