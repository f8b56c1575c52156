import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { disposeAll, parameterShapes } from "../../src/model/parameters.ts";
import { shifted, weightPerturbation } from "../../src/optimise/adversarial_weights.ts";
import { perturbsWeights } from "../../src/optimise/weight_perturbation.ts";
import { exportTensors, importTensors } from "../../src/weights/state_dict.ts";
import { eachBackend } from "../testing/backends.ts";
import { onOneThread, onWasm } from "../testing/device.ts";
import { assertClose } from "../testing/numbers.ts";
import { read } from "../testing/tensors.ts";
import { disposeState, OPTIMISER_REFERENCE, REFERENCE, start, W2 } from "../train/steps_w2.ts";

onOneThread();

const GAMMA = 0.01;

/** Steps of the fixture, TRADES' being the authors' own. */
const STEPS = [
  { variant: "mart", step: "mart", gamma: GAMMA },
  { variant: "trades", step: "trades with awp", gamma: 0.005 },
] as const;

eachBackend(
  "weightPerturbation() is that of PyTorch's proxy, in filters and linear weight",
  async () => {
    const state = start();
    for (const { variant, step, gamma } of STEPS) {
      // PyTorch's own gradients, so that no rectifier matters.
      const gradients = importTensors(
        REFERENCE.under(`${variant}.grad.`),
        parameterShapes(W2),
        "steps_w2",
      );
      const moves = weightPerturbation(state.parameters, gradients, gamma);
      const actual = await exportTensors(moves);
      const expected = OPTIMISER_REFERENCE.under(`step.${step}.perturbation.`);
      assert.deepEqual(new Set(actual.keys()), new Set(expected.keys()));
      assert.ok(
        !actual.has("bn1.weight") && !actual.has("linear.bias") && actual.has("linear.weight"),
      );
      for (const [name, { data }] of expected) {
        assertClose(actual.get(name)!.data as Float32Array, data as Float32Array, 1e-6, name);
      }
      const before = REFERENCE.values(`${variant}.loss`)[0]!;
      const after = OPTIMISER_REFERENCE.values(`step.${step}.loss`)[0]!;
      assert.ok(after > before, `${variant}: the loss rose from ${before} to ${after}`);
      [moves, gradients].forEach(disposeAll);
    }
    disposeState(state);
  },
);

onWasm("weightPerturbation() is nothing where the gradient is zero", async () => {
  const parameters = new Map([["w", tf.ones([2, 3])]]);
  const gradients = new Map([["w", tf.zeros([2, 3])]]);
  const moves = weightPerturbation(parameters, gradients, GAMMA);
  assert.deepEqual([...await read(moves.get("w")!)], Array(6).fill(0));
  [parameters, gradients].forEach(disposeAll);
});

onWasm(
  "shifted() adds a multiple of what has the same name, and leaves the others as they are",
  async () => {
    const tensors = new Map([["a", tf.tensor1d([1, 2])], ["b", tf.tensor1d([3])]]);
    const shift = new Map([["a", tf.tensor1d([10, 20])]]);
    const moved = shifted(tensors, shift, 0.5);
    assert.equal(moved.get("b"), tensors.get("b"));
    assert.deepEqual([...await read(moved.get("a")!)], [6, 12]);
    assert.deepEqual([...await read(tensors.get("a")!)], [1, 2]);
    disposeAll(tensors);
    disposeAll(shift);
  },
);

Deno.test("perturbsWeights() begins after the warm-up, and never without a share", () => {
  const epochs = [1, 2, 3].map((epoch) => perturbsWeights({ awp: 0.1, awpWarmup: 1 }, epoch));
  assert.deepEqual(epochs, [false, true, true]);
  assert.deepEqual([perturbsWeights({ awp: 0.1 }, 1), perturbsWeights({}, 9)], [true, false]);
});
