import assert from "node:assert/strict";
import { ATTACK_NORMS } from "../../../src/attack/options.ts";
import { distanceBetween } from "../../../src/attack/autoattack/geometry.ts";
import { beginSquare, square } from "../../../src/attack/autoattack/square.ts";
import { placeWindow, squareSide } from "../../../src/attack/autoattack/square_window.ts";
import { describeShape, type ImageShape, valuesPerImage } from "../../../src/data/dataset.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { SHAPE } from "../../testing/images.ts";

const SHAPES: readonly ImageShape[] = [
  SHAPE,
  { height: 16, width: 24, channels: 3 },
  { height: 7, width: 4, channels: 1 },
  { height: 3, width: 30, channels: 2 },
];
const EPSILON = { linf: 8 / 255, l2: 0.5 } as const;

function drawsOf(query: number) {
  const stream = new Stream(3, Purpose.square, 0, 0, query);
  return {
    sign: () => stream.integer(2) === 0 ? -1 : 1,
    integer: (n: number) => stream.integer(n),
  };
}

for (const shape of SHAPES) {
  for (const norm of ATTACK_NORMS) {
    Deno.test(`square() asks about images in the ball and in [0,1], ${norm}, ${describeShape(shape)}`, () => {
      const stream = new Stream(1, Purpose.synthetic), epsilon = EPSILON[norm];
      const x = Float32Array.from({ length: valuesPerImage(shape) }, () => stream.uniform());
      const example = { id: 0, x, shape, label: 0, logits: Float32Array.of(1, 0) };
      const options = { norm, epsilon, queries: 400, draws: drawsOf };
      const search = square(example, options, beginSquare(example, options));
      const touched = new Set<number>();
      let step = search.next(), margin = 1;
      while (!step.done) {
        const { point } = step.value;
        assert.equal(point.length, x.length);
        assert.ok(point.every((value) => value >= 0 && value <= 1));
        assert.ok(distanceBetween(norm, point, x) <= epsilon + 1e-6);
        point.forEach((value, i) => value !== x[i] && touched.add(i));
        margin *= 0.99; // every guess is better than the last, and none is good enough
        step = search.next({ logits: Float32Array.of(margin, 0), loss: NaN, gradient: x });
      }
      assert.equal(step.value, undefined);
      // The published search hardly comes to the far edges.
      assert.ok(touched.size > 0.9 * x.length, `${touched.size} of ${x.length}`);
    });
  }
}

Deno.test("squareSide() covers its share of the image, and is no longer than the image", () => {
  assert.equal(squareSide(0.8, SHAPE), 29);
  assert.equal(squareSide(0.2, { height: 16, width: 24, channels: 3 }), 9);
  assert.equal(squareSide(0.8, { height: 3, width: 30, channels: 1 }), 3);
  assert.equal(squareSide(1e-6, SHAPE), 1);
});

Deno.test("placeWindow() keeps windows inside the image, along both sides", () => {
  const shape = { height: 16, width: 24, channels: 3 }, asked: number[] = [];
  const place = placeWindow(5, shape, {
    sign: () => 1,
    integer(n) {
      asked.push(n);
      return n - 1;
    },
  });
  assert.deepEqual([place, asked], [[10, 18], [11, 19]]);
});
