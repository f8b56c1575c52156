import assert from "node:assert/strict";
import { exclusively } from "../../src/backend/exclusive.ts";

Deno.test("exclusively() refuses work beside other work, and takes it when that is over or has failed", async () => {
  let finish = () => {};
  const first = exclusively(() => new Promise<void>((resolve) => finish = resolve));
  await assert.rejects(exclusively(() => Promise.resolve()), {
    name: "UsageError",
    message: /^Another run or evaluation is under way in this process: await it first/,
  });
  finish();
  await first;
  await assert.rejects(exclusively(() => Promise.reject(new Error("broken"))), /broken/);
  assert.equal(await exclusively(() => Promise.resolve(3)), 3);
});
