import assert from "node:assert/strict";
import { join } from "@std/path";
import { type Build, kernelBytes } from "../../src/backend/wasm/binaries.ts";
import { BASE64 } from "../../src/random/kernels/normals.ts";
import { buildKernels, buildNormals, kernelModule } from "../../tasks/kernels.ts";

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

Deno.test("buildNormals() gives the bytes that the program embeds", async () => {
  const bytes = await buildNormals();
  assert.ok(bytes.length > 1000);
  assert.equal(BASE64, bytes.toBase64(), "run deno task kernels");
});
