import assert from "node:assert/strict";
import { join } from "@std/path";
import { startDeno } from "../testing/program.ts";

const CONFIG = join(import.meta.dirname!, "..", "..", "deno.json");
const { tasks }: { tasks: Record<string, { command: string }> } = JSON.parse(
  await Deno.readTextFile(CONFIG),
);

/** Calls `use` in an empty folder whose name has a space. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "memloss task-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("deno task memloss takes paths from where the user stands", () =>
  inFolder(async (folder) => {
    const args = ["task", "-q", "--config", CONFIG, "memloss"];
    // A test that is itself a task has inherited another one.
    const run = (...more: string[]) =>
      startDeno([...args, ...more], folder, { INIT_CWD: folder }).ended;
    const shown = await run("data", "show", "synthetic", "--out", "sheet.png");
    assert.equal(shown.code, 0, shown.stderr);
    assert.ok((await Deno.stat(join(folder, "sheet.png"))).isFile);
    const weights = await run("eval", "sheet.png");
    assert.match(weights.stderr, /^error: sheet\.png (is|\(\d+ bytes\))/m);
  }));

Deno.test("the program's tasks import nothing that the lock file does not list", () =>
  inFolder(async (folder) => {
    const script = join(folder, "script.ts");
    // Not in the lock file by this name, but there without a network.
    await Deno.writeTextFile(script, 'await import(["npm:valibot", "1"].join("@"));');
    const own = Object.values(tasks).filter(({ command }) => /-P=(memloss|train) /.test(command));
    assert.ok(own.length >= 8);
    const commands = new Set(own.map(({ command }) => /deno (run .*)"\$ROOT/.exec(command)![1]!));
    for (const command of commands) {
      const args = command.replace('"$ROOT/deno.json"', CONFIG).trim().split(" ");
      const { code, stderr } = await startDeno([...args, script], folder).ended;
      assert.notEqual(code, 0, command);
      assert.match(stderr, /The lockfile is out of date/, command);
    }
  }));
