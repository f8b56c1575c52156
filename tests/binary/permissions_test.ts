import assert from "node:assert/strict";
import { join } from "@std/path";
import { type Ended, startCommand, startDeno } from "../testing/program.ts";
import { binaryTest, compileScript } from "./compiled.ts";

const CONFIG = join(import.meta.dirname!, "..", "..", "deno.json");
const REACH = join(import.meta.dirname!, "reach.js");
const { tasks }: { tasks: Record<string, { command: string }> } = JSON.parse(
  await Deno.readTextFile(CONFIG),
);

/** Calls `use` with the address of a server in this process; how many requests it had. */
async function withServer(use: (address: string) => Promise<void>): Promise<number> {
  let requests = 0;
  const answer = () => {
    requests++;
    return new Response("export {}", { headers: { "content-type": "text/javascript" } });
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  try {
    await use(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
  return requests;
}

/** What came of each thing that `reach.js` tries. */
function outcomes({ code, stdout, stderr }: Ended): [string, string][] {
  assert.equal(code, 0, stderr);
  return Object.entries(JSON.parse(stdout));
}

/** Holds that a program under permissions of ours does nothing of what `reach.js` tries. */
async function assertDenied(run: (server: string) => Promise<Ended>): Promise<void> {
  const requests = await withServer(async (server) => {
    for (const [what, outcome] of outcomes(await run(server))) {
      // A binary has no way to import what is not in it.
      assert.match(outcome, /NotCapable|Requires \w+ access|Module not found/, what);
    }
  });
  assert.equal(requests, 0);
}

Deno.test("reach.js does what it says where it may", async () => {
  const requests = await withServer(async (server) => {
    const ended = await startDeno(["run", "-A", "--no-config", REACH, server]).ended;
    for (const [what, outcome] of outcomes(ended)) {
      // There is no such library: what counts is that it was looked for.
      if (what === "load a library through Node") {
        assert.match(outcome, /native\.node: cannot open/);
      } else assert.equal(outcome, "done", what);
    }
  });
  assert.equal(requests, 2);
});

// Tasks whose permissions are held; one with a host of its own may reach that and no other.
for (const name of ["train:v1", "memloss", "demo"]) {
  Deno.test(`deno task ${name} may reach no other host, run no program and load no library`, () =>
    assertDenied((server) => {
      const [, options] = /deno (run .*?) "\$ROOT\/(?:src|tasks)/.exec(tasks[name]!.command)!;
      const args = options!.replace('"$ROOT/deno.json"', CONFIG).split(" ");
      return startDeno([...args, "--no-prompt", REACH, server]).ended;
    }));
}

binaryTest("the binary may reach no other host, run no program and load no library", async () => {
  const folder = await Deno.makeTempDir({ prefix: "memloss-reach-" });
  try {
    const program = join(folder, "reach");
    await compileScript(REACH, program);
    await assertDenied((server) => startCommand(program, { args: [server] }).ended);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
