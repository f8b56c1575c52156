import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../src/backend/backend.ts";
import { freeze, prepareFrozen } from "../../src/model/frozen.ts";
import { initialise } from "../../src/model/parameters.ts";
import { onWasm } from "../testing/device.ts";
import { SHAPE } from "../testing/images.ts";
import { fixture } from "../testing/fixture.ts";
import { onNaiveWebGpu } from "../testing/naive/engine.ts";
import { assertClose } from "../testing/numbers.ts";
import { preactivation } from "./preactivation.ts";
import { assertFrozen, assertStep, dispose } from "./pytorchs_passes.ts";
import { read } from "../testing/tensors.ts";

const W4 = preactivation({ width: 4, classes: 10 });
const REFERENCE = fixture("preactivation_w4");

/** No rectifier's input in the fixture is so near to zero that float32 rounds it to the other side. */
const TOLERANCES = { values: 1e-5, gradients: 1e-4 };

/** Registers `body` on both engines; the GPU's with the obvious convolutions, which compile fast. */
function onEngines(name: string, body: (backend: Backend) => Promise<void>): void {
  onWasm(name, body);
  onNaiveWebGpu(name, body);
}

for (const name of ["softplus", "relu"] as const) {
  onEngines(
    `freeze() gives PyTorch's logits of a pre-activation network with ${name}`,
    () => assertFrozen(W4, REFERENCE, name, TOLERANCES),
  );

  // A traced step knows no other activation than the rectifier.
  const register = name === "relu" ? onEngines : onWasm;
  register(
    `lossAndGradients() make PyTorch's step of a pre-activation network with ${name}`,
    (backend) => assertStep(backend, W4, REFERENCE, name, TOLERANCES),
  );
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
    assertClose(logits, composed, TOLERANCES.values, "logits");
    assertClose(gradient, composedGradient, TOLERANCES.gradients, "gradient");
    models.forEach((model) => model.dispose());
    tf.dispose([x, slopes]);
    dispose(state);
  },
);
