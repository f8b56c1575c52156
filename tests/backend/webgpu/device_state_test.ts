import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend, TensorMap } from "../../../src/backend/backend.ts";
import { sgdStep } from "../../../src/backend/operations/sgd_step.ts";
import { onNaiveWebGpu } from "../../testing/naive/engine.ts";

const read = async (backend: Backend, tensor: tf.Tensor) => {
  const values = [...await backend.guard(tensor.data<"float32">())];
  tensor.dispose();
  return values;
};

async function snapshotOf(
  backend: Backend,
  deviceState: ReturnType<Backend["deviceState"]>,
  map: TensorMap,
) {
  const values: Record<string, number[]> = {};
  for (const [name, tensor] of deviceState.snapshot(map)) {
    values[name] = await read(backend, tensor);
  }
  return values;
}

onNaiveWebGpu("compile() replays with the inputs and the state of every call", async (backend) => {
  const state: TensorMap = new Map([["sum", tf.tensor1d([0, 0, 0])]]);
  const deviceState = backend.deviceState([state]);
  let traces = 0;
  const accumulate = deviceState.compile(({ x, y }) => {
    traces++;
    const product = tf.mul(x!, y!);
    state.set("sum", tf.add(state.get("sum")!, product));
    return { product };
  });
  const y = tf.tensor1d([2, 4, 8]);
  for (const [i, first] of [1, 10, 100].entries()) {
    const x = tf.tensor1d([first, 2, 3]);
    const { product } = await accumulate({ x, y });
    x.dispose();
    assert.deepEqual(await read(backend, product!), [2 * first, 8, 24]);
    const expected = [[2, 8, 24], [22, 16, 48], [222, 24, 72]][i];
    assert.deepEqual(await snapshotOf(backend, deviceState, state), { sum: expected });
  }
  assert.equal(traces, 1, "tfjs is asked once");
  const wide = [tf.tensor2d([[1, 1, 1]]), tf.tensor2d([[1, 1, 1]])] as const;
  const { product } = await accumulate({ x: wide[0], y: wide[1] });
  assert.deepEqual(product!.shape, [1, 3]);
  assert.equal(traces, 2, "and again for another shape");
  tf.dispose([y, product!, ...wide]);
  deviceState.dispose();
});

onNaiveWebGpu(
  "compile() traces each of many shapes once, as batches with ever other numbers of memory examples have them",
  async (backend) => {
    const deviceState = backend.deviceState([]);
    let traces = 0;
    const double = deviceState.compile(({ x }) => {
      traces++;
      return { y: tf.mul(x!, 2) };
    });
    for (const n of [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]) {
      const x = tf.fill([n], n);
      const { y } = await double({ x });
      assert.deepEqual(await read(backend, y!), Array(n).fill(2 * n));
      x.dispose();
    }
    assert.equal(traces, 6);
    deviceState.dispose();
  },
);

onNaiveWebGpu(
  "compile() gives what it returned to the caller: later calls do not change it",
  async (backend) => {
    const deviceState = backend.deviceState([]);
    const double = deviceState.compile(({ x }) => ({ y: tf.mul(x!, 2) }));
    const inputs = [1, 2].map((value) => tf.tensor1d([value]));
    const [{ y: first }, { y: second }] = [
      await double({ x: inputs[0]! }),
      await double({ x: inputs[1]! }),
    ];
    tf.dispose(inputs);
    assert.deepEqual(await read(backend, first!), [2]);
    assert.deepEqual(await read(backend, second!), [4]);
    deviceState.dispose();
  },
);

onNaiveWebGpu(
  "compile() lets computations share state, and each keeps its own constants",
  async (backend) => {
    const state: TensorMap = new Map([["a", tf.tensor1d([1, 2])], ["b", tf.tensor1d([0, 0])]]);
    const deviceState = backend.deviceState([state]);
    const grow = deviceState.compile(() => {
      state.set("a", tf.mul(state.get("a")!, tf.tensor1d([3, 5])));
      return {};
    });
    const keep = deviceState.compile(() => {
      state.set("b", tf.add(state.get("a")!, tf.tensor1d([100, 200])));
      return {};
    });
    for (const compute of [grow, keep, grow]) await compute({});
    assert.deepEqual(await snapshotOf(backend, deviceState, state), { a: [9, 50], b: [103, 210] });
    await keep({});
    assert.deepEqual(await snapshotOf(backend, deviceState, state), { a: [9, 50], b: [109, 250] });
    deviceState.dispose();
  },
);

