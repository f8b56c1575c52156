import assert from "node:assert/strict";
import { contactSheet } from "../../src/data/contact_sheet.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { SHAPE } from "../testing/images.ts";

/** Image `i` is all `10 · (i + 1)`, but for its last pixel, which is `i`. */
function flat(n: number): Dataset {
  const images = new Uint8Array(n * 3072);
  for (let i = 0; i < n; i++) {
    images.fill(10 * (i + 1), i * 3072, (i + 1) * 3072);
    images.fill(i, (i + 1) * 3072 - 3, (i + 1) * 3072);
  }
  return { name: "flat", classes: ["only"], shape: SHAPE, n, images, labels: new Uint8Array(n) };
}

Deno.test("contactSheet() lays images out row by row with one white pixel between", () => {
  const { width, height, rgb } = contactSheet(flat(5), [4, 0, 2], 2);
  assert.deepEqual([width, height, rgb.length], [65, 65, 65 * 65 * 3]);
  const at = (x: number, y: number) => [...rgb.subarray((y * 65 + x) * 3, (y * 65 + x) * 3 + 3)];
  const grey = (value: number) => [value, value, value];
  assert.deepEqual(at(0, 0), grey(50));
  assert.deepEqual(at(31, 31), grey(4));
  assert.deepEqual(at(32, 10), grey(255));
  assert.deepEqual(at(33, 0), grey(10));
  assert.deepEqual(at(64, 31), grey(0));
  assert.deepEqual(at(10, 32), grey(255));
  assert.deepEqual(at(0, 33), grey(30));
  assert.deepEqual(at(33, 33), grey(255));
});

Deno.test("contactSheet() is no wider than its images", () => {
  const { width, height } = contactSheet(flat(2), [1], 10);
  assert.deepEqual([width, height], [32, 32]);
});

Deno.test("contactSheet() refuses an index outside the data set, no images and no columns", () => {
  assert.throws(() => contactSheet(flat(2), [0, 2], 2), /images 0 to 1, not 2/);
  assert.throws(() => contactSheet(flat(2), [-1], 2), RangeError);
  assert.throws(() => contactSheet(flat(2), [], 2), RangeError);
  assert.throws(() => contactSheet(flat(2), [0], 0), RangeError);
});

Deno.test("contactSheet() lays out images of any size, and shows one channel in grey", () => {
  const shape = { height: 2, width: 3, channels: 1 };
  const images = Uint8Array.from({ length: 12 }, (_, i) => 10 * i);
  const dataset = { name: "grey", classes: ["a"], shape, n: 2, images, labels: new Uint8Array(2) };
  const { width, height, rgb } = contactSheet(dataset, [1, 0], 1);
  assert.deepEqual([width, height], [3, 5]);
  const grey = [60, 70, 80, 90, 100, 110, 255, 255, 255, 0, 10, 20, 30, 40, 50];
  assert.deepEqual([...rgb], grey.flatMap((value) => [value, value, value]));
});
