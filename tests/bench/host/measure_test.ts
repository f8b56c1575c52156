import assert from "node:assert/strict";
import { measureHost } from "../../../src/bench/host/measure.ts";

Deno.test("measureHost() trains with a memory and says what the device waits for", async () => {
  const before = performance.now(), seen: string[] = [];
  const { steps, imagesPerSecond, milliseconds, waits } = await measureHost(
    1,
    2,
    (what) => void seen.push(what),
  );
  const passed = performance.now() - before;
  assert.equal(steps, 39); // of the second epoch's 48, 8 to get warm and one to begin with
  assert.equal(seen.at(-1), "host, epoch 2, step 48 of 48");
  assert(milliseconds.least > 0 && milliseconds.most < passed);
  assert.equal(imagesPerSecond.least, 2000 / milliseconds.most);
  const shortest = waits.attack.least + waits.descend.least + waits.update.least;
  assert(shortest > 0 && shortest <= milliseconds.most, `${shortest} of ${milliseconds.most} ms`);
});
