import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Dataset } from "../../../src/data/dataset.ts";
import { synthetic, SYNTHETIC_SIZES } from "../../../src/data/sets/synthetic.ts";
import { VALUES } from "../../testing/images.ts";

const { train, test } = synthetic(1);
/** Share of the images whose shape is their own class's: 80 %, and a tenth of the others by chance. */
const TRUE_SHAPES = 0.75 + 0.25 / 10;

function sha256(...parts: Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

function imageOf(dataset: Dataset, index: number): Uint8Array {
  return dataset.images.subarray(index * VALUES, (index + 1) * VALUES);
}

/** The pixels' signs in a texture that alternates along rows, along columns, or as a chessboard. */
const PARITIES = [
  (row: number, _: number) => row,
  (_: number, column: number) => column,
  (row: number, column: number) => row + column,
].map((direction) =>
  Int8Array.from({ length: 1024 }, (_, pixel) => {
    return direction(Math.floor(pixel / 32), pixel % 32) % 2 === 0 ? 1 : -1;
  })
);

/** How strong a texture is in each channel, in 1/255, up to the sign that all channels share. */
function amplitudes(image: Uint8Array, parity: Int8Array): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  image.forEach((value, i) => sums[(i % 3) as 0 | 1 | 2] += value * parity[Math.floor(i / 3)]!);
  return [sums[0] / 1024, sums[1] / 1024, sums[2] / 1024];
}

/** Class and amplitudes by the texture alone: its direction, then the channel whose sign differs from the others'. */
function readTexture(image: Uint8Array): { label: number; strengths: number[] } {
  const strength = (values: number[]) => values.reduce((sum, value) => sum + Math.abs(value), 0);
  const found = PARITIES.map((parity) => amplitudes(image, parity));
  const direction = found.map(strength).reduce(
    (best, value, i, all) => value > all[best]! ? i : best,
    0,
  );
  const [red, green, blue] = found[direction]!.map(Math.sign) as [number, number, number];
  const odd = red === green ? (green === blue ? 0 : 1) : red === blue ? 2 : 3;
  return { label: 4 * direction + odd, strengths: found[direction]!.map(Math.abs) };
}

/** The colours of the shapes, relative to their strongest channel; bar and pillar are both grey. */
const COLOURS = [
  [1, 0.3, 0.3],
  [0.3, 1, 0.3],
  [0.3, 0.3, 1],
  [1, 1, 0.3],
  [1, 0.3, 1],
  [0.3, 1, 1],
  [1, 1, 1],
  [1, 1, 1],
  [1, 0.6, 0.3],
  [0.3, 0.6, 1],
];
const BAR = 6, PILLAR = 7;

/** The class whose shape `image` shows, by colour and extent; squares of four pixels hold no texture. */
function readShape(image: Uint8Array): number {
  const block = (row: number, column: number, channel: number) =>
    [0, 3, 96, 99].reduce((sum, i) => sum + image[(row * 64 + column * 2) * 3 + channel + i]!, 0) /
    4;
  const corners = [[0, 0], [0, 15], [15, 0], [15, 15]] as const;
  const sums = [0, 1, 2].map((channel) => {
    const background = Math.min(...corners.map(([row, column]) => block(row, column, channel)));
    let total = 0, alongRows = 0, alongColumns = 0;
    for (let row = 0; row < 16; row++) {
      for (let column = 0; column < 16; column++) {
        const excess = block(row, column, channel) - background;
        total += excess;
        alongRows += excess * (row - 7.5) ** 2;
        alongColumns += excess * (column - 7.5) ** 2;
      }
    }
    return { total, alongRows, alongColumns };
  });
  const strongest = Math.max(...sums.map(({ total }) => total));
  const distances = COLOURS.map((colour) =>
    colour.reduce((sum, value, channel) => sum + (sums[channel]!.total / strongest - value) ** 2, 0)
  );
  const nearest = distances.indexOf(Math.min(...distances));
  if (nearest !== BAR) return nearest;
  return sums[1]!.alongColumns > sums[1]!.alongRows ? BAR : PILLAR;
}

