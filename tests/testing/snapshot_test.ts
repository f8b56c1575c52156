import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { assertSnapshot } from "./snapshot.ts";

Deno.test("assertSnapshot() takes the same text only, unless told to update", async () => {
  const folder = await Deno.makeTempDir();
  const url = pathToFileURL(`${folder}/some_test.ts`).href;
  const before = Deno.env.get("MEMLOSS_UPDATE_SNAPSHOTS");
  try {
    Deno.env.delete("MEMLOSS_UPDATE_SNAPSHOTS");
    await assert.rejects(assertSnapshot(url, "a.wgsl", "one"), /There is no snapshot a\.wgsl yet/);
    Deno.env.set("MEMLOSS_UPDATE_SNAPSHOTS", "1");
    await assertSnapshot(url, "a.wgsl", "one");
    Deno.env.delete("MEMLOSS_UPDATE_SNAPSHOTS");
    await assertSnapshot(url, "a.wgsl", "one");
    await assert.rejects(assertSnapshot(url, "a.wgsl", "two"), /a\.wgsl changed/);
  } finally {
    if (before !== undefined) Deno.env.set("MEMLOSS_UPDATE_SNAPSHOTS", before);
    await Deno.remove(folder, { recursive: true });
  }
});
