import assert from "node:assert/strict";
import { CIFAR10 } from "../../../src/data/sets/cifar10.ts";
import { filesOf } from "../../../src/data/sets/definition.ts";
import { ALL_FILES, records } from "../made_cifar10.ts";
import { usageError } from "../usage_error.ts";

Deno.test("CIFAR10 has the published files, ten classes, and records of 3,073 bytes", async () => {
  assert.deepEqual(filesOf(CIFAR10), ["batches.meta.txt", ...ALL_FILES]);
  assert.equal(CIFAR10.classes.length, 10);
  assert.equal(CIFAR10.classes[9], "truck");
  const { labels, images } = await CIFAR10.decode(records([3, 9]), "two.bin");
  assert.deepEqual([[...labels], images.length], [[3, 9], 2 * 3072]);
  await assert.rejects(
    async () => await CIFAR10.decode(records([3, 10]), "two.bin"),
    usageError("label 10 at byte 3073,"),
  );
});
