import assert from "node:assert/strict";
import { apgd, type ApgdOptions, beginApgd } from "../../../src/attack/autoattack/apgd.ts";
import type { Example } from "../../../src/attack/autoattack/search.ts";

const VALUES = 4, LOGITS = Float32Array.of(1, 0);
const example: Example = {
  ...{ id: 0, x: new Float32Array(VALUES).fill(0.5), label: 0, logits: LOGITS },
  shape: { height: 2, width: 2, channels: 1 },
};

/** A gradient that turns from point to point. */
function slopeAt(point: Float32Array): Float32Array {
  return point.map((value, i) => Math.fround(Math.cos(40 * value + i)));
}

/** The points that a run asks about, `answers` times each: with nothing but zeros, and at last with `answers` gradients. */
function pointsAsked(options: ApgdOptions, answers: number): Float32Array[] {
  const points: Float32Array[] = [];
  const search = apgd(example, options, beginApgd(example.x, options));
  for (let asked = 1, step = search.next(); !step.done; asked++) {
    const { point } = step.value, last = asked % answers === 0;
    if (last) points.push(point.slice());
    const gradient = slopeAt(point).map((value) => last ? answers * value : 0);
    step = search.next({ logits: LOGITS, loss: 0, gradient });
  }
  return points;
}

Deno.test("apgd() averages the gradients at each point, and no others", () => {
  const options: ApgdOptions = { norm: "l2", epsilon: 0.25, iterations: 20 };
  const once = pointsAsked(options, 1);
  assert.equal(once.length, 21);
  assert.deepEqual(pointsAsked({ ...options, gradientSamples: 4 }, 4), once);
});

Deno.test("apgd() halves its step after too few rises, and where two stretches brought nothing better, but not at once again", () => {
  const options: ApgdOptions = { norm: "linf", epsilon: 0.25, iterations: 100 };
  const at = beginApgd(example.x, options), search = apgd(example, options, at);
  const gradient = new Float32Array(VALUES).fill(1), halvedAt: number[] = [];
  search.next();
  // The best is the first; then it falls for a stretch of 22, and rises for those of 19, 16 and 13 without coming near.
  for (let answered = 0, size = at.stepSize; answered <= 70; answered++) {
    const loss = answered <= 22 ? 100 - answered : answered / 10;
    search.next({ logits: LOGITS, loss, gradient });
    if (at.stepSize !== size) halvedAt.push(answered);
    size = at.stepSize;
  }
  assert.deepEqual(halvedAt, [22, 57]);
  assert.equal(at.stepSize, 2 * 0.25 / 4);
});
