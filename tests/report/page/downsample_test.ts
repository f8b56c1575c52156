import assert from "node:assert/strict";
import fc from "fast-check";
import { downsample } from "../../../src/report/page/downsample.ts";

Deno.test("downsample() keeps the ends, the lowest and the highest of any curve, in order", () => {
  const curves = fc.array(fc.tuple(fc.double({ min: 1e-3, max: 1, noNaN: true }), fc.integer()), {
    minLength: 1,
    maxLength: 300,
  });
  fc.assert(fc.property(curves, fc.integer({ min: 4, max: 80 }), (points, most) => {
    let at = 0;
    const x = points.map(([step]) => at += step), y = points.map(([, value]) => value);
    const short = downsample({ x, y }, most);
    assert.ok(short.x.length <= Math.max(most, 0) && short.x.length === short.y.length);
    assert.ok(short.x.every((value, i) => i === 0 || value > short.x[i - 1]!));
    assert.ok(short.x.every((value, i) => y[x.indexOf(value)] === short.y[i]));
    assert.deepEqual([short.x[0], short.x.at(-1)], [x[0], x.at(-1)]);
    assert.equal(Math.min(...short.y), Math.min(...y));
    assert.equal(Math.max(...short.y), Math.max(...y));
  }));
});

Deno.test("downsample() leaves a curve as it is that is short enough, and makes others nearly as long as they may be", () => {
  const x = Array.from({ length: 1000 }, (_, i) => i), y = x.map((value) => Math.sin(value));
  assert.deepEqual(downsample({ x, y }, 1000), { x, y });
  const { length } = downsample({ x, y }, 100).x;
  assert.ok(length > 90 && length <= 100, `${length} points`);
});
