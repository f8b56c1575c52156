import assert from "node:assert/strict";
import fc from "fast-check";
import {
  auxiliaryShown,
  mixedOrder,
  refuseFewAuxiliary,
  withAuxiliary,
} from "../../src/data/auxiliary.ts";
import { loadSplit } from "../../src/data/sets/sets.ts";
import { madeImages } from "../format/arrays/made_npz.ts";
import { usageError } from "./usage_error.ts";

/** An image, and auxiliary ones. */
const ALL = { n: 201, auxiliary: 200 };

Deno.test("mixedOrder() gives each batch its share, as many images as before, and none twice", () => {
  const sizes = fc.record({
    n: fc.integer({ min: 1, max: 60 }),
    held: fc.nat(10),
    batchSize: fc.integer({ min: 1, max: 20 }),
    fraction: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    epoch: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(fc.property(sizes, ({ n, held, batchSize, fraction, epoch }) => {
    const order = Uint32Array.from({ length: n }, (_, i) => (7 * i + 3) % n);
    const all = n + held, mixing = { fraction, batchSize };
    const shown = auxiliaryShown(n, mixing), dataset = { n: all + shown + 5, auxiliary: shown + 5 };
    const mixed = mixedOrder(order, dataset, mixing, 1, epoch);
    assert.equal(mixed.length, n);
    assert.equal(new Set(mixed.filter((id) => id >= all)).size, shown);
    for (let start = 0; start < n; start += batchSize) {
      const batch = mixed.subarray(start, start + batchSize);
      const auxiliary = batch.filter((id) => id >= all).length;
      assert.equal(auxiliary, Math.floor(batch.length * fraction));
    }
    const own = mixed.filter((id) => id < all);
    assert.deepEqual(own, order.subarray(0, own.length), "in the epoch's own order");
    assert.deepEqual(mixedOrder(order, dataset, mixing, 1, epoch), mixed);
    assert.ok(mixed.every((id) => id < dataset.n));
  }));
  const order = new Uint32Array(40), dataset = { n: 140, auxiliary: 100 };
  const mix = (epoch: number, seed: number) =>
    mixedOrder(order, dataset, { fraction: 0.5, batchSize: 10 }, seed, epoch);
  assert.notDeepEqual(mix(1, 1), mix(2, 1));
  assert.notDeepEqual(mix(1, 1), mix(1, 2));
});

Deno.test("auxiliaryShown() has as many as a decimal fraction says, also where its product is a little less", () => {
  for (const [fraction, shown] of [[0.29, 29], [0.57, 57], [0.58, 58], [0.3, 30], [0.999, 99]]) {
    const mixing = { fraction: fraction!, batchSize: 100 };
    assert.equal(auxiliaryShown(100, mixing), shown);
    const order = new Uint32Array(100), mixed = mixedOrder(order, ALL, mixing, 1, 1);
    assert.equal(mixed.filter((id) => id > 0).length, shown);
  }
});

Deno.test("withAuxiliary() numbers the file's images on, and refuses those of another kind", async () => {
  const path = await Deno.makeTempFile({ suffix: ".npz" });
  try {
    await Deno.writeFile(path, madeImages(3, 32, 3, 200));
    const own = await loadSplit("synthetic", "train", undefined, 1);
    const both = await loadSplit("synthetic", "train", undefined, 1, { auxData: path });
    assert.deepEqual([both.n, both.auxiliary], [own.n + 3, 3]);
    assert.deepEqual([both.images[0], both.images.at(-1)], [own.images[0], 202]);
    assert.deepEqual([...both.labels.subarray(own.n)], [0, 1, 2]);
    const test = await loadSplit("synthetic", "test", undefined, 1, { auxData: path });
    assert.equal(test.auxiliary, undefined);
    await Deno.writeFile(path, madeImages(3, 16, 3));
    await assert.rejects(withAuxiliary(own, path), usageError("16×16×3", "32×32×3"));
    await Deno.writeFile(path, madeImages(11, 32, 11));
    await assert.rejects(withAuxiliary(own, path), usageError("label 10", "10 classes"));
  } finally {
    await Deno.remove(path);
  }
  const refused = (auxiliary: number, fraction: number, ...needles: string[]) =>
    assert.throws(
      () => refuseFewAuxiliary({ auxiliary }, 10, { fraction, batchSize: 4 }),
      usageError(...needles),
    );
  refused(4, 0.5, "shows 5 auxiliary images", "--aux-data has 4");
  refused(4, 0.2, "less than one image");
  refuseFewAuxiliary({ auxiliary: 5 }, 10, { fraction: 0.5, batchSize: 4 });
});
