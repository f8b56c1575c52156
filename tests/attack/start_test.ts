import assert from "node:assert/strict";
import { continueFrom, gaussianStart, normalNoise, uniformStart } from "../../src/attack/start.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";
import { VALUES } from "../testing/images.ts";

const EPSILON = 8 / 255;
const BALL = { norm: "linf", epsilon: EPSILON } as const;
const IDS = [5, 0, 49_999];

/** One image per id, a tenth of the values exactly 0 and a tenth exactly 1. */
function makeImages(ids: readonly number[]): Float32Array {
  const stream = new Stream(1, Purpose.synthetic);
  return Float32Array.from(
    { length: ids.length * VALUES },
    () => Math.min(1, Math.max(0, 1.25 * stream.uniform() - 0.125)),
  );
}

function rowOf(values: Float32Array, row: number): Float32Array {
  return values.subarray(row * VALUES, (row + 1) * VALUES);
}

/** Mean, and root of the mean square. */
function meanAndScale(values: ArrayLike<number>): [mean: number, scale: number] {
  const list = Array.from(values);
  const mean = list.reduce((a, b) => a + b, 0) / list.length;
  return [mean, Math.sqrt(list.reduce((a, b) => a + b * b, 0) / list.length)];
}

const X = makeImages(IDS);

/** Every kind of draw, as a function of the images and what keys it. */
const KINDS: [
  string,
  (x: Float32Array, ids: number[], seed: number, epoch: number) => Float32Array,
][] = [
  ["gaussianStart", gaussianStart],
  [
    "uniformStart",
    (x, ids, seed, epoch) => uniformStart(x, ids, BALL, seed, Purpose.attackStart, epoch),
  ],
  [
    "uniformStart (L2)",
    (x, ids, seed, epoch) =>
      uniformStart(x, ids, { norm: "l2", epsilon: 0.5 }, seed, Purpose.attackStart, epoch),
  ],
  ["normalNoise", (_, ids, seed, epoch) => normalNoise(ids, VALUES, seed, epoch, 0)],
];

for (const [name, draw] of KINDS) {
  Deno.test(`${name}() is keyed by the image's id, not by its row`, () => {
    const together = draw(X, IDS, 1, 1);
    IDS.forEach((id, row) => {
      assert.deepEqual(draw(rowOf(X, row), [id], 1, 1), rowOf(together, row));
    });
  });

  Deno.test(`${name}() draws anew for another id, seed or epoch`, () => {
    const x = rowOf(X, 0);
    const draws = [[5, 1, 1], [6, 1, 1], [5, 2, 1], [5, 1, 2]].map(([id, seed, epoch]) =>
      draw(x, [id!], seed!, epoch!)
    );
    for (let a = 0; a < draws.length; a++) {
      for (let b = 0; b < a; b++) assert.notDeepEqual(draws[a], draws[b]);
    }
    assert.deepEqual(draw(x, [5], 1, 1), draws[0]);
  });
}

Deno.test("gaussianStart() adds normal noise of 0.001 and does not clip", () => {
  const start = gaussianStart(X, IDS, 3, 2);
  const noise = start.map((value, i) => value - X[i]!);
  const [mean, scale] = meanAndScale(noise);
  assert.ok(Math.abs(mean) < 5e-5, `mean ${mean}`);
  assert.ok(Math.abs(scale - 0.001) < 3e-5, `standard deviation ${scale}`);
  const beyond = noise.filter((value) => Math.abs(value) > 0.002).length / noise.length;
  assert.ok(Math.abs(beyond - 0.0455) < 0.01, `${beyond} lie beyond two deviations`);
  assert.ok(start.some((value) => value < 0) && start.some((value) => value > 1));
});

