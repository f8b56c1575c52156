import assert from "node:assert/strict";
import { join, resolve } from "@std/path";
import { startDeno } from "../testing/program.ts";

const ROOT = resolve(import.meta.dirname!, "..", "..");

Deno.test("deno task demo that is stopped says how the whole demo goes on", async () => {
  const out = await Deno.makeTempDir({ prefix: "memloss-demo-" });
  try {
    const args = ["--seed", "5", "--out", out];
    await using demo = startDeno(
      ["run", "--no-prompt", "-P=train", "tasks/demo.ts", ...args],
      ROOT,
    );
    const log = join(out, "standard-seed5", "metrics.jsonl");
    while (demo.running() && !await Deno.stat(log).then(({ size }) => size > 0, () => false)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    demo.kill("SIGINT");
    const { code, stderr } = await demo.ended;
    assert.equal(code, 130, stderr);
    const next = stderr.split("\n").filter((line) => line.startsWith("Continue with: "));
    assert.equal(next.length, 1, stderr);
    assert.match(next[0]!, /deno\S* task demo --seed 5 --out /);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});
