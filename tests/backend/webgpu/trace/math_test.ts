import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend, Compute } from "../../../../src/backend/backend.ts";
import { normals } from "../../../testing/naive/convolutions.ts";
import { onNaiveWebGpu } from "../../../testing/naive/engine.ts";
import { largestError } from "../../../testing/numbers.ts";
import { read } from "../../../testing/tensors.ts";

/** Largest error as a share of the largest value. */
const TOLERANCE = 5e-6;

/** Operands of ranks 0 to 4, which broadcast to each other; `ties` and `steps` have small integers, `positive` no zeros. */
const OPERANDS = {
  scalar: [[], normals(1, 1)],
  row: [[5], normals(5, 2)],
  column: [[3, 1], normals(3, 3)],
  matrix: [[3, 5], normals(15, 4)],
  positive: [[3, 5], normals(15, 5).map((value) => 0.1 + Math.abs(value))],
  ties: [[4, 6], normals(24, 6).map((value) => Math.round(value))],
  steps: [[4, 1], [-1, 0, 1, 2]],
  cube: [[2, 3, 5], normals(30, 7)],
  images: [[2, 4, 3, 5], normals(120, 8)],
} as const;
type Name = keyof typeof OPERANDS;
type Expressions = (operands: Record<Name, tf.Tensor>) => tf.NamedTensorMap;

/** The operands as tensors of tfjs's current backend. */
function operands(): Record<Name, tf.Tensor> {
  const tensors = Object.entries(OPERANDS).map(([name, [shape, values]]) =>
    [name, tf.tensor(values, [...shape])] as const
  );
  return Object.fromEntries(tensors) as Record<Name, tf.Tensor>;
}

/** What tfjs's own CPU kernels make of `expressions`. */
async function computedOnCpu(expressions: Expressions) {
  const before = tf.getBackend();
  await tf.setBackend("cpu");
  const results = tf.tidy(() => {
    const tensors = Object.entries(expressions(operands()));
    return tensors.map(([name, tensor]) =>
      [name, { shape: [...tensor.shape], values: [...tensor.dataSync()] }] as const
    );
  });
  await tf.setBackend(before);
  return new Map(results);
}

/** Traces all `expressions` as one computation and replays it twice. */
async function assertTraced(backend: Backend, expressions: Expressions): Promise<void> {
  const expected = await computedOnCpu(expressions);
  const deviceState = backend.deviceState([]), inputs = operands();
  const compute = deviceState.compile((inputs) => expressions(inputs as Record<Name, tf.Tensor>));
  for (const result of [await compute(inputs), await compute(inputs)]) {
    assert.deepEqual(Object.keys(result), [...expected.keys()]);
    for (const [name, tensor] of Object.entries(result)) {
      const { shape, values } = expected.get(name)!;
      assert.deepEqual(tensor.shape, shape, name);
      const error = largestError(await read(tensor), values);
      assert.ok(error <= TOLERANCE, `${name}: error ${error} exceeds ${TOLERANCE}`);
    }
  }
  tf.dispose(inputs);
  deviceState.dispose();
}

onNaiveWebGpu(
  "traced functions of one and two values are tfjs's",
  (backend) =>
    assertTraced(
      backend,
      ({ scalar, row, column, matrix, positive, ties, steps, cube, images }) => ({
        add: tf.add(matrix, scalar),
        sub: tf.sub(row, matrix),
        mul: tf.mul(column, row),
        div: tf.div(column, cube),
        maximum: tf.maximum(images, row),
        greater: tf.cast(tf.greater(ties, steps), "float32"),
        greaterEqual: tf.cast(tf.greaterEqual(ties, steps), "float32"),
        less: tf.cast(tf.less(ties, steps), "float32"),
        lessEqual: tf.cast(tf.lessEqual(steps, ties), "float32"),
        equal: tf.cast(tf.equal(steps, ties), "float32"),
        notEqual: tf.cast(tf.notEqual(steps, ties), "float32"),
        and: tf.cast(tf.logicalAnd(tf.greater(ties, 0), tf.greater(steps, 0)), "float32"),
        or: tf.cast(tf.logicalOr(tf.greater(ties, 0), tf.greater(steps, 0)), "float32"),
        not: tf.cast(tf.logicalNot(tf.greater(ties, steps)), "float32"),
        minimum: tf.minimum(images, row),
        squaredDifference: tf.squaredDifference(matrix, column),
        pow: tf.pow(positive, row),
        powInteger: tf.pow(matrix, tf.scalar(3)),
        neg: tf.neg(scalar),
        sqrt: tf.sqrt(positive),
        square: tf.square(cube),
        abs: tf.abs(matrix),
        exp: tf.exp(cube),
        log: tf.log(positive),
        reciprocal: tf.reciprocal(positive),
        relu: tf.relu(images),
        sigmoid: tf.sigmoid(cube),
        softplus: tf.softplus(cube),
        tanh: tf.tanh(cube),
        step: tf.step(ties),
        stepDown: tf.step(ties, -1),
        softmax: tf.softmax(matrix),
        softmaxOfCube: tf.softmax(cube),
        logSoftmax: tf.logSoftmax(matrix),
        clip: tf.clipByValue(images, -0.5, 0.25),
        chosen: tf.where(tf.greater(column, 0), matrix, tf.neg(matrix)),
        chosenColumns: tf.where(tf.greater(row, 0), matrix, tf.zerosLike(matrix)),
        truths: tf.where(tf.tile(tf.greater(column, scalar), [1, 5]), matrix, positive),
      }),
    ),
);

