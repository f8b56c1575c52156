import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { join, resolve } from "@std/path";
import { startDeno } from "../../testing/program.ts";

const SRC = pathToFileURL(resolve(import.meta.dirname!, "..", "..", "..", "src")).href;
/** Has a signal sent to itself, computes for 50 ms at a time, and says after how many computations it heard it. */
const SCRIPT = `
import { openBackend } from "${SRC}/backend/open.ts";

const backend = await openBackend("wasm", { workers: 1 });
let heard = false;
Deno.addSignalListener("SIGUSR2", () => heard = true);
const counts = [];
for (let signal = 0; signal < 3; signal++) {
  heard = false;
  const args = ["-c", "sleep 0.1; kill -USR2 " + Deno.pid];
  const sender = new Deno.Command("sh", { args }).spawn();
  let computations = 0;
  while (!heard && computations < 100) {
    const end = performance.now() + 50;
    while (performance.now() < end);
    await backend.guard(Promise.resolve());
    computations++;
  }
  counts.push(computations);
  await sender.status;
}
console.log(JSON.stringify(counts));
Deno.exit();
`;

Deno.test("guard() lets a signal be heard within a few computations, whenever it comes", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const script = join(folder, "script.ts");
    await Deno.writeTextFile(script, SCRIPT);
    const config = resolve(import.meta.dirname!, "..", "..", "..", "deno.json");
    const allowed = ["--allow-read", "--allow-run", "--no-check", "--config", config];
    const { code, stdout, stderr } = await startDeno(["run", ...allowed, script]).ended;
    assert.equal(code, 0, stderr);
    const counts: number[] = JSON.parse(stdout);
    assert.ok(counts.every((count) => count <= 10), `heard after ${counts} computations`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
