import assert from "node:assert/strict";
import { join } from "@std/path";
import { buildKernels } from "../../tasks/kernels.ts";

const KERNELS = join(import.meta.dirname!, "..", "..", "src", "backend", "wasm", "kernels");

Deno.test("buildKernels() gives the bytes that the program embeds", async () => {
  const binaries = await buildKernels();
  const names = (await Array.fromAsync(Deno.readDir(KERNELS))).map(({ name }) => name);
  assert.deepEqual([...binaries.keys()].sort(), names.sort());
  for (const [name, bytes] of binaries) {
    const embedded = await Deno.readFile(join(KERNELS, name));
    assert.ok(bytes.length > 10_000, `${name} has kernels`);
    assert.deepEqual(bytes, embedded, `${name}: run deno task kernels`);
  }
});
