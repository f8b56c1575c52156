import assert from "node:assert/strict";
import { dirname } from "@std/path";
import { measureMemory } from "../../src/bench/memory.ts";

Deno.test("measureMemory() writes and reads every example, and leaves nothing behind", async () => {
  const own = await Deno.makeTempDir();
  await Deno.remove(own);
  const temporary = () =>
    [...Deno.readDirSync(dirname(own))].filter(({ name }) => /^memloss-bench-/.test(name)).length;
  const before = temporary(), told: string[] = [];
  const size = { examples: 2100, batchSize: 700, codec: "f16", budget: 8 } as const;
  const { write, read, bytesPerExample, ...rest } = await measureMemory(
    size,
    (what) => told.push(what),
  );
  assert.equal(temporary(), before);
  assert.deepEqual(told, [
    ...["memory: 700 of 2100 examples written", "memory: 1400 of 2100 examples written"],
    ...["memory: 2100 of 2100 examples written", "memory: 700 of 2100 examples read"],
    ...["memory: 1400 of 2100 examples read", "memory: 2100 of 2100 examples read"],
    "memory: verifying",
  ]);
  for (const { mean, median, percentile95, most } of [write, read]) {
    assert.ok(0 < median && median <= percentile95 && percentile95 <= most && mean <= most);
  }
  // Two bytes for each of 3,072 values, and what chunks, index and manifest say of them.
  assert.ok(bytesPerExample > 6144 && bytesPerExample < 6144 + 200, `${bytesPerExample}`);
  for (const [name, value] of Object.entries(rest)) assert.ok(value >= 0, name);
});
