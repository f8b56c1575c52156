import assert from "node:assert/strict";
import { basename } from "@std/path";
import { valuesPerImage } from "../../../src/data/dataset.ts";
import { downloadsOf, filesOf } from "../../../src/data/sets/definition.ts";
import {
  DATA_NAMES,
  findPublished,
  findSet,
  loadData,
  loadSplit,
  PUBLISHED_SETS,
} from "../../../src/data/sets/sets.ts";
import { isFound } from "../../../src/data/sets/definition.ts";
import { usageError } from "../usage_error.ts";

for (const name of DATA_NAMES) {
  Deno.test(`findSet() has all that is to be known of ${name}`, () => {
    const set = findSet(name);
    assert.equal(set.name, name);
    assert.ok(set.title.length > 0);
    if (isFound(set)) return; // the rest is known once its folder is looked at
    const { classes, shape } = set;
    assert.equal(new Set(classes).size, classes.length);
    assert.ok(classes.length >= 2 && classes.length <= 256);
    assert.ok(Number.isInteger(valuesPerImage(shape)) && valuesPerImage(shape) > 0);
  });
}

for (const { name, source, splits } of PUBLISHED_SETS) {
  Deno.test(`findPublished() says where ${name} is fetched from, and its files once each`, () => {
    assert.equal(findPublished(name).source, source);
    const set = findPublished(name), files = filesOf(set);
    assert.equal(new Set(files).size, files.length);
    for (const { url, bytes, sha256 } of downloadsOf(source)) {
      assert.match(url, "files" in source ? /^http:\/\/.+\.mat$/ : /^https:\/\/.+\.tar\.gz$/);
      assert.match(sha256, /^[0-9a-f]{64}$/);
      assert.ok(bytes > 0);
      assert.ok(!("files" in source) || files.includes(basename(url)));
    }
    assert.ok(splits.train.images > 0 && splits.test.images > 0);
  });
}

Deno.test("findSet() and findPublished() name the data sets that there are", () => {
  assert.throws(() => findSet("mnist"), usageError('"mnist"', ...DATA_NAMES));
  for (const find of [findSet, findPublished]) {
    assert.throws(() => find("cifr10"), usageError('"cifr10": did you mean cifar10?'));
  }
  const others = "choose cifar10 or cifar100 or svhn, which";
  for (const name of ["folder", "npz"]) {
    assert.throws(() => findPublished(name), usageError(`${name} is your own`, others));
  }
  assert.throws(() => findPublished("synthetic"), usageError("made from the seed", others));
});

Deno.test("loadSplit() makes the parts that loadData() makes", async () => {
  const { train, test } = await loadData("synthetic", undefined, 3);
  assert.deepEqual(await loadSplit("synthetic", "test", undefined, 3), test);
  assert.equal(train.name, "synthetic");
  await assert.rejects(loadData("cifar10", "/nowhere/data", 1), usageError('"/nowhere/data"'));
});
