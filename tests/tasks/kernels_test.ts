import assert from "node:assert/strict";
import { join } from "@std/path";
import { type Build, kernelBytes } from "../../src/backend/wasm/binaries.ts";
import { buildKernels, kernelModule } from "../../tasks/kernels.ts";

const KERNELS = join(import.meta.dirname!, "..", "..", "src", "backend", "wasm", "kernels");

Deno.test("buildKernels() gives the bytes that the program embeds", async () => {
  const binaries = await buildKernels();
  const files = (await Array.fromAsync(Deno.readDir(KERNELS))).map(({ name }) => name);
  assert.deepEqual([...binaries.keys()].map((name) => `${name}.ts`).sort(), files.sort());
  for (const [name, bytes] of binaries) {
    const module = await Deno.readTextFile(join(KERNELS, `${name}.ts`));
    assert.ok(bytes.length > 10_000, `${name} has kernels`);
    assert.deepEqual(bytes, kernelBytes(name as Build), `${name}: run deno task kernels`);
    assert.equal(module, kernelModule(bytes), `${name}: run deno task kernels`);
  }
});
