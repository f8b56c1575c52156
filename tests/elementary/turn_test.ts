import assert from "node:assert/strict";
import { cosOfTurn, sinCosOfTurn } from "../../src/elementary/turn.ts";
import { apart, REFERENCE } from "./reference.ts";

function sinCos(turns: number): [sine: number, cosine: number] {
  const pair = new Float64Array(2);
  sinCosOfTurn(turns, pair);
  return [pair[0]!, pair[1]!];
}

Deno.test("sinCosOfTurn() is mpmath's to the last bit, but for one value in a hundred that may be its neighbour", () => {
  let differ = 0;
  for (const [turns, ...expected] of REFERENCE.turn) {
    sinCos(turns).forEach((value, i) => {
      const distance = apart(value, expected[i]!);
      assert.ok(distance <= 1, `at ${turns} turns ${value}, not ${expected[i]}`);
      differ += distance;
    });
  }
  assert.ok(differ <= REFERENCE.turn.length * 2 / 100, `${differ} differ`);
});

Deno.test("sinCosOfTurn() is exact at quarter turns, however many", () => {
  for (const turns of [0, -0, 1, -7, 2 ** 52, Number.MAX_VALUE]) {
    assert.deepEqual(sinCos(turns), [0, 1]);
  }
  for (const turns of [0, 5, -3, 2 ** 40]) {
    assert.deepEqual(sinCos(turns + 0.25), [1, 0]);
    assert.deepEqual(sinCos(turns + 0.5), [0, -1]);
    assert.deepEqual(sinCos(turns - 0.25), [-1, 0]);
  }
});

Deno.test("sinCosOfTurn() of infinities and NaN is NaN", () => {
  for (const turns of [Infinity, -Infinity, NaN]) assert.deepEqual(sinCos(turns), [NaN, NaN]);
});

Deno.test("cosOfTurn() falls from 1 to -1 over half a turn", () => {
  const values = Array.from({ length: 10_001 }, (_, i) => cosOfTurn(i / 20_000));
  assert.equal(values[0], 1);
  assert.equal(values.at(-1), -1);
  values.forEach((value, i) => assert.ok(i === 0 || value < values[i - 1]!, `at ${i}`));
});