Deno.test("synthetic() gives the same bytes for the same seed, everywhere", () => {
  const digest = (part: Dataset) =>
    sha256(part.images.subarray(0, 100 * VALUES), part.labels.subarray(0, 100));
  assert.equal(digest(train), "eff5b084fc37e72b7ecbdb2e4a4b70a99307c52537804ff3b6203be01898a678");
  assert.equal(digest(test), "6428db40670e3e9ea29913bd25079d25c4d6b30040733b797ccd92796013d21a");
});

Deno.test("synthetic() draws other images for another seed and part", () => {
  const other = synthetic(2);
  const firsts = [train, test, other.train, other.test].map((part) => sha256(imageOf(part, 0)));
  assert.equal(new Set(firsts).size, 4);
  assert.deepEqual(other.train.labels, train.labels);
  const all = Array.from({ length: train.n }, (_, index) => sha256(imageOf(train, index)));
  assert.equal(new Set(all).size, train.n, "no image twice");
});

for (const [name, part] of [["train", train], ["test", test]] as const) {
  Deno.test(`synthetic() has as many images of each class as of any other, ${name}`, () => {
    assert.equal(part.n, SYNTHETIC_SIZES[name]);
    assert.equal(part.images.length, part.n * VALUES);
    assert.equal(part.labels.length, part.n);
    assert.equal(new Set(part.classes).size, 10);
    const counts = new Array<number>(10).fill(0);
    for (const label of part.labels) counts[label]!++;
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `${counts}`);
  });

  Deno.test(`synthetic() leaves room for an attack on both sides of every pixel, ${name}`, () => {
    let lowest = 255, highest = 0;
    for (const value of part.images) {
      lowest = Math.min(lowest, value);
      highest = Math.max(highest, value);
    }
    assert.ok(lowest >= 8 && highest <= 255 - 8, `${lowest} to ${highest}`);
  });

  Deno.test(`synthetic() gives every image away by a texture of 4/255, ${name}`, () => {
    let sum = 0;
    for (let index = 0; index < part.n; index++) {
      const { label, strengths } = readTexture(imageOf(part, index));
      assert.equal(label, part.labels[index], `image ${index}`);
      sum += strengths.reduce((total, strength) => total + strength, 0) / 3;
      // The shapes' edges add a little to one image and take it from another.
      assert.ok(strengths.every((strength) => Math.abs(strength - 4) < 0.7), `image ${index}`);
    }
    assert.ok(Math.abs(sum / part.n - 4) < 0.02, `${sum / part.n}/255 on average`);
  });
}

Deno.test("synthetic() has a texture that half the usual budget erases and the whole one forges", () => {
  for (let index = 0; index < 200; index++) {
    const image = imageOf(test, index), label = test.labels[index]!;
    const parity = PARITIES[Math.floor(label / 4)]!;
    const signs = amplitudes(image, parity).map(Math.sign);
    const shifted = (amount: number, channels: number[]) =>
      image.map((value, i) =>
        channels.includes(i % 3)
          ? value - amount * signs[i % 3]! * parity[Math.floor(i / 3)]!
          : value
      );
    const erased = amplitudes(shifted(4, [0, 1, 2]), parity);
    assert.ok(erased.every((strength) => Math.abs(strength) < 0.7), `${erased}`);
    assert.notEqual(readTexture(shifted(8, [1])).label, label);
  }
});

Deno.test("synthetic() shows the class's own shape in about 82 % of the images, else any other", () => {
  const shown = Array.from({ length: train.n }, (_, index) => readShape(imageOf(train, index)));
  const truthful = shown.filter((shape, index) => shape === train.labels[index]).length;
  assert.ok(Math.abs(truthful / train.n - TRUE_SHAPES) < 0.02, `${truthful} of ${train.n}`);
  const lies = new Array<number>(100).fill(0);
  shown.forEach((shape, index) => lies[10 * train.labels[index]! + shape]!++);
  for (const [cell, count] of lies.entries()) {
    if (cell % 11 === 0) continue; // the truth
    // 512 images of a class, a fiftieth of them for each other shape.
    assert.ok(count > 0 && count < 30, `class ${Math.floor(cell / 10)} as ${cell % 10}: ${count}`);
  }
});
