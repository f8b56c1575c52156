import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { hasFrozenKernels } from "../../../src/backend/operations/frozen_network.ts";
import { resnet18 } from "../../../src/model/architectures/resnet18.ts";
import { freeze, type FrozenModel } from "../../../src/model/frozen.ts";
import { disposeAll, initialise } from "../../../src/model/parameters.ts";
import { eachBackend } from "../../testing/backends.ts";
import { onWasm } from "../../testing/device.ts";
import { relativeError } from "../../testing/numbers.ts";
import { read } from "../../testing/tensors.ts";

/** Relative errors. A rectifier whose input is zero to rounding may open in one network and not in the other. */
const LOGITS_TOLERANCE = 1e-5, GRADIENT_TOLERANCE = 1e-2;

/** Logits and input gradient of `Σ logits · slopes`. */
async function differentiate(model: FrozenModel, x: tf.Tensor4D): Promise<Float32Array[]> {
  const slopes = tf.tidy(() => tf.sin(tf.range(0, x.shape[0] * 10)).as2D(x.shape[0], 10));
  const { value, grad } = tf.valueAndGrad((x) => model.logits(x as tf.Tensor4D))(x, slopes);
  slopes.dispose();
  return [await read(value), await read(grad)];
}

for (const [width, batch] of [[3, 1], [5, 3], [8, 17], [20, 5]] as const) {
  onWasm(
    `frozenFeatures() agrees with the network layer by layer, width ${width}, batch ${batch}`,
    async () => {
      const architecture = resnet18({ width, classes: 10 });
      const state = initialise(architecture, 1);
      const x = tf.randomUniform<tf.Rank.R4>([batch, 32, 32, 3], 0, 1, "float32", 2);
      const models = [
        freeze(architecture, state),
        freeze(architecture, state, (x) => tf.relu(x)), // not the rectifier itself: layer by layer
      ];
      const [whole, layered] = [
        await differentiate(models[0]!, x),
        await differentiate(models[1]!, x),
      ];
      assert.ok(relativeError(whole[0]!, layered[0]!) <= LOGITS_TOLERANCE, "logits");
      assert.ok(relativeError(whole[1]!, layered[1]!) <= GRADIENT_TOLERANCE, "gradient");
      // Where all rectifiers agree, so do the gradients: a sum of the same products in the same order.
      const equal = whole[1]!.filter((value, i) => value === layered[1]![i]).length;
      assert.ok(
        equal >= whole[1]!.length / 4,
        `${equal} of ${whole[1]!.length} gradients are equal`,
      );
      assert.ok(whole[1]!.some((value) => value !== 0));
      for (const model of models) model.dispose();
      x.dispose();
      disposeAll(state.parameters);
      disposeAll(state.buffers);
    },
  );
}

eachBackend("hasFrozenKernels() says whether tfjs's current backend has them", async () => {
  assert.equal(hasFrozenKernels(), true);
  const engine = tf.getBackend();
  await tf.setBackend("cpu");
  assert.equal(hasFrozenKernels(), false);
  await tf.setBackend(engine);
});
