import assert from "node:assert/strict";
import {
  binary,
  type BinaryFunction,
  select,
  unary,
  type UnaryFunction,
} from "../../../../src/backend/webgpu/operations/elementwise.ts";
import { assertSnapshot } from "../../../testing/snapshot.ts";
import { assertWithin, normals, onBench, textOf } from "./support.ts";

const UNARY: Record<UnaryFunction, (a: number) => number> = {
  neg: (a) => -a,
  sqrt: Math.sqrt,
  square: (a) => a * a,
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  reciprocal: (a) => 1 / a,
  relu: (a) => Math.max(0, a),
  silu: (a) => a / (1 + Math.exp(-a)),
  sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  softplus: (a) => Math.log1p(Math.exp(a)),
  tanh: Math.tanh,
  not: (a) => Number(a === 0),
};

const BINARY: Record<BinaryFunction, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: Math.max,
  min: Math.min,
  pow: Math.pow,
  siluGradient: (a, b) => {
    const share = 1 / (1 + Math.exp(-a));
    return b * share * (1 + a * (1 - share));
  },
  squaredDifference: (a, b) => (a - b) ** 2,
  equal: (a, b) => Number(a === b),
  notEqual: (a, b) => Number(a !== b),
  greater: (a, b) => Number(a > b),
  greaterEqual: (a, b) => Number(a >= b),
  less: (a, b) => Number(a < b),
  lessEqual: (a, b) => Number(a <= b),
  and: (a, b) => Number(a !== 0 && b !== 0),
  or: (a, b) => Number(a !== 0 || b !== 0),
};

onBench("unary() gives the function of every value", async (bench) => {
  for (const [name, f] of Object.entries(UNARY)) {
    const a = normals(13, 1).map((value) => /sqrt|log/.test(name) ? Math.abs(value) : value);
    if (name === "not") a.fill(0, 5, 8);
    const [actual] = await bench.run(unary(name as UnaryFunction, 13), [a], [13]);
    assertWithin(actual!, Array.from(a, f), name);
  }
});

onBench("binary() gives the function of every pair of values", async (bench) => {
  for (const [name, f] of Object.entries(BINARY)) {
    const a = normals(14, 2), b = normals(14, 3);
    b.set(a.subarray(0, 3));
    if (name !== "div") {
      a[9] =
        b[9] =
        a[10] =
        b[11] =
          0;
    }
    if (name === "pow") {
      a.forEach((value, i) => a[i] = Math.abs(value));
      a.set([-2, -1.5, -3, 0], 2);
      b.set([3, 2, -1, 1.5], 2);
      b[10] = 2; // 0⁰ remains at 9
    }
    const lowered = binary(name as BinaryFunction, [2, 7], [2, 7]);
    const [actual] = await bench.run(lowered, [a, b], [14]);
    assertWithin(actual!, Array.from(a, (value, i) => f(value, b[i]!)), name);
  }
});

onBench("binary() broadcasts either operand", async (bench) => {
  for (
    const [shapeA, shapeB, atA, atB] of [
      [[3, 5], [5], (i, j) => 5 * i + j, (_, j) => j],
      [[3, 1], [3, 5], (i) => i, (i, j) => 5 * i + j],
      [[], [3, 5], () => 0, (i, j) => 5 * i + j],
      [[3, 1], [1, 5], (i) => i, (_, j) => j],
      [[1, 3, 1, 5], [1], (i, j) => 5 * i + j, () => 0],
    ] as [number[], number[], ...((i: number, j: number) => number)[]][]
  ) {
    const size = (shape: number[]) => shape.reduce((a, b) => a * b, 1);
    const a = normals(size(shapeA), 4), b = normals(size(shapeB), 5);
    const [actual] = await bench.run(binary("sub", shapeA, shapeB), [a, b], [15]);
    const expected = Array.from({ length: 15 }, (_, k) => {
      const [i, j] = [Math.floor(k / 5), k % 5];
      return a[atA!(i, j)]! - b[atB!(i, j)]!;
    });
    assertWithin(actual!, expected, `[${shapeA}] − [${shapeB}]`);
  }
});

onBench("select() takes the first where the condition is not zero", async (bench) => {
  const condition = Float32Array.of(1, 0, -2, 0, 1), [a, b] = [normals(5, 6), normals(5, 7)];
  const [actual] = await bench.run(select(5), [condition, a, b], [5]);
  assert.deepEqual(actual, a.map((value, i) => condition[i] ? value : b[i]!));
});

onBench("binary() covers more values than one direction of the grid takes", async (bench) => {
  const rows = 3000, columns = 1399; // 65,579 workgroups of 64 threads
  const a = normals(rows, 8), b = normals(columns, 9);
  const lowered = binary("add", [rows, 1], [columns]);
  assert.ok(lowered.dispatches[0]!.kernel.grid[1] > 1);
  const [actual] = await bench.run(lowered, [a, b], [rows * columns]);
  for (let i = 0; i < actual!.length; i += 1009) {
    assert.equal(actual![i], Math.fround(a[Math.floor(i / columns)]! + b[i % columns]!));
  }
  assert.equal(actual!.at(-1), Math.fround(a.at(-1)! + b.at(-1)!));
});

Deno.test("unary(), binary() and select() write this WGSL", async () => {
  await assertSnapshot(import.meta.url, "unary.wgsl", textOf(unary("square", 6)));
  await assertSnapshot(import.meta.url, "binary.wgsl", textOf(binary("greater", [2, 3], [2, 3])));
  const broadcast = textOf(binary("mul", [4, 1, 3], [5, 1]));
  await assertSnapshot(import.meta.url, "binary_broadcast.wgsl", broadcast);
  await assertSnapshot(import.meta.url, "select.wgsl", textOf(select(6)));
});
