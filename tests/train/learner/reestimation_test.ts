import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Dataset } from "../../../src/data/dataset.ts";
import { normalisationNames } from "../../../src/model/architecture.ts";
import {
  buildArchitecture,
  withNormalisation,
} from "../../../src/model/architectures/architectures.ts";
import { disposeAll, initialise } from "../../../src/model/parameters.ts";
import { Learner } from "../../../src/train/learner/learner.ts";
import { reestimate } from "../../../src/train/learner/reestimation.ts";
import { exportTensors } from "../../../src/weights/state_dict.ts";
import { eachBackend } from "../../testing/backends.ts";
import { onOneThread, onWasm } from "../../testing/device.ts";
import { SHAPE } from "../../testing/images.ts";
import { smallRecipe } from "../../testing/runs.ts";
import {
  assertTensors,
  disposeState,
  makeLearner,
  OPTIMISER_REFERENCE,
  REFERENCE,
} from "../steps_w2.ts";

onOneThread();

const AVERAGING = { variant: "trades", weightAverage: "ema" } as const;

/** The fixture's clean images behind another one, and how far bytes are from them. */
function dataset(): Dataset {
  const x = REFERENCE.values("x"), images = new Uint8Array(7 * 3072);
  x.forEach((value, i) => images[3072 + i] = Math.round(255 * value));
  const labels = new Uint8Array(7);
  return { name: "fixture", classes: Array(10).fill(""), shape: SHAPE, n: 7, images, labels };
}

eachBackend(
  "reestimate() has the average's running statistics be those of PyTorch's update_bn, whatever they were",
  async (backend) => {
    const learner = makeLearner(
      backend,
      smallRecipe({ ...AVERAGING, averageBatchNorm: "reestimated" }),
    );
    const settings = { dataset: dataset(), batchSize: 4, backend };
    const ids = Uint32Array.of(1, 2, 3, 4, 5, 6);
    const statistics = async () => {
      assert.ok(await reestimate(learner, { ...settings, ids }));
      const { parameters, buffers } = learner.averaged()!, exported = await exportTensors(buffers);
      [parameters, buffers].forEach(disposeAll);
      return exported;
    };
    const first = await statistics();
    // The images are bytes here.
    assertTensors(first, "reestimated.", 2e-3, OPTIMISER_REFERENCE);
    assert.ok(await reestimate(learner, { ...settings, ids: ids.subarray(0, 1) }));
    assert.deepEqual(await statistics(), first, "to the bit");
    learner.dispose();
  },
);

onWasm(
  "reestimate() leaves what images are normalised by as it is, to the bit",
  async (backend) => {
    const architecture = withNormalisation(
      buildArchitecture("resnet18", { width: 1, classes: 10 }),
    );
    const { mean, std } = normalisationNames(architecture.normalisation!);
    const state = initialise(architecture, 1);
    for (
      const [name, values] of [[mean, [0.4914, 0.4822, 0.4465]], [std, [0.247, 0.2435, 0.2616]]]
    ) {
      tf.dispose(state.buffers.get(name as string));
      state.buffers.set(name as string, tf.tensor1d(values as number[]));
    }
    const recipe = smallRecipe({ ...AVERAGING, averageBatchNorm: "reestimated" });
    const learner = new Learner(recipe, architecture, backend, state, undefined, {});
    const constants = async () => {
      const averaged = learner.averaged()!, { buffers } = averaged;
      const exported = await exportTensors(
        new Map([mean, std].map((name) => [name, buffers.get(name)!])),
      );
      disposeState(averaged);
      return exported;
    };
    const before = await constants(), ids = Uint32Array.of(1, 2, 3);
    assert.ok(await reestimate(learner, { dataset: dataset(), ids, batchSize: 1, backend }));
    assert.deepEqual(await constants(), before);
    learner.dispose();
  },
);

onWasm(
  "Learner leaves statistics that are re-estimated as they are when it averages",
  async (backend) => {
    const moved: boolean[] = [];
    for (const averageBatchNorm of ["averaged", "reestimated"] as const) {
      const learner = makeLearner(backend, smallRecipe({ ...AVERAGING, averageBatchNorm }));
      const before = learner.averaged()!, stood = await exportTensors(before.buffers);
      if (averageBatchNorm === "averaged") {
        await assert.rejects(() =>
          reestimate(learner, {
            ...{ dataset: dataset(), ids: Uint32Array.of(1, 2), batchSize: 2, backend },
          }), TypeError);
      }
      for (const [name, tensor] of learner.state.buffers) {
        learner.state.buffers.set(name, tensor.mul(2));
        tensor.dispose();
      }
      await learner.average(0.5);
      const after = learner.averaged()!;
      const now = await exportTensors(after.buffers);
      moved.push([...now].some(([name, { data }]) => `${data}` !== `${stood.get(name)!.data}`));
      [before, after].forEach(disposeState);
      learner.dispose();
    }
    assert.deepEqual(moved, [true, false]);
  },
);

onWasm("reestimate() stops where it is told to", async (backend) => {
  const learner = makeLearner(
    backend,
    smallRecipe({ ...AVERAGING, averageBatchNorm: "reestimated" }),
  );
  const settings = { dataset: dataset(), ids: Uint32Array.of(1, 2), batchSize: 1, backend };
  assert.equal(await reestimate(learner, { ...settings, signal: AbortSignal.abort() }), false);
  learner.dispose();
});