onNaiveWebGpu(
  "traced sums and means run along tfjs's axes",
  (backend) =>
    assertTraced(backend, ({ scalar, row, matrix, ties, cube, images }) => ({
      ofScalar: tf.sum(scalar),
      ofRow: tf.mean(row),
      ofAll: tf.sum(images),
      ofNone: tf.sum(matrix, []),
      last: tf.sum(cube, -1),
      kept: tf.mean(images, [1, -2], true),
      outer: tf.sum(images, [0, 3]),
      allKept: tf.mean(cube, undefined, true),
      largest: tf.max(matrix, 1),
      largestOfAll: tf.max(images),
      largestKept: tf.max(cube, [0, 2], true),
      smallest: tf.min(images, [1, 2]),
      oneHot: tf.cast(tf.oneHot(tf.argMax(ties, 1), 6), "float32"),
      logSumExp: tf.logSumExp(matrix, 1),
      truths: tf.cast(tf.sum(tf.greater(ties, 0), 0), "float32"),
      argMax: tf.cast(tf.argMax(ties, 1), "float32"),
      argMaxLast: tf.cast(tf.argMax(ties, -1), "float32"),
    })),
);

onNaiveWebGpu(
  "traced matrix products transpose as tfjs's do",
  (backend) =>
    assertTraced(backend, ({ matrix, positive, cube }) => ({
      plain: tf.matMul(matrix, tf.reshape(positive, [5, 3])),
      left: tf.matMul(matrix, positive, true),
      right: tf.matMul(matrix, positive, false, true),
      both: tf.matMul(matrix, tf.reshape(cube, [10, 3]), true, true),
      ofOne: tf.matMul(tf.reshape(matrix, [1, 3, 5]), tf.reshape(positive, [1, 3, 5]), true),
    })),
);

onNaiveWebGpu(
  "traced values move as tfjs moves them",
  (backend) =>
    assertTraced(backend, ({ scalar, row, column, matrix, cube, images }) => {
      const parts = tf.split(images, [1, 1]), halves = tf.split(tf.tile(matrix, [2, 1]), 2);
      const [first, rest] = tf.split(tf.reshape(images, [24, 5]), [7, -1]);
      return {
        reshape: tf.reshape(images, [4, -1]),
        view: tf.add(tf.reshape(tf.clone(cube), [30]), 1),
        cast: tf.cast(matrix, "float32"),
        zeros: tf.zerosLike(cube),
        onesLike: tf.onesLike(cube),
        expanded: tf.expandDims(matrix, -1),
        expandedFirst: tf.expandDims(matrix, 0),
        ones: tf.ones([7]),
        concat: tf.concat([matrix, tf.reshape(row, [1, 5]), tf.reshape(cube, [6, 5])]),
        concatRows: tf.concat([row, tf.reshape(column, [3]), tf.reshape(scalar, [1])]),
        part: parts[1]!,
        half: tf.sub(halves[0]!, halves[1]!),
        first: first!,
        rest: rest!,
        tile: tf.tile(cube, [2, 1, 3]),
        tileRow: tf.tile(row, [3]),
        broadcast: tf.broadcastTo(column, [2, 3, 5]),
        broadcastScalar: tf.broadcastTo(scalar, [2, 2]),
      };
    }),
);

onNaiveWebGpu(
  "gradients that tfjs makes of traced expressions are its own",
  (backend) =>
    assertTraced(backend, ({ scalar, row, column, matrix, positive, cube, images }) => {
      const all = tf.grads((scalar, row, column, matrix, positive, cube, images) => {
        const ratio = tf.div(tf.mul(matrix, tf.sub(row, column)), tf.sqrt(positive));
        const bent = tf.add(ratio, tf.sqrt(tf.add(tf.square(tf.neg(ratio)), 1)));
        const product = tf.matMul(bent, tf.reshape(cube, [6, 5]), false, true);
        const joined = tf.concat([product, tf.mul(product, scalar)]);
        const [, lower] = tf.split(joined, [2, 4]);
        const pooled = tf.mean(images, [1, 2], true);
        const spread = tf.mul(tf.sum(tf.square(pooled), -1, true), images);
        return tf.add(tf.sum(tf.mul(lower!, lower!)), tf.mean(tf.square(spread)));
      })([scalar, row, column, matrix, positive, cube, images]);
      return Object.fromEntries(all.map((gradient, i) => [`gradient ${i}`, gradient]));
    }),
);

