import assert from "node:assert/strict";
import { join, resolve } from "@std/path";
import { startCommand } from "../../testing/program.ts";
import { inRunFolder, resultOf } from "../support.ts";

const ROOT = resolve(import.meta.dirname!, "..", "..", "..");
/** An executable of another version of Deno, with another JavaScript engine. */
const OTHER_DENO = Deno.env.get("MEMLOSS_OTHER_DENO");

/** What the runs of `runs.ts` leave when `deno` trains them, with `preload` loaded before. */
async function train(deno: string, preload?: string) {
  const results: Record<string, Awaited<ReturnType<typeof resultOf>>> = {};
  await inRunFolder(async (runsDir) => {
    const before = preload === undefined ? [] : ["--preload", join(import.meta.dirname!, preload)];
    const script = join(import.meta.dirname!, "runs.ts"), dataDir = join(runsDir, "..", "data");
    const { code, stderr } = await startCommand(deno, {
      args: ["run", "--no-check", ...before, "-P=train", script, runsDir, dataDir],
      cwd: ROOT,
    }).ended;
    assert.equal(code, 0, stderr);
    for await (const { name } of Deno.readDir(runsDir)) {
      results[name] = await resultOf(join(runsDir, name));
    }
  });
  return results;
}

const expected = () => own ??= train(Deno.execPath());
let own: ReturnType<typeof train> | undefined;

Deno.test("--deterministic training leaves the same bytes where the engine's Math rounds otherwise", async () => {
  assert.deepEqual(await train(Deno.execPath(), "crooked_math.ts"), await expected());
});

Deno.test({
  name: "--deterministic training leaves the same bytes under another version of Deno",
  ignore: OTHER_DENO === undefined && Deno.env.get("CI") === undefined,
  async fn() {
    assert.ok(OTHER_DENO, "MEMLOSS_OTHER_DENO names no other Deno");
    const { stdout } = await startCommand(OTHER_DENO, { args: ["eval", "-p", "Deno.version.v8"] })
      .ended;
    assert.notEqual(stdout.trim(), Deno.version.v8);
    assert.deepEqual(await train(OTHER_DENO, "older_deno.ts"), await expected());
  },
});