onNaiveWebGpu("compile() exchanges two parts of the state", async (backend) => {
  const state: TensorMap = new Map([["a", tf.tensor1d([1, 2])], ["b", tf.tensor1d([3, 4])]]);
  const deviceState = backend.deviceState([state]);
  const swap = deviceState.compile(() => {
    const [a, b] = ["a", "b"].map((name) => tf.add(state.get(name)!, 0));
    state.set("a", b!);
    state.set("b", a!);
    return {};
  });
  await swap({});
  assert.deepEqual(await snapshotOf(backend, deviceState, state), { a: [3, 4], b: [1, 2] });
  deviceState.dispose();
});

onNaiveWebGpu("sgdStep() updates all parameters of a deviceState at once", async (backend) => {
  const maps = ["w", "g", "v"].map((kind, i): TensorMap =>
    new Map([["a", tf.tensor1d([4 * i, 8, -2])], ["b", tf.fill([70], kind === "g" ? 2 : 1)]])
  );
  const [weights, gradients, velocities] = maps as [TensorMap, TensorMap, TensorMap];
  const deviceState = backend.deviceState(maps);
  const update = deviceState.compile(({ rates }) => {
    const attributes = { weightDecay: 0.5, nesterov: true };
    sgdStep(weights, gradients, velocities, rates as tf.Tensor1D, attributes);
    return {};
  });
  const rates = tf.tensor1d([0.25, 0.5]);
  await update({ rates });
  rates.dispose();
  // g = 2 + 0.5·1, v = 0.5·1 + g, w = 1 − 0.25 (g + 0.5 v)
  const after = await snapshotOf(backend, deviceState, weights);
  assert.deepEqual(after.b, Array(70).fill(1 - 0.25 * (2.5 + 0.5 * 3)));
  assert.deepEqual((await snapshotOf(backend, deviceState, velocities)).b, Array(70).fill(3));
  assert.equal(after.a![0], 0 - 0.25 * (4 + 0.5 * (0.5 * 8 + 4)));
  deviceState.dispose();
});

onNaiveWebGpu("compile() refuses a computation that reads values", async (backend) => {
  const deviceState = backend.deviceState([]);
  const x = tf.tensor1d([1]);
  const peek = deviceState.compile(({ x }) => ({ y: tf.scalar(x!.dataSync()[0]!) }));
  await assert.rejects(peek({ x }), /cannot read values/);
  x.dispose();
  deviceState.dispose();
});

onNaiveWebGpu("compile() refuses inputs that are not float32", async (backend) => {
  const deviceState = backend.deviceState([]);
  const twice = deviceState.compile(({ x }) => ({ y: tf.mul(x!, 2) }));
  const x = tf.tensor1d([1, 2], "int32");
  await assert.rejects(twice({ x }), {
    name: "TypeError",
    message: "A computation takes float32, but x is int32.",
  });
  x.dispose();
  deviceState.dispose();
});

onNaiveWebGpu("compile() leaves the state as it was when a computation fails", async (backend) => {
  const state: TensorMap = new Map([["a", tf.tensor1d([1, 2])]]);
  const deviceState = backend.deviceState([state]);
  const grow = (fails: boolean) =>
    deviceState.compile(() => {
      state.set("a", tf.add(state.get("a")!, 1));
      if (fails) throw new Error("halfway");
      return {};
    })({});
  await grow(false);
  await assert.rejects(grow(true), /halfway/);
  assert.deepEqual(await snapshotOf(backend, deviceState, state), { a: [2, 3] });
  await grow(false);
  assert.deepEqual(await snapshotOf(backend, deviceState, state), { a: [3, 4] });
  deviceState.dispose();
});

onNaiveWebGpu("preflight() tells what is needed without running anything", async (backend) => {
  const state: TensorMap = new Map([["a", tf.zeros([64])]]);
  const deviceState = backend.deviceState([state]);
  const compute = deviceState.compile(({ x }) => {
    state.set("a", tf.add(state.get("a")!, tf.sum(x!)));
    return {};
  });
  const demands = await Promise.all(
    [1, 1000].map((n) =>
      deviceState.preflight([{ computation: compute, shapes: { x: [n, 1024] } }], false)
    ),
  );
  const [small, large] = demands.map((demand) => demand!);
  assert.ok(large!.largest >= 1000 * 4096 && large!.largest < 1001 * 4096, `${large!.largest}`);
  assert.ok(large!.bytes - small!.bytes >= 999 * 4096);
  assert.ok(large!.limit >= 2 ** 27);
  assert.deepEqual(await snapshotOf(backend, deviceState, state), { a: Array(64).fill(0) });
  deviceState.dispose();
});

