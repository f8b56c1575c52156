import assert from "node:assert/strict";
import { assertWithinBounds } from "../../src/attack/bounds.ts";
import { RunError } from "../../src/errors.ts";
import { VALUES } from "../testing/images.ts";

const IDS = [7, 42];
const LINF = { norm: "linf", epsilon: 8 / 255 } as const;
const L2 = { norm: "l2", epsilon: 0.5 } as const;

/** Two grey images, and the same with `delta` added to value `at` of the second. */
function pair(delta: number, at = 100): [Float32Array, Float32Array] {
  const x = new Float32Array(2 * VALUES).fill(0.5);
  const adversarial = x.slice();
  adversarial[VALUES + at]! += delta;
  return [x, adversarial];
}

function refuses(
  x: Float32Array,
  adversarial: Float32Array,
  bounds: typeof LINF | typeof L2,
  message: RegExp,
) {
  assert.throws(() => assertWithinBounds(x, adversarial, bounds, IDS), (error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("assertWithinBounds() lets rounding pass", () => {
  for (const delta of [0, LINF.epsilon, -LINF.epsilon, LINF.epsilon + 5e-7]) {
    assertWithinBounds(...pair(delta), LINF, IDS);
  }
  assertWithinBounds(...pair(0.5), L2, IDS);
  assertWithinBounds(new Float32Array(0), new Float32Array(0), LINF, []);
});

Deno.test("assertWithinBounds() names the image that left the L∞ ball", () => {
  refuses(
    ...pair(LINF.epsilon + 3e-6),
    LINF,
    /on image 42 went 0\.0313\d* far, beyond its radius 0\.0313/,
  );
  refuses(...pair(-0.2), LINF, /image 42/);
});

Deno.test("assertWithinBounds() sums the L2 distance over an image", () => {
  const [x, adversarial] = pair(0.4);
  assertWithinBounds(x, adversarial, L2, IDS);
  adversarial[VALUES]! += 0.4; // √(0.4² + 0.4²) ≈ 0.57
  refuses(x, adversarial, L2, /image 42 went 0\.56/);
  // The same two, one in each image, are both inside.
  const [, apart] = pair(0.4);
  apart[0]! += 0.4;
  assertWithinBounds(x, apart, L2, IDS);
});

Deno.test("assertWithinBounds() refuses values outside [0,1] and what is no number", () => {
  const wide = { norm: "linf", epsilon: 1 } as const;
  for (const value of [NaN, Infinity, -1e-7, 1.0000002]) {
    const [x, adversarial] = pair(0);
    adversarial[VALUES - 1] = value;
    assert.throws(() => assertWithinBounds(x, adversarial, wide, IDS), (error) => {
      assert.ok(error instanceof RunError);
      assert.match(error.message, /image 7 left \[0,1\] or is not a number/);
      return true;
    });
  }
});
