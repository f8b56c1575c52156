import assert from "node:assert/strict";
import { join } from "@std/path";
import { findTestFiles, usesWebGpu } from "../../../tasks/test/files.ts";
import { withDirectory } from "../../data/made_cifar10.ts";

const TESTS = join(import.meta.dirname!, "..", "..");

Deno.test("findTestFiles() finds the test files in folders and takes files as they are, each once", () =>
  withDirectory(async (directory) => {
    await Deno.mkdir(join(directory, "inner", "deep"), { recursive: true });
    const written = ["b_test.ts", "support.ts", "inner/a_test.ts", "inner/deep/c_test.ts"];
    for (const name of written) await Deno.writeTextFile(join(directory, name), "");
    const found = await findTestFiles([directory, join(directory, "b_test.ts")]);
    const names = ["b_test.ts", "inner/a_test.ts", "inner/deep/c_test.ts"];
    assert.deepEqual(found, names.map((name) => join(directory, name)));
    assert.deepEqual(await findTestFiles([join(directory, "support.ts")]), [
      join(directory, "support.ts"),
    ]);
    await assert.rejects(findTestFiles([join(directory, "no_test.ts")]), Deno.errors.NotFound);
  }));

Deno.test("usesWebGpu() follows the imports of a test file to the adapter", async () => {
  const uses = (name: string) => usesWebGpu(join(TESTS, name));
  assert.equal(await uses("testing/webgpu/adapter.ts"), true);
  assert.equal(await uses("tasks/parity_test.ts"), true, "imports it");
  assert.equal(await uses("backend/operations/sign_step_test.ts"), true, "through eachBackend");
  assert.equal(await uses("backend/wasm/tensors_test.ts"), false, "onWasm only");
  assert.equal(await uses("format/crc32c_test.ts"), false);
});
