import assert from "node:assert/strict";
import { join } from "@std/path";
import { TuningStore } from "../../src/backend/webgpu/tuning/store.ts";
import { ENTRIES, TABLE } from "../report/made_timings.ts";
import { startDeno } from "../testing/program.ts";
import { ROOT } from "./memloss.ts";

Deno.test({
  name: "memloss doctor --tuning shows what was measured, --reset-tuning forgets it",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const caches = await Deno.makeTempDir({ prefix: "memloss-caches-" });
    const path = join(caches, "memloss", "tuning.kv");
    const store = new TuningStore(path, assert.fail);
    const doctor = async (...flags: string[]) => {
      const args = ["run", "--no-prompt", "-P=memloss", "src/main.ts", "doctor", ...flags];
      const ended = await startDeno(args, ROOT, { XDG_CACHE_HOME: caches }).ended;
      assert.equal(ended.code, 0, ended.stderr);
      return ended.stdout;
    };
    try {
      for (const { device, convolution, ...measurement } of ENTRIES) {
        await store.save(device, convolution, measurement);
      }
      assert.equal(await doctor("--tuning"), `${TABLE}\n`);
      assert.deepEqual(JSON.parse(await doctor("--tuning", "--json")), { path, entries: ENTRIES });
      assert.match(await doctor("--reset-tuning"), /^There are no timings in /);
      assert.deepEqual(await store.list(), []);
    } finally {
      await Deno.remove(caches, { recursive: true });
    }
  },
});
