import assert from "node:assert/strict";
import fc from "fast-check";
import {
  clamp,
  distanceBetween,
  lengthOf,
  projectOntoPlane,
  startAlong,
} from "../../../src/attack/autoattack/geometry.ts";

const norms = fc.constantFrom("linf" as const, "l2" as const);
const unit = fc.float({ min: 0, max: 1, noNaN: true });
const signed = fc.oneof(fc.constant(0), fc.float({ min: -1, max: 1, noNaN: true }));

/** A point in the box and a hyperplane with components that are 0 or large enough to matter in float32. */
const cases = fc.integer({ min: 1, max: 12 }).chain((n) =>
  fc.record({
    norm: norms,
    point: fc.array(unit, { minLength: n, maxLength: n }),
    normal: fc.array(signed.map((value) => Math.abs(value) < 1e-3 ? 0 : value), {
      minLength: n,
      maxLength: n,
    }),
    offset: fc.float({ min: -2, max: 2, noNaN: true }),
  })
);

/** The shortest step in the box onto the plane, or towards it, by bisection of how far every component may move. */
function bisect(norm: "linf" | "l2", point: number[], normal: number[], offset: number): number[] {
  const excess = normal.reduce((sum, value, i) => sum + value * point[i]!, -offset);
  const side = excess >= 0 ? 1 : -1;
  const step = (lambda: number) =>
    normal.map((value, i) => {
      if (value === 0) return 0;
      const way = -side * Math.sign(value) * lambda * (norm === "linf" ? 1 : Math.abs(value));
      return clamp(point[i]! + way, 0, 1) - point[i]!;
    });
  const reached = (lambda: number) =>
    side * step(lambda).reduce((sum, d, i) => sum + normal[i]! * d, excess) <= 0;
  let low = 0, high = 1e4;
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (reached(middle)) high = middle;
    else low = middle;
  }
  return step(high);
}

Deno.test("projectOntoPlane() is the shortest way in the box to the plane, or as near as the box lets it", () => {
  fc.assert(
    fc.property(cases, ({ norm, point, normal, offset }) => {
      const plane = { normal: Float32Array.from(normal), offset };
      const d = projectOntoPlane(norm, Float32Array.from(point), plane);
      const expected = bisect(norm, point, normal, offset);
      d.forEach((value, i) => {
        const moved = point[i]! + value;
        assert.ok(moved >= -1e-6 && moved <= 1 + 1e-6, `component ${i} ends at ${moved}`);
        assert.ok(Math.abs(value - expected[i]!) <= 2e-5, `component ${i}: ${value}`);
      });
    }),
    { numRuns: 2000 },
  );
});

Deno.test("projectOntoPlane() ends where rounding puts a component now in the box, now at its edge", () => {
  const point = [0.5921568870544434, 0.6000000238418579], offset = -0.22199003795627936;
  const normal = [0.45880362391471863, -0.24298222362995148];
  const plane = { normal: Float32Array.from(normal), offset };
  const d = projectOntoPlane("l2", Float32Array.from(point), plane);
  const expected = bisect("l2", point, normal, offset);
  d.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) <= 1e-6, `${value}`));
});

Deno.test("lengthOf() and distanceBetween() are the largest and the Euclidean length", () => {
  assert.equal(lengthOf("linf", [3, -4, 1]), 4);
  assert.equal(lengthOf("l2", [3, -4, 0]), 5);
  assert.equal(lengthOf("l2", []), 0);
  const a = Float32Array.of(1, 0.5), b = Float32Array.of(0.25, 1.5);
  assert.equal(distanceBetween("linf", a, b), 1);
  assert.equal(distanceBetween("l2", a, b), 1.25);
});

Deno.test("startAlong() goes a radius far in its direction and stays in [0,1]", () => {
  fc.assert(fc.property(norms, fc.array(signed, { minLength: 2, maxLength: 8 }), (norm, values) => {
    fc.pre(values.some((value) => Math.abs(value) > 1e-3));
    const direction = Float32Array.from(values), radius = 0.125;
    const middle = new Float32Array(values.length).fill(0.5);
    const start = startAlong(norm, middle, direction, radius);
    assert.ok(Math.abs(distanceBetween(norm, start, middle) - radius) < 1e-6);
    const along = start.reduce((sum, value, i) => sum + (value - 0.5) * direction[i]!, 0);
    assert.ok(along > 0);
    const corner = startAlong(norm, new Float32Array(values.length).fill(1), direction, radius);
    assert.ok(corner.every((value) => value >= 1 - radius && value <= 1));
  }));
});
