import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../src/backend/backend.ts";
import { crossEntropy } from "../../src/method/divergence.ts";
import { freeze, prepareFrozen } from "../../src/model/frozen.ts";
import { disposeAll, initialise, type ModelState } from "../../src/model/parameters.ts";
import type { Activation } from "../../src/model/train_mode.ts";
import { lossAndGradients } from "../../src/train/step.ts";
import { exportState, exportTensors, importState } from "../../src/weights/state_dict.ts";
import { onWasm } from "../testing/device.ts";
import { SHAPE } from "../testing/images.ts";
import { fixture } from "../testing/fixture.ts";
import { onNaiveWebGpu } from "../testing/naive/engine.ts";
import { assertClose } from "../testing/numbers.ts";
import { published } from "../testing/objectives.ts";
import { preactivation } from "./preactivation.ts";
import { labelsOf, read, softplus, upload } from "../testing/tensors.ts";

const W4 = preactivation({ width: 4, classes: 10 });
const REFERENCE = fixture("preactivation_w4");

/** No rectifier's input in the fixture is so near to zero that float32 rounds it to the other side. */
const TOLERANCE = 1e-5, GRADIENT_TOLERANCE = 1e-4;

const load = () => importState(REFERENCE.stateDict(), W4, "preactivation_w4");

function dispose({ parameters, buffers }: ModelState): void {
  disposeAll(parameters);
  disposeAll(buffers);
}

/** Registers `body` on both engines; the GPU's with the obvious convolutions, which compile fast. */
function onEngines(name: string, body: (backend: Backend) => Promise<void>): void {
  onWasm(name, body);
  onNaiveWebGpu(name, body);
}

const ACTIVATIONS: [string, Activation | undefined][] = [["softplus", softplus], [
  "relu",
  undefined,
]];

for (const [name, activation] of ACTIVATIONS) {
  onEngines(
    `freeze() gives PyTorch's logits of a pre-activation network with ${name}`,
    async () => {
      const state = load(), model = freeze(W4, state, activation);
      const x = upload<tf.Rank.R4>(REFERENCE, "x"), labels = labelsOf(REFERENCE);
      const loss = (x: tf.Tensor) =>
        tf.mean(crossEntropy(model.logits(x as tf.Tensor4D), labels)) as tf.Scalar;
      const logits = model.logits(x), gradient = tf.grad(loss)(x);
      tf.dispose([x, labels]);
      model.dispose();
      dispose(state);
      const expect = (what: string) => REFERENCE.values(`${name}.eval.${what}`);
      assertClose(await read(logits), expect("logits"), TOLERANCE, "logits");
      assertClose(await read(gradient), expect("grad.x"), GRADIENT_TOLERANCE, "input gradient");
    },
  );

  // A traced step knows no other activation than the rectifier.
  const register = activation === undefined ? onEngines : onWasm;
  register(
    `lossAndGradients() make PyTorch's step of a pre-activation network with ${name}`,
    async (backend) => {
      const state = load(), { parameters, buffers } = state;
      const gradients = new Map(
        [...parameters].map(([key, tensor]) => [key, tf.zerosLike(tensor)]),
      );
      const deviceState = backend.deviceState([parameters, buffers, gradients]);
      const descend = deviceState.compile(({ x, labels }) => {
        const inputs = { images: { nat: x as tf.Tensor4D }, labels: labels as tf.Tensor2D };
        const result = lossAndGradients(W4, state, published("standard"), inputs, activation);
        for (const [key, gradient] of result.gradients) gradients.set(key, gradient);
        return { logits: result.logits.nat!, loss: result.terms.loss };
      });
      const x = upload(REFERENCE, "x"), labels = labelsOf(REFERENCE);
      const { logits, loss } = await descend({ x, labels });
      const expect = (what: string) => REFERENCE.values(`${name}.train.${what}`);
      assertClose(await read(logits!), expect("logits"), TOLERANCE, "logits");
      assertClose(await read(loss!), [crossEntropyOf(expect("logits"))], TOLERANCE, "loss");
      const slopes = deviceState.snapshot(gradients);
      assert.equal(slopes.size, 18);
      for (const [key, { data }] of await exportTensors(slopes)) {
        const slope = data as Float32Array;
        assertClose(slope, expect(`grad.${key}`), GRADIENT_TOLERANCE, `gradient of ${key}`);
      }
      const after = {
        parameters: deviceState.snapshot(parameters),
        buffers: deviceState.snapshot(buffers),
        batchesTracked: 8,
      };
      for (const [key, { data }] of await exportState(after)) {
        if (/running_/.test(key)) {
          assertClose(data as Float32Array, expect(`after.${key}`), TOLERANCE, key);
        }
      }
      tf.dispose([x, labels]);
      disposeAll(slopes);
      dispose(after);
      deviceState.dispose();
    },
  );
}

/** The mean cross-entropy of the fixture's labels under `logits` `[4,10]`. */
function crossEntropyOf(logits: ArrayLike<number>): number {
  const labels = REFERENCE.integers("y");
  return labels.reduce((sum, label, row) => {
    const values = Array.from({ length: 10 }, (_, c) => logits[row * 10 + c]!);
    const norm = Math.log(values.reduce((total, value) => total + Math.exp(value), 0));
    return sum + (norm - values[label]!) / labels.length;
  }, 0);
}

onEngines(
  "freeze() gives the same in one operation as layer by layer, for a pre-activation network",
  async (backend) => {
    await prepareFrozen(W4, SHAPE, 2, backend);
    const state = initialise(W4, 3);
    const models = [freeze(W4, state), freeze(W4, state, (x) => tf.relu(x))];
    const x = tf.randomUniform<tf.Rank.R4>([5, 12, 10, 3], 0, 1, "float32", 4);
    const slopes = tf.tidy(() => tf.sin(tf.range(0, 50)).as2D(5, 10));
    const results = [];
    for (const model of models) {
      const { value, grad } = tf.valueAndGrad((x) => model.logits(x as tf.Tensor4D))(x, slopes);
      results.push([await read(value), await read(grad)] as const);
    }
    const [[logits, gradient], [composed, composedGradient]] = results as [
      ...[readonly [Float32Array, Float32Array], readonly [Float32Array, Float32Array]],
    ];
    assertClose(logits, composed, TOLERANCE, "logits");
    assertClose(gradient, composedGradient, GRADIENT_TOLERANCE, "gradient");
    models.forEach((model) => model.dispose());
    tf.dispose([x, slopes]);
    dispose(state);
  },
);
