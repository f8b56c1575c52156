import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Compute, TensorMap } from "../../../../src/backend/backend.ts";
import { foldBatchNorm, updateRunning } from "../../../../src/backend/operations/batch_norm.ts";
import {
  frozenFeatures,
  type FrozenLayer,
} from "../../../../src/backend/operations/frozen_network.ts";
import { globalAveragePool } from "../../../../src/backend/operations/average_pool.ts";
import { moveTowards } from "../../../../src/backend/operations/average_step.ts";
import { sgdStep } from "../../../../src/backend/operations/sgd_step.ts";
import { signStep } from "../../../../src/backend/operations/sign_step.ts";
import {
  crossEntropy,
  klDivergence,
  labelProbability,
} from "../../../../src/backend/operations/softmax_losses.ts";
import { oneHot } from "../../../../src/model/inputs.ts";
import { EPSILON } from "../../../testing/naive/batch_norm.ts";
import { normals } from "../../../testing/naive/convolutions.ts";
import { onNaiveWebGpu } from "../../../testing/naive/engine.ts";
import { largestError } from "../../../testing/numbers.ts";
import { read } from "../../../testing/tensors.ts";

/** Largest error as a share of the largest value. */
const TOLERANCE = 1e-5;

function assertWithin(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  const error = largestError(actual, expected);
  assert.ok(error <= TOLERANCE, `${what}: error ${error} exceeds ${TOLERANCE}`);
}

const CONVOLUTION = { kind: "convolution", kernel: 3, stride: 1, bias: true, relu: true } as const;

/** Two blocks, one with a convolution as its shortcut, one without, and a pre-activated one. */
const LAYERS: readonly FrozenLayer[] = [
  { ...CONVOLUTION, name: "stem", input: 0 },
  { ...CONVOLUTION, name: "shortcut", kernel: 1, stride: 2, input: 1, relu: false },
  { ...CONVOLUTION, name: "first", stride: 2, input: 1 },
  { ...CONVOLUTION, name: "second", input: 3, add: 2 },
  { ...CONVOLUTION, name: "third", input: 4 },
  { ...CONVOLUTION, name: "fourth", input: 5, add: 4, relu: false },
  { kind: "scale-shift", name: "before", input: 6 },
  { ...CONVOLUTION, name: "fifth", input: 7, add: 6, bias: false, relu: false },
  { kind: "scale-shift", name: "last", input: 8 },
];

onNaiveWebGpu("a traced frozen network is the engine's own, to the bit", async (backend) => {
  const channels: Record<string, [number, number]> = {
    stem: [3, 5],
    shortcut: [5, 6],
    first: [5, 6],
  };
  const weights = Object.fromEntries(LAYERS.flatMap((layer, i) => {
    const { name } = layer, [from, to] = channels[name] ?? [6, 6];
    const vector = (kind: string) => [`${name}.${kind}`, tf.tensor(normals(to, i))] as const;
    if (layer.kind === "scale-shift") return [vector("scale"), vector("shift")];
    const { kernel } = layer, shape = [kernel, kernel, from, to];
    const filter = normals(kernel * kernel * from * to, i).map((value) => value / 4);
    return [
      [`${name}.weight`, tf.tensor(filter, shape)] as const,
      ...layer.bias ? [vector("bias")] : [],
    ];
  }));
  /** Two steps along the gradient, from one and the same network. */
  const climb: Compute = ({ x, dy, ...weights }) => {
    const step = tf.valueAndGrad((x) => frozenFeatures(LAYERS, weights, x as tf.Tensor4D));
    const slopes = dy as tf.Tensor2D;
    const first = step(x!, slopes), second = step(tf.add(x!, first.grad), slopes);
    return { first: first.value, dx: first.grad, second: second.value, dx2: second.grad };
  };
  const x = tf.tensor(normals(3 * 8 * 6 * 3, 10), [3, 8, 6, 3]);
  const inputs = { x, dy: tf.tensor(normals(18, 11), [3, 6]), ...weights };
  const deviceState = backend.deviceState([]);
  const traced = await deviceState.compile(climb)(inputs), eager = tf.tidy(() => climb(inputs));
  for (const [name, tensor] of Object.entries(traced)) {
    const values = await read(tensor);
    assert.deepEqual(values, await read(eager[name]!), name);
    assert.ok(values.some((value) => value !== 0), name);
  }
  tf.dispose(inputs);
  deviceState.dispose();
});

