import assert from "node:assert/strict";
import { join } from "@std/path";
import fc from "fast-check";
import { CIFAR10_CLASSES, loadCifar10 } from "../../../src/data/sets/cifar10.ts";
import { verifyDataset } from "../../../src/data/verify.ts";
import { UsageError } from "../../../src/errors.ts";
import {
  ALL_FILES,
  FOLDER,
  records,
  sha256,
  smallFiles,
  withDirectory,
  writeFiles,
} from "../made_cifar10.ts";

function usageError(...needles: string[]) {
  return (error: unknown) => {
    assert(error instanceof UsageError, String(error));
    for (const needle of needles) {
      assert(error.message.includes(needle), `${error.message}\nlacks ${needle}`);
    }
    assert(!error.message.includes("\n"));
    return true;
  };
}

Deno.test("loadCifar10() gives back the labels and pixels that were written", () =>
  withDirectory(async (directory) => {
    const record = fc.record({
      label: fc.integer({ min: 0, max: 9 }),
      pixels: fc.uint8Array({ minLength: 3072, maxLength: 3072 }),
    });
    const file = fc.array(record, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 6, maxLength: 6 }), async (contents) => {
        const files = contents.map((list, f) =>
          [
            ALL_FILES[f]!,
            records(list.map((r) => r.label), (r, i) => list[r]!.pixels[i]!),
          ] as const
        );
        await writeFiles(directory, new Map(files));
        const splits = await loadCifar10(directory);
        const expected = { train: contents.slice(0, 5).flat(), test: contents[5]! };
        for (const split of ["train", "test"] as const) {
          const { n, images, labels } = splits[split];
          assert.equal(n, expected[split].length);
          assert.deepEqual([...labels], expected[split].map((r) => r.label));
          // Written out per pixel, unlike the code: plane c, row y, column x goes to (y, x, c).
          const interleaved = new Uint8Array(n * 3072);
          expected[split].forEach(({ pixels }, image) => {
            for (let at = 0; at < 3072; at++) {
              const c = at % 3, x = Math.floor(at / 3) % 32, y = Math.floor(at / 96);
              interleaved[image * 3072 + at] = pixels[c * 1024 + y * 32 + x]!;
            }
          });
          assert.deepEqual(images, interleaved);
        }
      }),
      { numRuns: 20 },
    );
  }));

Deno.test("loadCifar10() finds the folder of the files in its parent", () =>
  withDirectory(async (directory) => {
    await writeFiles(join(directory, FOLDER), smallFiles());
    const { train, test } = await loadCifar10(directory);
    assert.deepEqual([...train.labels], [0, 9, 1, 8, 2, 7, 3, 6, 4, 5]);
    assert.deepEqual([...test.labels], [3, 8, 8]);
    assert.equal(train.name, "cifar10");
    assert.equal(train.classes[9], "truck");
    assert.equal(CIFAR10_CLASSES.length, 10);
  }));

Deno.test("loadCifar10() names the command that gets a missing directory", () =>
  withDirectory(async (directory) => {
    const missing = join(directory, "nowhere");
    await assert.rejects(
      loadCifar10(missing),
      usageError(`"${missing}"`, "`memloss data fetch cifar10`"),
    );
    await Deno.writeTextFile(join(directory, "file"), "");
    await assert.rejects(loadCifar10(join(directory, "file")), usageError("data directory"));
    await assert.rejects(loadCifar10(join(directory, "file", "in")), usageError("data directory"));
  }));

Deno.test("loadCifar10() names a missing file", () =>
  withDirectory(async (directory) => {
    await assert.rejects(loadCifar10(directory), usageError("data_batch_1.bin", "missing"));
    await writeFiles(directory, smallFiles());
    await Deno.remove(join(directory, "data_batch_4.bin"));
    const path = join(directory, "data_batch_4.bin");
    await assert.rejects(loadCifar10(directory), usageError(`"${path}"`, "missing"));
    await Deno.mkdir(path);
    await assert.rejects(loadCifar10(directory), usageError(`"${path}"`, "cannot be read"));
  }));

Deno.test({
  name: "loadCifar10() says that it may not read a directory",
  permissions: { read: ["/nowhere/data"] },
  fn: () => assert.rejects(loadCifar10("/nowhere/else"), usageError('"/nowhere/else"')),
});

Deno.test("loadCifar10() names a truncated file, its size and where the incomplete record starts", () =>
  withDirectory(async (directory) => {
    const files = smallFiles();
    files.set("data_batch_3.bin", records([1, 2, 3]).subarray(0, 2 * 3073 + 100));
    await writeFiles(directory, files);
    await assert.rejects(
      loadCifar10(directory),
      usageError("data_batch_3.bin", "6246 bytes", "byte 6146", "has 100"),
    );
  }));

Deno.test("loadCifar10() refuses an empty file", () =>
  withDirectory(async (directory) => {
    await writeFiles(directory, smallFiles().set("test_batch.bin", new Uint8Array()));
    await assert.rejects(loadCifar10(directory), usageError("test_batch.bin", "empty"));
  }));

Deno.test("loadCifar10() names file and byte offset of a label over 9", () =>
  withDirectory(async (directory) => {
    await writeFiles(directory, smallFiles().set("data_batch_2.bin", records([9, 10, 0, 200])));
    await assert.rejects(
      loadCifar10(directory),
      usageError("data_batch_2.bin", "label 10", "byte 3073,"),
    );
  }));

Deno.test("verifyDataset() counts records and labels and hashes each file", () =>
  withDirectory(async (directory) => {
    const files = smallFiles();
    await writeFiles(join(directory, FOLDER), files);
    const report = await verifyDataset("cifar10", directory);
    assert.equal(report.directory, join(directory, FOLDER));
    assert.deepEqual([report.train, report.test, report.official], [10, 3, false]);
    assert.deepEqual(report.files.map((file) => file.file), ALL_FILES);
    const test = report.files[5]!;
    assert.deepEqual(test, {
      file: "test_batch.bin",
      split: "test",
      records: 3,
      labels: [0, 0, 0, 1, 0, 0, 0, 0, 2, 0],
      sha256: sha256(files.get("test_batch.bin")!),
    });
  }));

Deno.test("verifyDataset() refuses malformed files and unknown names", () =>
  withDirectory(async (directory) => {
    await writeFiles(directory, smallFiles().set("data_batch_5.bin", new Uint8Array(3074)));
    await assert.rejects(
      verifyDataset("cifar10", directory),
      usageError("data_batch_5.bin", "byte 3073"),
    );
    await assert.rejects(verifyDataset("mnist", directory), usageError('"mnist"', "cifar10"));
  }));
