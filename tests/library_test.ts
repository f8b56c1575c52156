/** The README's program for library users, in a project of its own. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { startDeno } from "./testing/program.ts";

const ROOT = join(import.meta.dirname!, "..");

/** The blocks of code in the README's section about the library, by their language. */
async function readmeBlocks(): Promise<Readonly<Record<string, string>>> {
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const [, section] = readme.split("\n## As a library\n");
  assert.ok(section, "the README has a section for library users");
  const blocks = section.split("\n## ")[0]!.matchAll(/```(\w+)\n([^]*?)```/g);
  return Object.fromEntries([...blocks].map(([, language, code]) => [language!, code!]));
}

Deno.test("a project that imports the package by path trains, evaluates, attacks and reads a memory, and ends by itself", async () => {
  const folder = await Deno.makeTempDir({ prefix: "memloss-library-" });
  try {
    const { json, ts } = await readmeBlocks();
    await Deno.writeTextFile(join(folder, "deno.json"), json!.replaceAll('"./memloss', `"${ROOT}`));
    await Deno.copyFile(join(ROOT, "deno.lock"), join(folder, "deno.lock"));
    await Deno.writeTextFile(join(folder, "main.ts"), ts!);
    const permissions = ["--allow-read", "--allow-write=.", "--allow-env", "--allow-sys"];
    const args = ["run", "--no-prompt", "--check", ...permissions, "main.ts"];
    await using program = startDeno(args, folder);
    const { code, stdout, stderr } = await program.ended;
    assert.equal(code, 0, stderr);
    const lines = stdout.trim().split("\n");
    assert.equal(lines.filter((line) => /^[1-5] [12] \d+\.\d+$/.test(line)).length, 10, stdout);
    assert.match(lines[10]!, /^clean [\d.]+, PGD-20 [\d.]+$/);
    assert.equal(lines[11], "epoch 5 left 16 examples");
    const [, moved] = /^PGD moved pixels by ([\d.]+)$/.exec(lines[12]!)!;
    assert.ok(Math.abs(Number(moved) - 8 / 255) < 1e-6, moved);
    assert.match(lines[13]!, /^AutoAttack leaves [0-8] of 8$/);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      ...["deno.json", "deno.lock", "main.ts", "run"],
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
