import assert from "node:assert/strict";
import { join } from "@std/path";
import { freeBytes } from "../../src/disk/free_space.ts";

Deno.test("freeBytes() tells the space of the disk where a path will lie", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const now = await freeBytes(folder), later = await freeBytes(join(folder, "not", "yet"));
    assert.ok(now > 0);
    // Other programs write to the same disk meanwhile.
    assert.ok(Math.abs(now - later) < 2 ** 30, `${now} and ${later}`);
  } finally {
    await Deno.remove(folder);
  }
});