onNaiveWebGpu(
  "gradients of what losses are written in are tfjs's own",
  (backend) =>
    assertTraced(backend, ({ row, column, matrix, positive, ties }) => {
      const of = (f: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) =>
        tf.grad((x) => tf.sum(tf.mul(tf.square(f(x)), row)))(x);
      const ofTwo = (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) => {
        const [a, b] = tf.grads((a, b) => tf.sum(tf.mul(f(a!, b!), row)))([positive, matrix]);
        return tf.concat([a!, b!]);
      };
      const marked = tf.greater(matrix, column);
      return {
        exp: of(tf.exp)(matrix),
        log: of(tf.log)(positive),
        abs: of(tf.abs)(matrix),
        relu: of(tf.relu)(matrix),
        reciprocal: of(tf.reciprocal)(positive),
        sigmoid: of(tf.sigmoid)(matrix),
        softplus: of(tf.softplus)(matrix),
        tanh: of(tf.tanh)(matrix),
        clip: of((x) => tf.clipByValue(x, -0.5, 0.5))(matrix),
        softmax: of(tf.softmax)(matrix),
        logSoftmax: of(tf.logSoftmax)(matrix),
        max: of((x) => tf.max(x, 1, true))(matrix),
        min: of((x) => tf.min(x, 1, true))(matrix),
        maxOfTies: tf.grad((x) => tf.sum(tf.max(x, 1)))(ties),
        where: of((x) => tf.where(marked, x, tf.mul(x, 3)))(matrix),
        logSumExp: of((x) => tf.logSumExp(x, 1, true))(matrix),
        maximum: ofTwo(tf.maximum),
        minimum: ofTwo(tf.minimum),
        pow: ofTwo(tf.pow),
        squaredDifference: ofTwo(tf.squaredDifference),
      };
    }),
);

/** Fails unless tracing `compute` of a matrix `[2,3]` is refused with `message`. */
async function assertRefused(backend: Backend, compute: Compute, message: RegExp | string) {
  const deviceState = backend.deviceState([]), x = tf.ones([2, 3]);
  await assert.rejects(
    deviceState.compile(compute)({ x }),
    typeof message === "string" ? { message } : message,
  );
  x.dispose();
  deviceState.dispose();
}

onNaiveWebGpu("compile() names the kernel that cannot be traced", async (backend) => {
  const sentence =
    "The WebGPU engine has no kernel for Sin: write the computation without it, or compute it on wasm.";
  await assertRefused(backend, ({ x }) => ({ y: tf.sin(x!) }), sentence);
});

onNaiveWebGpu("compile() refuses what its kernels do not cover", async (backend) => {
  for (const axis of [1, -1]) {
    const sentence = "A traced computation joins and cuts along axis 0, not 1.";
    await assertRefused(backend, ({ x }) => ({ y: tf.concat([x!, x!], axis) }), sentence);
    await assertRefused(backend, ({ x }) => ({ y: tf.split(x!, 3, axis)[0]! }), sentence);
  }
  const others: [Compute, message: string][] = [
    [
      ({ x }) => ({ y: tf.argMax(x!, 0) }),
      "A traced computation takes argMax along the rows of a matrix only.",
    ],
    [
      ({ x }) => ({ y: tf.oneHot(tf.argMax(x!, 1), 3, 2, 0) }),
      "A traced computation has one-hot rows of ones and zeros only.",
    ],
    [
      ({ x }) => ({ y: tf.cast(x!, "int32") }),
      "A traced computation has no way to make int32 of float32.",
    ],
    [
      ({ x }) => ({ y: tf.matMul(tf.reshape(x!, [2, 1, 3]), tf.reshape(x!, [2, 3, 1])) }),
      "A traced computation multiplies single matrices, not [2,1,3] by [2,3,1].",
    ],
  ];
  for (const [compute, message] of others) await assertRefused(backend, compute, message);
});

onNaiveWebGpu("compile() refuses tensors that are neither inputs nor state", async (backend) => {
  const captured = tf.ones([3]);
  await assertRefused(
    backend,
    ({ x }) => ({ y: tf.add(x!, captured) }),
    "A traced computation takes its inputs and what lives in its device state, no other tensors.",
  );
  captured.dispose();
});
