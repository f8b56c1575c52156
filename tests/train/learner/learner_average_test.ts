import assert from "node:assert/strict";
import type { Backend } from "../../../src/backend/backend.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { disposeAll, type ModelState, type WeightTensors } from "../../../src/model/parameters.ts";
import { averageShare } from "../../../src/optimise/weight_average.ts";
import type { RecipeFlags } from "../../../src/recipe/fields.ts";
import { Learner } from "../../../src/train/learner/learner.ts";
import { reestimate } from "../../../src/train/learner/reestimation.ts";
import { exportTensors, importState } from "../../../src/weights/state_dict.ts";
import { preactivation } from "../../model/preactivation.ts";
import { type Body, onOneThread, onWasm } from "../../testing/device.ts";
import { fixture } from "../../testing/fixture.ts";
import { onNaiveWebGpu } from "../../testing/naive/engine.ts";
import { assertClose } from "../../testing/numbers.ts";
import { smallRecipe } from "../../testing/runs.ts";

onOneThread();

/** What PyTorch's `AveragedModel` makes of the states of a network after six steps of SGD. */
const REFERENCE = fixture("averages"), STEPS = 6;
const NETWORK = preactivation({ width: 2, classes: 10 });
/** Of so many steps that its warm-up is over by then, the decay of `ema` is the same in all that follow. */
const EMA: RecipeFlags = { weightAverage: "ema", emaDecay: 0.9 }, WARM_UP = 80;

/** Registers `body` as a test on both engines, on WebGPU with the obvious convolutions. */
function onBoth(name: string, body: (backend: Backend) => Promise<void>): void {
  onWasm(name, body satisfies Body);
  onNaiveWebGpu(name, body);
}

function stateAfter(steps: number): ModelState {
  return importState(REFERENCE.under(`state.${steps}.`), NETWORK, "averages");
}

/**
 * A learner that has averaged PyTorch's states as a run with `flags` does, a step an epoch.
 *
 * @param done steps of the run before the first of these
 */
async function averagedBy(backend: Backend, flags: RecipeFlags, done = 0): Promise<Learner> {
  const recipe = smallRecipe({ variant: "standard", epochs: STEPS, ...flags });
  let average: WeightTensors | undefined, learner: Learner;
  for (let step = 0;; step++) {
    learner = new Learner(recipe, NETWORK, backend, stateAfter(step), undefined, { average });
    const share = step === 0
      ? undefined
      : averageShare(recipe.optimiser, { stepsPerEpoch: 1 }, done + step);
    if (share !== undefined) await learner.average(share);
    if (step === STEPS) return learner;
    average = learner.averaged()!;
    learner.dispose();
  }
}

/** Parameters and running statistics of what `learner` has averaged against the fixture's. */
async function assertAverage(learner: Learner, prefix: string, tolerance: number): Promise<void> {
  const { parameters, buffers } = learner.averaged()!, expected = REFERENCE.under(prefix);
  const actual = await exportTensors(new Map([...parameters, ...buffers]));
  [parameters, buffers].forEach(disposeAll);
  assert.deepEqual(new Set(actual.keys()), new Set(expected.keys()));
  for (const [name, { data }] of expected) {
    assertClose(actual.get(name)!.data as Float32Array, data as Float32Array, tolerance, name);
  }
}

onBoth(
  "Learner's ema is AveragedModel of constant decay, buffers as parameters",
  async (backend) => {
    const learner = await averagedBy(backend, EMA, WARM_UP);
    await assertAverage(learner, "ema.", 1e-6);
    learner.dispose();
  },
);

onBoth("Learner's swa is AveragedModel of equal shares, buffers as parameters", async (backend) => {
  const learner = await averagedBy(backend, { weightAverage: "swa", swaStart: 2 });
  await assertAverage(learner, "swa.", 1e-6);
  learner.dispose();
});

onBoth(
  "Learner's ema leaves buffers alone that are re-estimated, and then has those of update_bn",
  async (backend) => {
    const learner = await averagedBy(
      ...[backend, { ...EMA, averageBatchNorm: "reestimated" }, WARM_UP] as const,
    );
    const { parameters, buffers } = learner.averaged()!, first = stateAfter(0);
    assert.deepEqual(await exportTensors(buffers), await exportTensors(first.buffers));
    [parameters, buffers, first.parameters, first.buffers].forEach(disposeAll);
    const images = Uint8Array.from(REFERENCE.integers("images")), n = images.length / 192;
    const dataset: Dataset = {
      ...{ name: "averages", classes: Array(10).fill(""), images, labels: new Uint8Array(n), n },
      shape: { height: 8, width: 8, channels: 3 },
    };
    const ids = Uint32Array.from({ length: n }, (_, i) => i);
    assert.ok(await reestimate(learner, { dataset, ids, batchSize: 2, backend }));
    await assertAverage(learner, "reestimated.", 1e-5);
    learner.dispose();
  },
);