/** Our operations besides convolution and normalisation, and the gradients of those that have some. */
const others: Compute = (inputs) => {
  const [p, q, labels] = [inputs.p, inputs.q, inputs.labels] as tf.Tensor2D[];
  const [gamma, beta, mean, variance] = [
    ...[inputs.gamma, inputs.beta, inputs.mean, inputs.variance],
  ] as tf.Tensor1D[];
  const [x, slope, filter] = [inputs.x, inputs.slope, inputs.filter] as tf.Tensor4D[];
  const [dp, dq, dx] = tf.grads((p, q, x) => {
    const [logits, rivals] = [p, q] as [tf.Tensor2D, tf.Tensor2D];
    const entropies = tf.mul(crossEntropy(logits, labels!), labelProbability(rivals, labels!));
    const divergences = tf.mul(entropies, klDivergence(logits, rivals));
    return tf.add(tf.sum(divergences), tf.mean(globalAveragePool(x as tf.Tensor4D)));
  })([p!, q!, x!]);
  const running = { mean: mean!, variance: variance! };
  const statistics = {
    mean: tf.reshape<tf.Rank.R2>(tf.concat([gamma!, beta!]), [2, 5]),
    variance: tf.reshape<tf.Rank.R2>(tf.concat([variance!, tf.square(beta!)]), [2, 5]),
  };
  const updated = updateRunning(running, statistics, { momentum: 0.1, counts: [4, 30] });
  const norm = { gamma: gamma!, beta: beta! };
  const folded = foldBatchNorm(filter!, norm, running, EPSILON);
  const step = { stepSize: 0.02, epsilon: 0.015 };
  return {
    ...{ dp: dp!, dq: dq!, dx: dx!, filter: folded.filter, bias: folded.bias },
    ...{ runningMean: updated.mean, runningVariance: updated.variance },
    stepped: signStep(x!, tf.add(x!, 0.01), slope!, step),
  };
};

onNaiveWebGpu("traced losses, pools and steps agree with tfjs's operations", async (backend) => {
  const inputs = {
    p: tf.tensor(normals(40, 1), [4, 10]),
    q: tf.tensor(normals(40, 2), [4, 10]),
    labels: oneHot(Uint8Array.of(3, 0, 9, 3), 10),
    x: tf.tensor(normals(90, 3), [2, 3, 3, 5]),
    slope: tf.tensor(normals(90, 4), [2, 3, 3, 5]),
    mean: tf.tensor(normals(5, 5)),
    variance: tf.tensor(normals(5, 6).map((value) => value ** 2)),
    gamma: tf.tensor(normals(5, 7)),
    beta: tf.tensor(normals(5, 8)),
    filter: tf.tensor(normals(60, 9), [2, 2, 3, 5]),
  };
  const deviceState = backend.deviceState([]);
  const traced = await deviceState.compile(others)(inputs), eager = tf.tidy(() => others(inputs));
  for (const [name, tensor] of Object.entries(traced)) {
    assertWithin(await read(tensor), await read(eager[name]!), name);
  }
  tf.dispose(inputs);
  deviceState.dispose();
});

onNaiveWebGpu("sgdStep() refuses to be traced on less than whole slabs", async (backend) => {
  const maps = ["w", "g", "v"].map((): TensorMap =>
    new Map([["a", tf.tensor1d([1, 2])], ["b", tf.tensor1d([3])]])
  );
  const [weights, gradients, velocities] = maps as [TensorMap, TensorMap, TensorMap];
  const deviceState = backend.deviceState(maps), rates = tf.tensor1d([0.1, 0.9]);
  const update = (names: readonly string[], slope: (name: string) => tf.Tensor) =>
    deviceState.compile(({ rates }) => {
      const part = new Map(names.map((name) => [name, weights.get(name)!]));
      const slopes = new Map(names.map((name) => [name, slope(name)]));
      const attributes = { weightDecay: 0, nesterov: true };
      sgdStep(part, slopes, velocities, rates as tf.Tensor1D, attributes);
      return {};
    })({ rates });
  const own = (name: string) => gradients.get(name)!;
  for (const names of [["a"], ["b", "a"]]) {
    const message = "A traced update takes all of map 0, in its order.";
    await assert.rejects(update(names, own), { message });
  }
  const doubled = (name: string) => tf.mul(own(name), 2);
  const message = "A traced update takes parts of slabs.";
  await assert.rejects(update(["a", "b"], doubled), { message });
  await update(["a", "b"], own);
  tf.dispose(rates);
  deviceState.dispose();
});

onNaiveWebGpu("moveTowards() moves all averages of a slab", async (backend) => {
  const maps = [[1, 10], [3, 20]].map(([a, b]): TensorMap =>
    new Map([["a", tf.tensor1d([a!, -a!])], ["b", tf.tensor1d([b!])]])
  );
  const [averages, values] = maps as [TensorMap, TensorMap];
  const deviceState = backend.deviceState(maps), share = tf.scalar(0.5);
  const step = deviceState.compile(({ share }) => {
    moveTowards(averages, values, share as tf.Scalar);
    return {};
  });
  await step({ share });
  await step({ share });
  const moved = [...deviceState.snapshot(averages).values()];
  assert.deepEqual(await Promise.all(moved.map(async (each) => [...await read(each)])), [
    [2.5, -2.5],
    [17.5],
  ]);
  share.dispose();
  deviceState.dispose();
});

onNaiveWebGpu("compile() refuses convolutions that no kernel covers", async (backend) => {
  const deviceState = backend.deviceState([]);
  const x = tf.ones<tf.Rank.R4>([1, 6, 6, 2]);
  for (const [kernel, stride, pad] of [[5, 1, 2], [3, 1, 0], [3, 3, 1], [3, 1, "same"]] as const) {
    const convolve = deviceState.compile(({ x }) => ({
      y: tf.conv2d(x as tf.Tensor4D, tf.ones([kernel, kernel, 2, 2]), stride, pad),
    }));
    const message = `A traced convolution of kernel ${kernel}, stride ${stride}, pad ${pad}.`;
    await assert.rejects(convolve({ x }), { message });
  }
  x.dispose();
  deviceState.dispose();
});
