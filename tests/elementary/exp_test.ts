import assert from "node:assert/strict";
import { exp } from "../../src/elementary/exp.ts";
import { after, apart, REFERENCE } from "./reference.ts";

Deno.test("exp() is mpmath's to the last bit, but for one value in fifty that may be its neighbour", () => {
  const wrong = REFERENCE.exp.filter(([x, value]) => exp(x) !== value);
  for (const [x, value] of wrong) assert.equal(apart(exp(x), value), 1, `exp ${x} is ${exp(x)}`);
  assert.ok(wrong.length <= REFERENCE.exp.length / 50, `${wrong.length} differ`);
});

Deno.test("exp() of zeros, infinities, NaN and what is too large or small is as IEEE 754 has it", () => {
  assert.deepEqual([0, -0, 5e-324, -5e-324].map(exp), [1, 1, 1, 1]);
  assert.deepEqual([Infinity, -Infinity, NaN].map(exp), [Infinity, 0, NaN]);
  assert.equal(exp(709.7827128933841), Infinity);
  assert.deepEqual([-745.1332191019411, -745.1332191019412].map(exp), [5e-324, 0]);
});

Deno.test("exp() never falls, over the edges of its table", () => {
  for (let k = -1074 * 64; k < 1024 * 64; k += 11) {
    const edge = (k + 0.5) * Math.LN2 / 64; // halfway between two rows
    for (let x = edge - Math.abs(edge) * 1e-15, i = 0; i < 20; i++, x = after(x)) {
      assert.ok(exp(after(x)) >= exp(x), `after ${x}`);
    }
  }
});
