import assert from "node:assert/strict";
import { join } from "@std/path";
import { type TuningResult, TuningStore } from "../../src/backend/webgpu/tuning/store.ts";
import { describeTuning } from "../../src/cli/doctor_tuning.ts";
import { startDeno } from "../testing/program.ts";
import { ROOT } from "./memloss.ts";

const MEASUREMENT: TuningResult = {
  variant: "texture-2x4x8",
  seconds: { "register-2x4x8": 0.0123456, "texture-2x4x8": 0.0012345, "tile-64x64": 0.00987 },
  excluded: { "winograd-texture": "its results are wrong by 4e-1 of the largest" },
  kernels: 1,
  measured: "2024-05-06T07:08:09.000Z",
};
const ENTRIES = [
  { device: "another", convolution: "forward 8x4x4x4 12 k3 s1 f32", ...MEASUREMENT },
  { device: "one", convolution: "forward 8x4x4x4 12 k1 s1 f32", ...MEASUREMENT, excluded: {} },
  {
    ...{ device: "one", convolution: "inputGradient 8x4x4x4 12 k1 s1 f32", ...MEASUREMENT },
    ...{ seconds: { "texture-2x4x8": 1.5 }, excluded: {} },
  },
];
const TABLE = `another
  forward 8x4x4x4 12 k3 s1 f32        texture-2x4x8: 1.23 ms (tile-64x64 9.87 ms, register-2x4x8 12.3 ms)
    without winograd-texture: its results are wrong by 4e-1 of the largest
one
  forward 8x4x4x4 12 k1 s1 f32        texture-2x4x8: 1.23 ms (tile-64x64 9.87 ms, register-2x4x8 12.3 ms)
  inputGradient 8x4x4x4 12 k1 s1 f32  texture-2x4x8: 1500 ms`;

Deno.test("describeTuning() is a table for each device", () => {
  assert.equal(describeTuning({ path: "/x/tuning.kv", entries: ENTRIES }), TABLE);
  assert.match(describeTuning({ path: null, entries: [] }), /no cache directory/);
  assert.match(
    describeTuning({ path: "/x/tuning.kv", entries: [] }),
    /^There are no timings in \/x\/tuning\.kv\.$/,
  );
});

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
