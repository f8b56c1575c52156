import assert from "node:assert/strict";
import { applyView, drawView, IDENTITY_VIEW } from "../../src/data/augmentation.ts";
import {
  type Batch,
  epochOrder,
  firstIndices,
  loadBatch,
  trainingBatch,
} from "../../src/data/batches.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { SHAPE, VALUES } from "../testing/images.ts";

const N = 23;
const DATASET: Dataset = {
  name: "made",
  classes: ["a", "b", "c"],
  shape: SHAPE,
  n: N,
  images: Uint8Array.from({ length: N * VALUES }, (_, i) => (i * 7 + (i >> 8)) % 256),
  labels: Uint8Array.from({ length: N }, (_, i) => i % 3),
};
const IDS = Uint32Array.of(2, 3, 5, 7, 11, 13, 17, 19, 22);
const ascending = (ids: Uint32Array) => ids.toSorted();

/** Every row of `batch` is the image of its id, under its view, with its label. */
function assertRows(batch: Batch): void {
  assert.equal(batch.views.length, batch.ids.length);
  assert.equal(batch.x.length, batch.ids.length * VALUES);
  batch.ids.forEach((id, row) => {
    const expected = new Float32Array(VALUES);
    applyView(DATASET, id, batch.views[row]!, expected, 0);
    assert.deepEqual(batch.x.subarray(row * VALUES, (row + 1) * VALUES), expected);
    assert.equal(batch.y[row], id % 3);
  });
}

Deno.test("loadBatch() takes the images in the order asked for, unchanged by default", () => {
  const batch = loadBatch(DATASET, Uint32Array.of(22, 0, 7, 0));
  assert.deepEqual([...batch.ids], [22, 0, 7, 0]);
  assert.deepEqual([...batch.y], [1, 0, 1, 0]);
  assert.ok(batch.views.every((view) => view === IDENTITY_VIEW));
  assertRows(batch);
});

Deno.test("loadBatch() gives every image the view of its id", () => {
  const viewOf = (id: number) => ({ top: id % 9, left: 8 - id % 9, flip: id % 2 === 0 });
  const batch = loadBatch(DATASET, IDS, viewOf);
  assert.deepEqual(batch.views, [...IDS].map(viewOf));
  assertRows(batch);
});

Deno.test("loadBatch() makes an empty batch of no images", () => {
  const { x, y, views } = loadBatch(DATASET, new Uint32Array(0));
  assert.deepEqual([x.length, y.length, views.length], [0, 0, 0]);
});

Deno.test("epochOrder() is a permutation of its ids, keyed by seed and epoch", () => {
  const order = epochOrder(IDS, 1, 1);
  assert.deepEqual(ascending(order), IDS);
  assert.notDeepEqual(order, IDS);
  assert.deepEqual(epochOrder(IDS, 1, 1), order);
  assert.notDeepEqual(epochOrder(IDS, 1, 2), order);
  assert.notDeepEqual(epochOrder(IDS, 2, 1), order);
});

Deno.test("trainingBatch() visits every image once and keeps the partial last batch", () => {
  const order = epochOrder(IDS, 4, 2);
  const batches = [0, 1, 2].map((step) =>
    trainingBatch(DATASET, order, step, { batchSize: 4, seed: 4, epoch: 2 })
  );
  assert.deepEqual(batches.map(({ ids }) => ids.length), [4, 4, 1]);
  assert.deepEqual(batches.flatMap(({ ids }) => [...ids]), [...order]);
  batches.forEach(assertRows);
});

Deno.test("trainingBatch() augments by the training index, whatever the place in the batch", () => {
  const order = epochOrder(IDS, 4, 2);
  for (const batchSize of [1, 4, 9]) {
    const { ids, views } = trainingBatch(DATASET, order, 0, { batchSize, seed: 4, epoch: 2 });
    assert.deepEqual(views, [...ids].map((id) => drawView(4, 2, id)));
    const options = { batchSize, seed: 4, epoch: 2, noFlip: true };
    const unmirrored = trainingBatch(DATASET, order, 0, options).views;
    assert.deepEqual(unmirrored, views.map((view) => ({ ...view, flip: false })));
  }
});

Deno.test("firstIndices() counts up to the limit or to the end", () => {
  assert.deepEqual([...firstIndices(3, undefined)], [0, 1, 2]);
  assert.deepEqual([...firstIndices(3, 2)], [0, 1]);
  assert.deepEqual([...firstIndices(3, 9)], [0, 1, 2]);
});
