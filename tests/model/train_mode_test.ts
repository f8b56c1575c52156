import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "../../src/method/divergence.ts";
import { forward } from "../../src/model/architecture.ts";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import { disposeAll, type TensorMap } from "../../src/model/parameters.ts";
import { exportTensors, importState } from "../../src/weights/state_dict.ts";
import { type Activation, trainLayers } from "../../src/model/train_mode.ts";
import { eachBackend } from "../testing/backends.ts";
import { fixture } from "../testing/fixture.ts";
import { assertClose } from "../testing/numbers.ts";
import { labelsOf, read, softplus, upload } from "../testing/tensors.ts";

const W8 = resnet18({ width: 8, classes: 10 });
const REFERENCE = fixture("resnet_w8");
const WEIGHTS = REFERENCE.stateDict();

/** One train-mode pass over the fixture's images: logits, every gradient, running statistics behind it. */
function pass(activation: Activation | undefined) {
  const state = importState(WEIGHTS, W8, "resnet_w8");
  const names = [...state.parameters.keys()];
  const x = upload<tf.Rank.R4>(REFERENCE, "x");
  const labels = labelsOf(REFERENCE);
  let logits: tf.Tensor2D | undefined;
  const { value, grads } = tf.valueAndGrads((x, ...parameters) => {
    const byName: TensorMap = new Map(names.map((name, i) => [name, parameters[i]!]));
    logits = tf.keep(
      forward(W8, trainLayers(W8, byName, state, [x!.shape[0]!], activation), x as tf.Tensor4D),
    );
    return tf.mean(crossEntropy(logits, labels)) as tf.Scalar;
  })([x, ...state.parameters.values()]);
  tf.dispose([value, x, labels]);
  disposeAll(state.parameters);
  const [inputGradient, ...rest] = grads as [tf.Tensor, ...tf.Tensor[]];
  const gradients: TensorMap = new Map(names.map((name, i) => [name, rest[i]!]));
  return { logits: logits!, inputGradient, gradients, buffers: state.buffers };
}

/** A kink of ReLU may fall to the other side by rounding, hence the looser gradients. */
const ACTIVATIONS: [string, Activation | undefined, number][] = [
  ["softplus", softplus, 1e-4],
  ["relu", undefined, 1e-2],
];

for (const [activationName, activation, tolerance] of ACTIVATIONS) {
  const title = `trainLayers() give PyTorch's logits, gradients and statistics`;
  eachBackend(`${title} with ${activationName}`, async () => {
    const { logits, inputGradient, gradients, buffers } = pass(activation);
    const expect = (what: string) => REFERENCE.values(`${activationName}.train.${what}`);
    assertClose(await read(logits), expect("logits"), 1e-5, "logits");
    assertClose(await read(inputGradient), expect("grad.x"), tolerance, "input gradient");
    assert.equal(gradients.size, 62);
    for (const [name, { data }] of await exportTensors(gradients)) {
      assertClose(data as Float32Array, expect(`grad.${name}`), tolerance, `gradient of ${name}`);
    }
    assert.equal(buffers.size, 40);
    for (const [name, { data }] of await exportTensors(buffers)) {
      assertClose(data as Float32Array, expect(`after.${name}`), 1e-5, name);
    }
    disposeAll(gradients);
    disposeAll(buffers);
  });
}
