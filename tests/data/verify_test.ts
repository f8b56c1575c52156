import assert from "node:assert/strict";
import { join } from "@std/path";
import { CIFAR10 } from "../../src/data/sets/cifar10.ts";
import { verifyDataset } from "../../src/data/verify.ts";
import {
  ALL_FILES,
  FOLDER,
  sha256,
  smallFiles,
  withDirectory,
  writeFiles,
} from "./made_cifar10.ts";
import { usageError } from "./usage_error.ts";

Deno.test("verifyDataset() counts records and labels and hashes each file", () =>
  withDirectory(async (directory) => {
    const files = smallFiles();
    await writeFiles(join(directory, FOLDER), files);
    const report = await verifyDataset(CIFAR10, directory);
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

Deno.test("verifyDataset() refuses malformed files", () =>
  withDirectory(async (directory) => {
    await writeFiles(directory, smallFiles().set("data_batch_5.bin", new Uint8Array(3074)));
    await assert.rejects(
      verifyDataset(CIFAR10, directory),
      usageError("data_batch_5.bin", "byte 3073"),
    );
  }));
