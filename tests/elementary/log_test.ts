import assert from "node:assert/strict";
import { log } from "../../src/elementary/log.ts";
import { after, apart, REFERENCE } from "./reference.ts";

Deno.test("log() is mpmath's to the last bit, but for one value in a hundred that may be its neighbour", () => {
  const wrong = REFERENCE.log.filter(([x, value]) => log(x) !== value);
  for (const [x, value] of wrong) assert.equal(apart(log(x), value), 1, `log ${x} is ${log(x)}`);
  assert.ok(wrong.length <= REFERENCE.log.length / 100, `${wrong.length} differ`);
});

Deno.test("log() of zeros, infinities, negative numbers and NaN is as IEEE 754 has it", () => {
  assert.deepEqual([0, -0, Infinity].map(log), [-Infinity, -Infinity, Infinity]);
  assert.deepEqual([-1, -5e-324, -Infinity, NaN].map(log), [NaN, NaN, NaN, NaN]);
  assert.ok(Object.is(log(1), 0));
});

Deno.test("log() never falls, over the edges of its table and of powers of two", () => {
  const edges = Array.from({ length: 129 }, (_, row) => 1 + row / 128);
  for (const edge of edges.flatMap((m) => [m, m / 2, m * 2, 5e-324 * Math.round(m * 128)])) {
    for (let x = edge * (1 - 1e-15), i = 0; i < 20; i++, x = after(x)) {
      assert.ok(log(after(x)) >= log(x), `after ${x}`);
    }
  }
});
