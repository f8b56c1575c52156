import assert from "node:assert/strict";
import { CIFAR100 } from "../../../src/data/sets/cifar100.ts";
import { filesOf } from "../../../src/data/sets/definition.ts";
import { cifar100Records } from "../made_sets.ts";
import { usageError } from "../usage_error.ts";

Deno.test("CIFAR100 has the published files, a hundred classes in the alphabet's order, and records of 3,074 bytes", async () => {
  const { classes, decode } = CIFAR100;
  assert.deepEqual(filesOf(CIFAR100), [
    "fine_label_names.txt",
    "coarse_label_names.txt",
    "train.bin",
    "test.bin",
  ]);
  assert.equal(classes.length, 100);
  assert.deepEqual(classes, [...classes].sort());
  assert.deepEqual([classes[0], classes[41], classes[99]], ["apple", "lawn_mower", "worm"]);

  const bytes = cifar100Records([0, 99, 42]);
  assert.equal(bytes.length, 3 * 3074);
  const { labels, images } = await decode(bytes, "three.bin");
  assert.deepEqual([[...labels], images.length], [[0, 99, 42], 3 * 3072]);
  // Pixel byte 0 of each plane of record 1 is 31, 31 + 1024, 31 + 2048, by `records`.
  assert.deepEqual([...images.subarray(3072, 3075)], [31, 31 + 1024 & 255, 31 + 2048 & 255]);
});

Deno.test("CIFAR100 refuses classes and superclasses that there are not", async () => {
  const bytes = cifar100Records([5, 6]);
  const refused = (at: number, label: number, range: string) =>
    assert.rejects(
      async () => await CIFAR100.decode(bytes.with(at, label), "two.bin"),
      usageError(`label ${label} at byte ${at}, but labels go from 0 to ${range};`),
    );
  await refused(3074, 20, "19");
  await refused(3075, 100, "99");
});
