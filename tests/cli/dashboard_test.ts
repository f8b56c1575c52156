import assert from "node:assert/strict";
import { join } from "@std/path";
import { ROOT } from "./memloss.ts";
import { TinyWorld } from "./tiny.ts";

let world: TinyWorld;
Deno.test.beforeAll(async () => {
  world = await TinyWorld.create();
});
Deno.test.afterAll(() => world.remove());

/** `memloss train` on the tiny data, with what it says on stderr as it says it. */
function train(...args: string[]) {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "-P=train", "--config", join(ROOT, "deno.json")],
      ...[join(ROOT, "src", "main.ts"), ...world.trainArgs(world.path("run"), ...args)],
    ],
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = process.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  /** Reads until `pattern` is there; its first group, or the end's whole text. */
  const heard = async (pattern?: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern?.exec(said)?.[1];
      if (found !== undefined) return found;
      const { done, value } = await reader.read();
      if (done) return said;
      said += value;
    }
  };
  return { process, heard };
}

Deno.test("memloss train --dashboard shows the run while it trains, and no longer", async () => {
  const { process, heard } = train(
    ...["--variant", "v1", "--epochs", "500", "--select", "none", "--dashboard"],
  );
  await using _ = process; // which a failure must not leave training
  const url = await heard(/^Dashboard: (http:\/\/127\.0\.0\.1:\d+\/)$/m);
  const page = await (await fetch(url)).text();
  assert.match(page, /<p class="state">training, epoch \d+ of 500/);
  const { body } = await fetch(`${url}events?after=0`);
  const events = new Response(body).text();
  await heard(/^(epoch 2\/500) /m);
  process.kill("SIGINT");
  const said = await heard();
  assert.equal((await process.status).code, 130);
  assert.match(said, /^Continue with: .+ --run-dir \S+ --resume --dashboard 7007$/m);
  assert.match(await events, /^event: step$[^]*^event: end$/m);
  await assert.rejects(fetch(url));
});