Deno.test("uniformStart() fills the L∞ ball and stays in [0,1]", () => {
  const start = uniformStart(X, IDS, BALL, 3, Purpose.evaluationStart, 2);
  assert.ok(start.every((value) => value >= 0 && value <= 1));
  const deltas = Array.from(start, (value, i) => value - X[i]!);
  assert.ok(deltas.every((delta) => Math.abs(delta) <= EPSILON + 1e-7));
  // Where nothing can be clipped, the perturbation is uniform.
  const free = deltas.filter((_, i) => X[i]! > EPSILON && X[i]! < 1 - EPSILON);
  const [mean, scale] = meanAndScale(free.map((delta) => delta / EPSILON));
  assert.ok(Math.abs(mean) < 0.03, `mean ${mean}`);
  assert.ok(Math.abs(scale - Math.sqrt(1 / 3)) < 0.015, `scale ${scale}`);
});

Deno.test("uniformStart() is uniform in the L2 ball", () => {
  const ids = Array.from({ length: 40 }, (_, id) => id), epsilon = 0.5;
  const x = new Float32Array(ids.length * VALUES).fill(0.5);
  const ball = { norm: "l2", epsilon } as const;
  const start = uniformStart(x, ids, ball, 3, Purpose.attackStart, 2);
  const deltas = start.map((value, i) => value - x[i]!);
  // (r/ε)^d is uniform in [0,1] where r is the radius of a uniform point.
  const shares = ids.map((_, row) => {
    const radius = meanAndScale(rowOf(deltas, row))[1] * Math.sqrt(VALUES);
    assert.ok(radius <= epsilon + 1e-6, `radius ${radius}`);
    return (radius / epsilon) ** VALUES;
  });
  const [mean] = meanAndScale(shares);
  assert.ok(Math.abs(mean - 0.5) < 0.15, `mean share of the volume ${mean}`);
  const [direction] = meanAndScale(deltas);
  assert.ok(Math.abs(direction) < 1e-4, `mean perturbation ${direction}`);
});

Deno.test("uniformStart() draws anew for another purpose", () => {
  const [training, evaluation] = [Purpose.attackStart, Purpose.evaluationStart]
    .map((purpose) => uniformStart(X, IDS, BALL, 1, purpose, 1));
  assert.notDeepEqual(training, evaluation);
});

Deno.test("normalNoise() is standard normal and drawn anew in every step", () => {
  const noise = normalNoise(IDS, VALUES, 1, 1, 0);
  const [mean, scale] = meanAndScale(noise);
  assert.equal(noise.length, X.length);
  assert.ok(Math.abs(mean) < 0.05, `mean ${mean}`);
  assert.ok(Math.abs(scale - 1) < 0.03, `standard deviation ${scale}`);
  assert.notDeepEqual(normalNoise(IDS, VALUES, 1, 1, 1), noise);
});

/** √(0.0625² + 0.25² + 1.01²). */
const L2 = 1.0423561051771126;

Deno.test("continueFrom() puts earlier images where they belong, projected into the ball and into [0,1]", () => {
  const x = Float32Array.of(0.5, 0.5, 0.99, 0.25, 0.5, 0.01);
  const earlier = Float32Array.of(0.5 + 0.0625, 0.5 - 0.25, 2);
  for (
    const [norm, epsilon, expected] of [
      ["linf", 0.125, [0.5625, 0.375, 1]],
      ["linf", 1, [0.5625, 0.25, 1]],
      // From (0.5, 0.5, 0.99) by (0.0625, −0.25, 1.01), which is √1.0865 = 1.0423 long.
      ["l2", 0.5, [0.5 + 0.5 * 0.0625 / L2, 0.5 - 0.5 * 0.25 / L2, 1]],
      ["l2", 2, [0.5625, 0.25, 1]],
    ] as const
  ) {
    const start = new Float32Array(6).fill(7);
    continueFrom(start, Float32Array.of(...x.slice(3), ...x.slice(0, 3)), earlier, [1], {
      norm,
      epsilon,
    });
    assert.deepEqual([...start.slice(0, 3)], [7, 7, 7], "the other image keeps its start");
    expected.forEach((value, i) => {
      assert.ok(Math.abs(start[3 + i]! - value) < 1e-6, `${norm} ${epsilon}: ${start[3 + i]}`);
    });
  }
});
