import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { assertSnapshot } from "../snapshot.ts";

Deno.test("assertSnapshot() takes the same text only, unless told to update", async () => {
  const folder = await Deno.makeTempDir();
  const url = pathToFileURL(`${folder}/some_test.ts`).href;
  // The environment itself belongs to the test files that run at the same time, too.
  const { get } = Deno.env;
  let update: string | undefined;
  Deno.env.get = () => update;
  try {
    await assert.rejects(assertSnapshot(url, "a.wgsl", "one"), /There is no snapshot a\.wgsl yet/);
    update = "1";
    await assertSnapshot(url, "a.wgsl", "one");
    update = undefined;
    await assertSnapshot(url, "a.wgsl", "one");
    await assert.rejects(assertSnapshot(url, "a.wgsl", "two"), /a\.wgsl changed/);
  } finally {
    Deno.env.get = get;
    await Deno.remove(folder, { recursive: true });
  }
});