onNaiveWebGpu("compile() keeps one value in several parts of the state", async (backend) => {
  const maps = ["first", "second"].map((): TensorMap =>
    new Map([["a", tf.tensor1d([1, 2])], ["b", tf.tensor1d([3, 4])]])
  );
  const deviceState = backend.deviceState(maps), [first, second] = maps as [TensorMap, TensorMap];
  const spread = deviceState.compile(() => {
    const sum = tf.add(first.get("a")!, first.get("b")!);
    first.set("b", sum);
    for (const name of ["a", "b"]) second.set(name, sum.clone());
    return {};
  });
  for (const sum of [[4, 6], [5, 8]]) {
    await spread({});
    assert.deepEqual(await snapshotOf(backend, deviceState, first), { a: [1, 2], b: sum });
    assert.deepEqual(await snapshotOf(backend, deviceState, second), { a: sum, b: sum });
  }
  deviceState.dispose();
});

onNaiveWebGpu(
  "compile() takes what is returned or put elsewhere from the state as it was",
  async (backend) => {
    const state: TensorMap = new Map([["a", tf.tensor1d([1, 2])], ["b", tf.tensor1d([3, 4])]]);
    const deviceState = backend.deviceState([state]);
    const move = deviceState.compile(({ x }) => {
      const [a, b] = ["a", "b"].map((name) => state.get(name)!);
      state.set("a", b!.clone());
      state.set("b", x!.clone());
      return { a: a!, b: b!.clone(), x: x! };
    });
    const x = tf.tensor1d([5, 6]);
    for (const [a, b] of [[[1, 2], [3, 4]], [[3, 4], [5, 6]]]) {
      const results = await move({ x });
      const values = [];
      for (const name of ["a", "b", "x"]) values.push(await read(backend, results[name]!));
      assert.deepEqual(values, [a, b, [5, 6]]);
      assert.deepEqual(await snapshotOf(backend, deviceState, state), { a: b, b: [5, 6] });
    }
    x.dispose();
    deviceState.dispose();
  },
);

onNaiveWebGpu("compile() leaves no tensors behind that a computation keeps", async (backend) => {
  const state: TensorMap = new Map([["a", tf.tensor1d([1, 2])]]);
  const deviceState = backend.deviceState([state]);
  const before = tf.memory().numTensors;
  const compute = deviceState.compile(() => {
    state.set("a", tf.keep(tf.add(state.get("a")!, 1)));
    return { twice: tf.keep(tf.mul(state.get("a")!, 2)) };
  });
  assert.deepEqual(await read(backend, (await compute({})).twice!), [4, 6]);
  assert.equal(tf.memory().numTensors, before);
  deviceState.dispose();
});

onNaiveWebGpu("compile() makes one part of the state of another's new value", async (backend) => {
  const state: TensorMap = new Map([["a", tf.tensor1d([1, 2])], ["b", tf.tensor1d([0, 0])]]);
  const deviceState = backend.deviceState([state]);
  const chain = deviceState.compile(({ x }) => {
    state.set("a", tf.mul(x!, 2));
    state.set("b", tf.add(state.get("a")!, 1));
    return {};
  });
  const x = tf.tensor1d([3, 4]);
  await chain({ x });
  assert.deepEqual(await snapshotOf(backend, deviceState, state), { a: [6, 8], b: [7, 9] });
  x.dispose();
  deviceState.dispose();
});

onNaiveWebGpu(
  "a computation refuses integers that tfjs calls float32, rather than read their bits",
  async (backend) => {
    const deviceState = backend.deviceState([]);
    const double = deviceState.compile(({ x }) => ({ y: tf.mul(x!, 2) }));
    const integers = tf.tensor1d([1, 2, 3], "int32"), named = tf.cast(integers, "float32");
    await assert.rejects(double({ x: named }), /takes float32, not the bits of int32/);
    const x = tf.tensor1d([1, 2, 3]);
    assert.deepEqual(await read(backend, (await double({ x })).y!), [2, 4, 6]);
    tf.dispose([integers, named, x]);
    deviceState.dispose();
  },
);
