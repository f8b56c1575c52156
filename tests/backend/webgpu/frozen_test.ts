import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { TuningStore } from "../../../src/backend/webgpu/tuning/store.ts";
import { resnet18 } from "../../../src/model/architectures/resnet18.ts";
import { freeze, type FrozenModel, prepareFrozen } from "../../../src/model/frozen.ts";
import { disposeAll, initialise } from "../../../src/model/parameters.ts";
import { skipWebGpu } from "../../testing/webgpu/adapter.ts";
import { onNaiveWebGpu, openNaiveEngine } from "../../testing/naive/engine.ts";
import { assertClose } from "../../testing/numbers.ts";
import { read } from "../../testing/tensors.ts";
import { SHAPE } from "../../testing/images.ts";

const ARCHITECTURE = resnet18({ width: 3, classes: 10 });
/** Relative errors. A rectifier whose input is zero to rounding may open in one network and not in the other. */
const LOGITS_TOLERANCE = 1e-5, GRADIENT_TOLERANCE = 1e-2;

/** A network in the engine's own form, and layer by layer. */
function models(seed: number): [whole: FrozenModel, layered: FrozenModel] {
  const state = initialise(ARCHITECTURE, seed);
  const pair = [
    freeze(ARCHITECTURE, state),
    freeze(ARCHITECTURE, state, (x) => tf.relu(x)), // not the rectifier itself: layer by layer
  ] as [FrozenModel, FrozenModel];
  disposeAll(state.parameters);
  disposeAll(state.buffers);
  return pair;
}

const images = (n: number, seed: number) =>
  tf.randomUniform<tf.Rank.R4>([n, 32, 32, 3], 0, 1, "float32", seed);

/** Logits and input gradient of `Σ logits · slopes`. */
async function differentiate(model: FrozenModel, x: tf.Tensor4D) {
  const slopes = tf.tidy(() => tf.sin(tf.range(0, x.shape[0] * 10)).as2D(x.shape[0], 10));
  const { value, grad } = tf.valueAndGrad((x) => model.logits(x as tf.Tensor4D))(x, slopes);
  slopes.dispose();
  return { logits: await read(value), gradient: await read(grad) };
}

onNaiveWebGpu(
  "the frozen network agrees with its layers, whatever weights and batches come between",
  async () => {
    const pairs = [models(1), models(2)], batches = [images(2, 3), images(5, 4)];
    const expected = [];
    for (const [, layered] of pairs) {
      for (const x of batches) expected.push(await differentiate(layered, x));
    }
    for (let round = 0; round < 2; round++) {
      let i = 0;
      for (const [whole] of pairs) {
        for (const x of batches) {
          const { logits, gradient } = await differentiate(whole, x);
          assertClose(logits, expected[i]!.logits, LOGITS_TOLERANCE, "logits");
          assertClose(gradient, expected[i++]!.gradient, GRADIENT_TOLERANCE, "gradient");
        }
      }
    }
    pairs.flat().forEach((model) => model.dispose());
    tf.dispose(batches);
  },
);

onNaiveWebGpu(
  "a gradient whose forward pass another has displaced is that of its own images",
  async (backend) => {
    const [whole, layered] = models(5);
    const [x, other] = [images(2, 6), images(2, 7)];
    const { gradient } = await differentiate(layered, x);
    const deviceState = backend.deviceState([]);
    const large = tf.ones([1000, 1000]);
    const square = deviceState.compile(({ large }) => ({
      y: tf.add(large!, tf.mul(large!, large!)),
    }));
    const replay = () => square({ large }).then(({ y }) => y!.dispose());
    await replay(); // from now on it runs as soon as it is called
    // The other pass runs between the forward pass of `x` and its gradient.
    for (const displace of [() => whole.logits(other).dispose(), () => void replay(), () => {}]) {
      const slopes = tf.tidy(() => tf.sin(tf.range(0, 20)).as2D(2, 10));
      const passed = tf.customGrad((logits) => ({
        value: (logits as tf.Tensor).clone(),
        gradFunc: (dy: tf.Tensor) => {
          displace();
          return dy.clone();
        },
      }));
      const slope = tf.grad((x) => passed(whole.logits(x as tf.Tensor4D)))(x, slopes);
      assertClose(await read(slope), gradient, GRADIENT_TOLERANCE, "gradient");
      slopes.dispose();
    }
    whole.dispose();
    layered.dispose();
    tf.dispose([x, other, large]);
    deviceState.dispose();
  },
);

onNaiveWebGpu("a batch that shrinks asks for new kernels when it has halved", async (backend) => {
  const device = GPUDevice.prototype, { createComputePipeline: create } = device;
  let pipelines = 0;
  device.createComputePipeline = function (descriptor) {
    pipelines++;
    return create.call(this, descriptor);
  };
  const [whole, layered] = models(8), deviceState = backend.deviceState([]);
  try {
    // What is in a program's memory where it has no image, is no number.
    const spoil = deviceState.compile(({ x }) => ({ y: tf.div(tf.mul(x!, 0), 0) }));
    const zeros = tf.zeros([1000, 1000]), all = images(5, 9), added: boolean[] = [];
    const expected = await differentiate(layered, all);
    for (const n of [5, 4, 3, 2, 1, 3]) {
      (await spoil({ x: zeros })).y!.dispose();
      const x = tf.slice(all, 0, n), before = pipelines;
      const { logits, gradient } = await differentiate(whole, x);
      added.push(pipelines > before);
      const first = (values: Float32Array) => values.subarray(0, n * values.length / 5);
      assertClose(logits, first(expected.logits), LOGITS_TOLERANCE, `logits of ${n}`);
      assertClose(gradient, first(expected.gradient), GRADIENT_TOLERANCE, `gradient of ${n}`);
      x.dispose();
    }
    assert.deepEqual(added, [true, false, false, true, false, false]);
    tf.dispose([zeros, all]);
  } finally {
    device.createComputePipeline = create;
    whole.dispose();
    layered.dispose();
    deviceState.dispose();
  }
});

Deno.test({
  name:
    "prepareFrozen() times the network's convolutions once, for batches of the size that it is given",
  ignore: skipWebGpu,
  async fn() {
    const directory = await Deno.makeTempDir();
    const store = new TuningStore(join(directory, "tuning.kv"), assert.fail);
    const backend = await openNaiveEngine(store);
    try {
      const keys = async () => (await store.list()).map(({ convolution }) => convolution);
      await prepareFrozen(ARCHITECTURE, SHAPE, 2, backend);
      const timed = await keys();
      // ResNet-18 has eleven shapes; at width 3 the stem's is the first stage's.
      assert.equal(timed.length, 2 * 10);
      assert.ok(timed.every((key) => /^(forward|inputGradient) 2x/.test(key)), `${timed}`);
      await prepareFrozen(ARCHITECTURE, SHAPE, 2, backend);
      assert.deepEqual(await keys(), timed);
    } finally {
      backend.close();
      await Deno.remove(directory, { recursive: true });
    }
  },
});
