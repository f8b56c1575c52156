import assert from "node:assert/strict";
import { idleEpoch, interpolate, knotsText, readKnots } from "../../src/optimise/knots.ts";

Deno.test("readKnots() reads what knotsText() writes, whole numbers and fractions", () => {
  const knots = [{ epoch: 0, share: 1e-7 }, { epoch: 2.5, share: 1 }, { epoch: 1e21, share: 0 }];
  assert.deepEqual(readKnots(knotsText(knots)), knots);
  assert.equal(knotsText(readKnots(" 0:0, 15.0:1.00 ,30:0")!), "0:0,15:1,30:0");
});

Deno.test("readKnots() refuses what is no curve", () => {
  const wrong = ["", "0", "0:", ":1", "0:0", "0:0,1:0", "0:1,", "0:1,0:0.5", "2:1,1:0", "0:1.5"];
  const odd = ["0:-1,1:1", "-1:0,1:1", "0:1:2", "a:1", "0:NaN", "0x1:1", "0:1;1:0", "1e999:1"];
  for (const text of [...wrong, ...odd]) assert.equal(readKnots(text), undefined, text);
});

Deno.test("interpolate() stays what it is before the first knot and after the last", () => {
  const knots = readKnots("1:0.5,3:1,4:0.25")!;
  const at = [0, 1, 2, 3, 3.5, 4, 100].map((epoch) => interpolate(knots, epoch));
  assert.deepEqual(at, [0.5, 0.5, 0.75, 1, 0.625, 0.25, 0.25]);
  assert.equal(interpolate(readKnots("7:0.5")!, 7), 0.5);
});

Deno.test("idleEpoch() is the first epoch of which no part is over 0", () => {
  const cases: [string, number, number | undefined][] = [
    ["0:0,1:1,2:0", 2, undefined],
    ["0:0,1:1,2:0", 3, 3],
    ["0:1,1.5:0", 2, undefined], // half of the second
    ["0:1,1.5:0", 3, 3],
    ["0:1,1:0,1.5:0,2:0,3:1", 9, 2], // over several knots
    ["0:1,1:0,1.5:0.5,2:0,3:1", 9, undefined], // 0 at both of its ends
    ["0:1,1.5:0,2.5:0,3:1", 9, undefined], // an epoch's length, of two halves
    ["3:0,4:1", 9, 1],
    ["0.5:0,4:1", 9, undefined],
    ["0:1,1e21:0", 1e15, undefined],
  ];
  for (const [text, epochs, expected] of cases) {
    assert.equal(idleEpoch(readKnots(text)!, epochs), expected, `${text} of ${epochs}`);
  }
  const tail = readKnots("0:1,2:0")!;
  assert.deepEqual([idleEpoch(tail, 9, 1), idleEpoch(tail, 9, 5)], [3, 6]);
});
