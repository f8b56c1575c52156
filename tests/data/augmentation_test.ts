import assert from "node:assert/strict";
import fc from "fast-check";
import {
  applyView,
  drawView,
  IDENTITY_VIEW,
  intoView,
  LARGEST_CROP_PADDING,
  outOfView,
  type View,
} from "../../src/data/augmentation.ts";
import { type Hole, refuseWholeCutout } from "../../src/data/cutout.ts";
import { describeShape, type ImageShape, valuesPerImage } from "../../src/data/dataset.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";
import { SHAPE, VALUES } from "../testing/images.ts";

/** Images as CIFAR has them, others that are not square, and some that a crop may miss. */
const SHAPES: readonly ImageShape[] = [
  SHAPE,
  { height: 11, width: 18, channels: 1 },
  { height: 3, width: 2, channels: 2 },
];

/** `n` images of random bytes. */
function makeImages(n: number, shape: ImageShape) {
  const stream = new Stream(1, Purpose.synthetic);
  const length = n * valuesPerImage(shape);
  return { images: Uint8Array.from({ length }, () => stream.integer(256)), shape };
}

type Pixel = readonly number[];

/** Pads, crops and mirrors by building each intermediate picture. */
function naive(
  image: Uint8Array,
  { top, left, flip, hole }: View,
  { height, width, channels }: ImageShape,
): Float32Array {
  const black: Pixel = new Array(channels).fill(0);
  const blackRow = () => new Array<Pixel>(width + 2 * LARGEST_CROP_PADDING).fill(black);
  const padded: Pixel[][] = Array.from({ length: LARGEST_CROP_PADDING }, blackRow);
  for (let row = 0; row < height; row++) {
    const pixels = Array.from({ length: width }, (_, column): Pixel => {
      const start = (row * width + column) * channels;
      return [...image.subarray(start, start + channels)];
    });
    const border = blackRow().slice(0, LARGEST_CROP_PADDING);
    padded.push([...border, ...pixels, ...border]);
  }
  padded.push(...Array.from({ length: LARGEST_CROP_PADDING }, blackRow));
  const cropped = padded.slice(top, top + height).map((row) => row.slice(left, left + width));
  const mirrored = flip ? cropped.map((row) => row.toReversed()) : cropped;
  const within = (at: number, from: number, to: number) => at >= from && at < to;
  const blanked = mirrored.map((pixels, y) =>
    pixels.map((pixel, x) =>
      hole && within(y, hole.top, hole.bottom) && within(x, hole.left, hole.right) ? black : pixel
    )
  );
  return Float32Array.from(blanked.flat(2), (byte) => byte / 255);
}

/** Views of images of `shape`, half of them with a hole. */
function anyView({ height, width }: ImageShape): fc.Arbitrary<View> {
  const span = (length: number) =>
    fc.tuple(fc.nat(length), fc.nat(length)).map((ends) => ends.sort((a, b) => a - b));
  const hole = fc.tuple(span(height), span(width))
    .map(([[top, bottom], [left, right]]) => ({ top, left, bottom, right }) as Hole);
  return fc.record({
    top: fc.nat(2 * LARGEST_CROP_PADDING),
    left: fc.nat(2 * LARGEST_CROP_PADDING),
    flip: fc.boolean(),
    hole: hole,
  }, { requiredKeys: ["top", "left", "flip"] });
}

Deno.test("applyView() divides every byte by 255 in float32 under the identity view", () => {
  const image = Uint8Array.from({ length: VALUES }, (_, i) => i % 256);
  const out = new Float32Array(VALUES);
  applyView({ images: image, shape: SHAPE }, 0, IDENTITY_VIEW, out, 0);
  assert.deepEqual(out, Float32Array.from(image, (byte) => Math.fround(byte / 255)));
  assert.deepEqual([out[0], out[255]], [0, 1]);
});

for (const shape of SHAPES) {
  Deno.test(`applyView() crops, flips and blanks as a padded picture is cut, ${describeShape(shape)}`, () => {
    const made = makeImages(3, shape), values = valuesPerImage(shape);
    fc.assert(
      fc.property(fc.nat(2), anyView(shape), (index, view) => {
        const out = new Float32Array(values);
        applyView(made, index, view, out, 0);
        const image = made.images.subarray(index * values, (index + 1) * values);
        assert.deepEqual(out, naive(image, view, shape));
      }),
      { seed: 1, numRuns: 60, examples: [[0, { top: 0, left: 8, flip: true }]] },
    );
  });
}

Deno.test("applyView() writes at its offset and nowhere else", () => {
  const images = makeImages(1, SHAPE);
  const out = new Float32Array(3 * VALUES).fill(-1);
  applyView(images, 0, { top: 8, left: 0, flip: false }, out, VALUES);
  assert.ok(out.subarray(0, VALUES).every((value) => value === -1));
  assert.ok(out.subarray(VALUES, 2 * VALUES).every((value) => value >= 0));
  assert.ok(out.subarray(2 * VALUES).every((value) => value === -1));
});

