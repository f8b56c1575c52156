import assert from "node:assert/strict";
import fc from "fast-check";
import { KernelBench } from "../../../testing/wasm/kernels.ts";
import { normals } from "../../../testing/naive/convolutions.ts";

const MEGABYTES = 16;
const f = Math.fround;

/** Sizes, how slices are cut, and what follows the products. */
const cases = fc.record({
  n: fc.integer({ min: 1, max: 5 }),
  rows: fc.integer({ min: 1, max: 20 }),
  c: fc.integer({ min: 1, max: 21 }),
  examples: fc.integer({ min: 1, max: 3 }),
  shift: fc.boolean(),
  add: fc.constantFrom("none", "other", "result"),
  mask: fc.boolean(),
  relu: fc.boolean(),
  build: fc.constantFrom("relaxed" as const, "strict" as const),
});

Deno.test("scaleShift() gives the bits of float32 arithmetic, whatever follows the products", () => {
  fc.assert(
    fc.property(cases, ({ n, rows, c, examples, build, ...following }) => {
      const size = n * rows * c, bench = new KernelBench(build, MEGABYTES);
      const [x, scale, shift] = [normals(size, 1), normals(c, 2), normals(c, 3)];
      const add = normals(size, 4), mask = normals(size, 5).map((value) => Math.max(0, value));
      const y = bench.array(following.add === "result" ? add : size);
      const added = { none: 0, other: bench.array(add), result: y }[following.add];
      const words = [
        ...[bench.array(x), bench.array(scale), y, following.shift ? bench.array(shift) : 0],
        ...[added, following.mask ? bench.array(mask) : 0, Number(following.relu)],
        ...[n, rows, c, examples],
      ];
      const slices = Math.ceil(n / examples);
      bench.run("scaleShift", words, slices, [...Array(slices).keys()].reverse());
      const expected = x.map((value, i) => {
        const product = f(value * scale[i % c]!);
        const shifted = following.shift ? f(product + shift[i % c]!) : product;
        const sum = added === 0 ? shifted : f(shifted + add[i]!);
        const raised = following.relu ? Math.max(0, sum) : sum;
        return following.mask && mask[i] === 0 ? 0 : raised;
      });
      assert.deepEqual(bench.read(y, size), expected);
    }),
    { seed: 1, numRuns: 100 },
  );
});
