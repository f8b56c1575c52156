import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend, Compute } from "../../../src/backend/backend.ts";
import type { BatchStatistics } from "../../../src/backend/operations/batch_norm.ts";
import { convNormTrain } from "../../../src/backend/operations/conv_norm.ts";
import { onWasm } from "../../testing/device.ts";
import { batchNormReference, EPSILON, type Shape } from "../../testing/naive/batch_norm.ts";
import {
  type Convolution,
  normals,
  outputSize,
  randomTensors,
  referenceConvolution,
} from "../../testing/naive/convolutions.ts";
import { onNaiveWebGpu } from "../../testing/naive/engine.ts";
import { largestError } from "../../testing/numbers.ts";
import { read } from "../../testing/tensors.ts";

/** Largest error as a share of the largest value. */
const TOLERANCE = 1e-5;

interface ConvNormCase {
  readonly convolution: Convolution;
  readonly groups: readonly number[];
  readonly add: boolean;
  readonly relu: boolean;
}

const CONV_NORMS: Record<string, ConvNormCase> = {
  residual: {
    convolution: { batch: 6, height: 5, width: 4, inputs: 3, outputs: 7, kernel: 3, stride: 1 },
    groups: [3, 1, 2],
    add: true,
    relu: true,
  },
  downwards: {
    convolution: { batch: 3, height: 7, width: 5, inputs: 4, outputs: 6, kernel: 3, stride: 2 },
    groups: [2, 1],
    add: false,
    relu: true,
  },
  shortcut: {
    convolution: { batch: 4, height: 6, width: 7, inputs: 5, outputs: 4, kernel: 1, stride: 2 },
    groups: [4],
    add: false,
    relu: false,
  },
};

/** Values for a case: `dy` is the slope of the result. */
function makeValues({ convolution, add }: ConvNormCase, seed: number) {
  const { x, w, dy } = randomTensors(convolution, seed), { outputs } = convolution;
  return {
    ...{ x, w, dy },
    gamma: normals(outputs, seed + 10).map((value) => 1 + value / 4),
    beta: normals(outputs, seed + 20),
    add: add ? normals(dy.length, seed + 30) : new Float32Array(dy.length),
  };
}

/** The case in float64, but for the convolution's result, which is rounded to float32. */
function convNormReference(case_: ConvNormCase, values: ReturnType<typeof makeValues>) {
  const { convolution, groups, relu } = case_, { x, w, dy, gamma, beta, add } = values;
  const { batch, outputs } = convolution;
  const shape: Shape = [batch, ...outputSize(convolution), outputs];
  const convolved = Float32Array.from(referenceConvolution(convolution, values).y);
  const inputs = { shape, x: convolved, dy, gamma, beta, add };
  const { mean, variance, y, dx: slope, dGamma, dBeta, dAdd } = batchNormReference(
    inputs,
    groups,
    relu,
  );
  const slopes = { x, w, dy: Float32Array.from(slope) };
  const { dx, dw } = referenceConvolution(convolution, slopes);
  return { mean, variance, y, dx, dw, dGamma, dBeta, dAdd };
}

/** What the case's tensors are, by name. */
function makeTensors({ convolution, add }: ConvNormCase, values: ReturnType<typeof makeValues>) {
  const { batch, height, width, inputs, outputs, kernel } = convolution;
  const result: Shape = [batch, ...outputSize(convolution), outputs];
  return {
    x: tf.tensor(values.x, [batch, height, width, inputs]),
    w: tf.tensor(values.w, [kernel, kernel, inputs, outputs]),
    gamma: tf.tensor(values.gamma),
    beta: tf.tensor(values.beta),
    ...add && { add: tf.tensor(values.add, result) },
    dy: tf.tensor(values.dy, result),
  };
}

/** Result, statistics and gradients of a case. */
function convNorm(case_: ConvNormCase): Compute {
  const { convolution: { stride }, groups, relu } = case_;
  return ({ dy, ...inputs }) => {
    let statistics: BatchStatistics | undefined;
    const { value, grads } = tf.valueAndGrads((x, filter, gamma, beta, add?: tf.Tensor) =>
      convNormTrain({
        x: x as tf.Tensor4D,
        filter: filter as tf.Tensor4D,
        gamma: gamma as tf.Tensor1D,
        beta: beta as tf.Tensor1D,
        ...add && { add: add as tf.Tensor4D },
      }, {
        ...{ stride, groups, relu, epsilon: EPSILON },
        observe: ({ mean, variance }) =>
          statistics = { mean: tf.keep(mean.clone()), variance: tf.keep(variance.clone()) },
      })
    )(Object.values(inputs), dy as tf.Tensor4D);
    const [dx, dw, dGamma, dBeta, dAdd] = grads as [
      ...[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor],
      tf.Tensor?,
    ];
    return { ...statistics!, y: value, dx, dw, dGamma, dBeta, ...dAdd && { dAdd } };
  };
}

/** Compiles and runs all cases, each against float64. */
async function assertConvNorms(backend: Backend): Promise<void> {
  const deviceState = backend.deviceState([]);
  for (const [i, [name, case_]] of Object.entries(CONV_NORMS).entries()) {
    const values = makeValues(case_, i), inputs = makeTensors(case_, values);
    const results = await deviceState.compile(convNorm(case_))(inputs);
    const expected = convNormReference(case_, values);
    assert.equal("dAdd" in results, case_.add);
    for (const [result, tensor] of Object.entries(results)) {
      const reference = expected[result as keyof typeof expected];
      const error = largestError(await read(tensor), reference);
      assert.ok(error <= TOLERANCE, `${name}: ${result}: error ${error} exceeds ${TOLERANCE}`);
    }
    tf.dispose(inputs);
  }
  deviceState.dispose();
}

const NAME = "convNormTrain() and its gradients agree with float64";
onWasm(NAME, assertConvNorms);
onNaiveWebGpu(NAME, assertConvNorms);
