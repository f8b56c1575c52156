import assert from "node:assert/strict";
import { join } from "@std/path";
import { CIFAR10 } from "../../../src/data/sets/cifar10.ts";
import { readSplit } from "../../../src/data/sets/published.ts";
import { FOLDER, records, smallFiles, withDirectory, writeFiles } from "../made_cifar10.ts";
import { usageError } from "../usage_error.ts";

const readTrain = (directory: string) => readSplit(CIFAR10, "train", directory);

Deno.test("readSplit() numbers the images of all files in their order", () =>
  withDirectory(async (directory) => {
    await writeFiles(directory, smallFiles());
    const train = await readTrain(directory), test = await readSplit(CIFAR10, "test", directory);
    assert.deepEqual([...train.labels], [0, 9, 1, 8, 2, 7, 3, 6, 4, 5]);
    assert.deepEqual([train.n, train.images.length, test.n], [10, 10 * 3072, 3]);
    // Record 1 of file 2: the red plane's first pixel is 2 + 7, the green one's 1024 further on.
    assert.deepEqual([...train.images.subarray(5 * 3072, 5 * 3072 + 2)], [9, 9 + 1024 & 255]);
    assert.deepEqual([...test.labels], [3, 8, 8]);
    assert.deepEqual([train.name, train.classes[9]], ["cifar10", "truck"]);
    assert.deepEqual(train.shape, { height: 32, width: 32, channels: 3 });
  }));

Deno.test("readSplit() finds the folder of the files in its parent", () =>
  withDirectory(async (directory) => {
    await writeFiles(join(directory, FOLDER), smallFiles());
    assert.equal((await readTrain(directory)).n, 10);
  }));

Deno.test("readSplit() looks at the files of its own part alone", () =>
  withDirectory(async (directory) => {
    const files = smallFiles(), test = files.get("test_batch.bin")!;
    await writeFiles(join(directory, "test"), new Map([["test_batch.bin", test]]));
    assert.equal((await readSplit(CIFAR10, "test", join(directory, "test"))).n, 3);
    await assert.rejects(
      readTrain(join(directory, "test")),
      usageError("data_batch_1.bin", "missing"),
    );
    files.delete("test_batch.bin");
    await writeFiles(join(directory, "train"), files);
    assert.equal((await readTrain(join(directory, "train"))).n, 10);
    await assert.rejects(
      readSplit(CIFAR10, "test", join(directory, "train")),
      usageError("test_batch.bin", "missing", "`memloss data fetch cifar10 --data-dir "),
    );
  }));

Deno.test("readSplit() names the command that gets a missing directory", () =>
  withDirectory(async (directory) => {
    const missing = join(directory, "nowhere");
    await assert.rejects(
      readTrain(missing),
      usageError(`"${missing}"`, "`memloss data fetch cifar10 --data-dir "),
    );
    await Deno.writeTextFile(join(directory, "file"), "");
    await assert.rejects(readTrain(join(directory, "file")), usageError("data directory"));
    await assert.rejects(readTrain(join(directory, "file", "in")), usageError("data directory"));
  }));

Deno.test("readSplit() names a missing file, and one that cannot be read", () =>
  withDirectory(async (directory) => {
    await assert.rejects(readTrain(directory), usageError("data_batch_1.bin", "missing"));
    await writeFiles(directory, smallFiles());
    await Deno.remove(join(directory, "data_batch_4.bin"));
    const path = join(directory, "data_batch_4.bin");
    await assert.rejects(readTrain(directory), usageError(`"${path}"`, "missing"));
    await Deno.mkdir(path);
    await assert.rejects(readTrain(directory), usageError(`"${path}"`, "cannot be read"));
  }));

Deno.test({
  name: "readSplit() says that it may not read a directory",
  permissions: { read: ["/nowhere/data"] },
  fn: () => assert.rejects(readTrain("/nowhere/else"), usageError('"/nowhere/else"')),
});

Deno.test("readSplit() names a file that is malformed", () =>
  withDirectory(async (directory) => {
    await writeFiles(directory, smallFiles().set("data_batch_2.bin", records([9, 10, 0])));
    await assert.rejects(readTrain(directory), usageError("data_batch_2.bin", "label 10"));
  }));