for (const shape of SHAPES) {
  const size = describeShape(shape), made = makeImages(1, shape), views = anyView(shape);
  Deno.test(`intoView() moves values as applyView() moves pixels, ${size}`, () => {
    const values = Float32Array.from(made.images, (byte) => byte / 255);
    fc.assert(fc.property(views, (view) => {
      const expected = new Float32Array(values.length);
      applyView(made, 0, view, expected, 0);
      assert.deepEqual(intoView(values, view, shape), expected);
    }));
  });

  Deno.test(`outOfView() puts back what intoView() shows, and leaves the rest 0, ${size}`, () => {
    // No value is 0, so that every place tells whether it was reached.
    const values = Float32Array.from(made.images, (byte) => (byte + 1) / 256);
    fc.assert(fc.property(views, (view) => {
      const seen = intoView(values, view, shape);
      const back = outOfView(seen, view, shape);
      assert.ok(back.every((value, i) => value === 0 || value === values[i]));
      assert.equal(back.filter((value) => value !== 0).length, seen.filter((v) => v !== 0).length);
      assert.deepEqual(intoView(back, view, shape), seen);
    }));
    assert.deepEqual(outOfView(values, IDENTITY_VIEW, shape), values);
  });
}

Deno.test("drawView() depends on seed, epoch and index alone", () => {
  const views = (seed: number, epoch: number, start = 0) =>
    Array.from({ length: 40 }, (_, i) => drawView(seed, epoch, start + i));
  assert.deepEqual(views(1, 1), views(1, 1));
  assert.deepEqual(views(1, 1, 20).slice(0, 20), views(1, 1).slice(20));
  assert.notDeepEqual(views(1, 1), views(2, 1));
  assert.notDeepEqual(views(1, 1), views(1, 2));
  assert.notDeepEqual(views(1, 1), views(1, 1, 1));
});

Deno.test("drawView() stays within the padding, and shows whole images without any", () => {
  for (const padding of [0, 1, 3]) {
    const views = Array.from({ length: 400 }, (_, i) => drawView(1, 1, i, padding));
    const seen = new Set(views.flatMap(({ top, left }) => [top, left]));
    const expected = Array.from({ length: 2 * padding + 1 }, (_, i) => 4 - padding + i);
    assert.deepEqual([...seen].sort(), expected);
  }
});

Deno.test("drawView() crops as ever where it does not flip", () => {
  for (let index = 0; index < 40; index++) {
    const { flip: _, ...crop } = drawView(3, 2, index);
    assert.deepEqual(drawView(3, 2, index, LARGEST_CROP_PADDING, false), { ...crop, flip: false });
  }
});

Deno.test("drawView() takes every crop equally often and flips half of them", () => {
  const n = 40_500, offsets = 2 * LARGEST_CROP_PADDING + 1;
  const counts = new Map<string, number>();
  let flips = 0;
  for (let index = 0; index < n; index++) {
    const { top, left, flip } = drawView(9, 1 + index % 3, index);
    counts.set(`${top},${left}`, (counts.get(`${top},${left}`) ?? 0) + 1);
    if (flip) flips++;
  }
  const all = Array.from({ length: offsets ** 2 }, (_, i) => `${Math.floor(i / 9)},${i % 9}`);
  assert.deepEqual([...counts.keys()].sort(), all);
  const expected = n / offsets ** 2;
  for (const [crop, count] of counts) {
    assert.ok(Math.abs(count - expected) < 5 * Math.sqrt(expected), `${crop} came ${count} times`);
  }
  assert.ok(Math.abs(flips / n - 0.5) < 0.01, `${flips} of ${n} flipped`);
});

Deno.test("drawView() blanks a square about any pixel, and crops and flips as ever", () => {
  const shape = { height: 8, width: 6, channels: 1 }, n = 9600;
  const counts = new Map<string, number>();
  for (let index = 0; index < n; index++) {
    const drawn = (size: number) => drawView(5, 2, index, 3, index % 2 === 0, { size, shape });
    const { hole, ...view } = drawn(1);
    assert.deepEqual(view, drawView(5, 2, index, 3, index % 2 === 0));
    const { top: row, left: column } = hole!;
    counts.set(`${row},${column}`, (counts.get(`${row},${column}`) ?? 0) + 1);
    for (const [size, before, after] of [[1, 0, 1], [4, 2, 2], [5, 2, 3]] as const) {
      assert.deepEqual(drawn(size).hole, {
        top: Math.max(0, row - before),
        left: Math.max(0, column - before),
        bottom: Math.min(8, row + after),
        right: Math.min(6, column + after),
      });
    }
  }
  const expected = n / 48;
  assert.equal(counts.size, 48);
  for (const [pixel, count] of counts) {
    assert.ok(Math.abs(count - expected) < 5 * Math.sqrt(expected), `${pixel} came ${count} times`);
  }
});

Deno.test("refuseWholeCutout() takes squares that leave something of every image", () => {
  const shape = { height: 8, width: 6, channels: 1 };
  refuseWholeCutout(5, shape);
  assert.throws(() => refuseWholeCutout(6, shape), {
    name: "UsageError",
    message: `--cutout 6 could blank all of an image of ${describeShape(shape)}: take less than 6.`,
  });
});
