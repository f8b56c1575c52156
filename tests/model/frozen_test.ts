import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "../../src/method/divergence.ts";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import { freeze } from "../../src/model/frozen.ts";
import { disposeAll } from "../../src/model/parameters.ts";
import { importState } from "../../src/weights/state_dict.ts";
import type { Activation } from "../../src/model/train_mode.ts";
import { eachBackend } from "../testing/backends.ts";
import { onWasm } from "../testing/device.ts";
import { fixture } from "../testing/fixture.ts";
import { assertClose } from "../testing/numbers.ts";
import { labelsOf, read, softplus, upload } from "../testing/tensors.ts";

const W8 = resnet18({ width: 8, classes: 10 });
const REFERENCE = fixture("resnet_w8");
const WEIGHTS = REFERENCE.stateDict();

/** A kink of ReLU may fall to the other side by rounding, hence the looser gradient. */
const ACTIVATIONS: [string, Activation | undefined, number][] = [
  ["softplus", softplus, 1e-4],
  ["relu", undefined, 1e-2],
];

for (const [name, activation, gradientTolerance] of ACTIVATIONS) {
  eachBackend(
    `freeze() gives PyTorch's eval-mode logits and input gradient with ${name}`,
    async () => {
      const state = importState(WEIGHTS, W8, "resnet_w8");
      const model = freeze(W8, state, activation);
      disposeAll(state.parameters);
      disposeAll(state.buffers);
      const x = upload<tf.Rank.R4>(REFERENCE, "x");
      const labels = labelsOf(REFERENCE);
      const loss = (x: tf.Tensor) =>
        tf.mean(crossEntropy(model.logits(x as tf.Tensor4D), labels)) as tf.Scalar;
      const logits = model.logits(x);
      const gradient = tf.grad(loss)(x);
      tf.dispose([x, labels]);
      model.dispose();
      const expect = (what: string) => REFERENCE.values(`${name}.eval.${what}`);
      assertClose(await read(logits), expect("logits"), 1e-5, "logits");
      assertClose(await read(gradient), expect("grad.x"), gradientTolerance, "input gradient");
    },
  );
}

onWasm("freeze() keeps the weights as they were", async () => {
  const state = importState(WEIGHTS, W8, "resnet_w8");
  const x = upload<tf.Rank.R4>(REFERENCE, "x");
  const model = freeze(W8, state);
  for (const tensors of [state.parameters, state.buffers]) {
    for (const [name, tensor] of tensors) {
      tensors.set(name, tf.zerosLike(tensor));
      tensor.dispose();
    }
  }
  assertClose(await read(model.logits(x)), REFERENCE.values("relu.eval.logits"), 1e-5, "logits");
  model.dispose();
  x.dispose();
  disposeAll(state.parameters);
  disposeAll(state.buffers);
});

eachBackend("FrozenModel.logits() leaves its logits and nothing else", () => {
  const state = importState(WEIGHTS, W8, "resnet_w8");
  const x = upload<tf.Rank.R4>(REFERENCE, "x");
  const model = freeze(W8, state);
  const before = tf.memory().numTensors;
  const logits = model.logits(x);
  assert.deepEqual(logits.shape, [4, 10]);
  assert.equal(tf.memory().numTensors, before + 1);
  tf.dispose([logits, x]);
  model.dispose();
  disposeAll(state.parameters);
  disposeAll(state.buffers);
});
