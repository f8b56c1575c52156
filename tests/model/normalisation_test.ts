import * as tf from "@tensorflow/tfjs";
import { type Architecture, forward } from "../../src/model/architecture.ts";
import { withNormalisation } from "../../src/model/architectures/architectures.ts";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import { freeze } from "../../src/model/frozen.ts";
import { disposeAll, initialise, type ModelState } from "../../src/model/parameters.ts";
import { trainLayers } from "../../src/model/train_mode.ts";
import { eachBackend } from "../testing/backends.ts";
import { assertClose } from "../testing/numbers.ts";
import { read } from "../testing/tensors.ts";

const PLAIN = resnet18({ width: 2, classes: 10 }), NORMALISED = withNormalisation(PLAIN);
const MEAN = [0.5, 0.4, 0.3], STD = [0.25, 0.2, 0.5];

/** What `compute` makes of images by a network that normalises them and by one that is given them normalised. */
async function both(
  compute: (normalises: boolean, images: tf.Tensor4D, normalised: tf.Tensor4D) => tf.Tensor,
): Promise<Float32Array[]> {
  const images = tf.randomUniform<tf.Rank.R4>([3, 32, 32, 3], 0, 1, "float32", 7);
  const normalised = tf.tidy(() => tf.div<tf.Tensor4D>(tf.sub(images, MEAN), STD));
  const results = [];
  for (const normalises of [true, false]) {
    const result = tf.tidy(() => compute(normalises, images, normalised));
    results.push(Float32Array.from(await read(result)));
    result.dispose();
  }
  tf.dispose([images, normalised]);
  return results;
}

/** The same weights with and without what images are normalised by. */
function models() {
  const state = initialise(NORMALISED, 3);
  for (const [name, values] of [["normalize.mean", MEAN], ["normalize.std", STD]] as const) {
    state.buffers.get(name)!.dispose();
    state.buffers.set(name, tf.tensor1d([...values]));
  }
  return state;
}

eachBackend(
  "freeze() normalises images as the network's first layer, and so do its gradients",
  async () => {
    const state = models();
    const networks = [freeze(NORMALISED, state), freeze(PLAIN, state)];
    const of = (normalises: boolean) => networks[normalises ? 0 : 1]!;
    const [ours, expected] = await both((normalises, images, normalised) =>
      of(normalises).logits(normalises ? images : normalised)
    );
    assertClose(ours!, expected!, 1e-6, "logits");
    const loss = (normalises: boolean) => (x: tf.Tensor4D) =>
      tf.sum<tf.Scalar>(tf.square(of(normalises).logits(x)));
    const [slope, outer] = await both((normalises, images, normalised) => {
      const gradient = tf.grad(loss(normalises) as (x: tf.Tensor) => tf.Tensor);
      return normalises ? gradient(images) : tf.div(gradient(normalised), STD);
    });
    assertClose(slope!, outer!, 1e-5, "gradient");
    for (const network of networks) network.dispose();
    [state.parameters, state.buffers].forEach(disposeAll);
  },
);

/** The first filter's gradient of a loss of `images`, in training mode; moves the running statistics of `state`. */
function firstGradient(
  architecture: Architecture,
  state: ModelState,
  images: tf.Tensor4D,
): tf.Tensor {
  const names = [...state.parameters.keys()];
  const { value, grads } = tf.valueAndGrads((...parameters: tf.Tensor[]) => {
    const byName = new Map(names.map((name, i) => [name, parameters[i]!]));
    const layers = trainLayers(architecture, byName, state, [images.shape[0]]);
    return tf.sum<tf.Scalar>(tf.square(forward(architecture, layers, images)));
  })([...state.parameters.values()]);
  const [first, ...rest] = grads;
  tf.dispose([value, rest]);
  return first!;
}

eachBackend(
  "trainLayers() normalises images, in a step that the device repeats too",
  async (backend) => {
    const [ours, expected] = await both((normalises, images, normalised) => {
      const state = models();
      const gradient = normalises
        ? firstGradient(NORMALISED, state, images)
        : firstGradient(PLAIN, state, normalised);
      [state.parameters, state.buffers].forEach(disposeAll);
      return gradient;
    });
    assertClose(ours!, expected!, 1e-3, "gradient");
    const state = models();
    const images = tf.randomUniform<tf.Rank.R4>([3, 32, 32, 3], 0, 1, "float32", 7);
    const deviceState = backend.deviceState([state.parameters, state.buffers]);
    const run = deviceState.compile(({ x }) => ({
      gradient: firstGradient(NORMALISED, state, x as tf.Tensor4D),
    }));
    const { gradient } = await run({ x: images });
    assertClose(await read(gradient!), expected!, 1e-3, "gradient of a repeated step");
    tf.dispose([images, gradient!]);
    deviceState.dispose();
  },
);
