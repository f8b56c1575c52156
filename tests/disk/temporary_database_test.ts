import assert from "node:assert/strict";
import { dirname, join } from "@std/path";
import { TemporaryError, withTemporaryDatabase } from "../../src/disk/temporary_database.ts";
import { startDeno } from "../testing/program.ts";
import { patched } from "./patched.ts";

const MODULE = new URL("../../src/disk/temporary_database.ts", import.meta.url).href;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** A folder that a process made, which was killed while it used it. */
async function leaveBehind(): Promise<string> {
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(
    script,
    `const { withTemporaryDatabase } = await import(${JSON.stringify(MODULE)});
    await withTemporaryDatabase(async (path) => {
      const kv = await Deno.openKv(path);
      await kv.set(["a"], 1);
      console.log(path);
      Deno.kill(Deno.pid, "SIGKILL");
    });`,
  );
  const args = ["run", "--allow-read", "--allow-write", "--allow-run", "--config", CONFIG, script];
  const { stdout } = await startDeno(args).ended;
  await Deno.remove(script);
  return dirname(stdout.trim());
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

Deno.test("withTemporaryDatabase() leaves nothing, whether its user throws or not", async () => {
  let seen = "";
  const use = async (path: string) => {
    seen = dirname(path);
    const kv = await Deno.openKv(path);
    await kv.set(["a"], 1);
    kv.close();
    return 7;
  };
  assert.equal(await withTemporaryDatabase(use), 7);
  assert.ok(seen !== "" && !await isThere(seen));
  const failing = (path: string) => use(path).then(() => Promise.reject(new Error("no")));
  await assert.rejects(withTemporaryDatabase(failing), /no/);
  assert.ok(!await isThere(seen));
});

Deno.test("withTemporaryDatabase() removes what a killed process left, and nothing in use or of others", async () => {
  const left = await leaveBehind();
  assert.ok(await isThere(left), left);
  const foreign = await Deno.makeTempDir({ prefix: "memloss-kv-" });
  await Deno.writeTextFile(join(foreign, "notes.txt"), "mine");
  await Deno.writeTextFile(join(foreign, "owner.lock"), "");
  const other = await Deno.makeTempDir({ prefix: "other-" });
  await Deno.utime(other, 1, 1);
  const young = await Deno.makeTempDir({ prefix: "memloss-kv-" }); // of a process that has not locked it yet
  await withTemporaryDatabase(async (path) => {
    await Deno.writeTextFile(path, "in use");
    await withTemporaryDatabase(() => Promise.resolve());
    assert.equal(await Deno.readTextFile(path), "in use");
  });
  assert.ok(!await isThere(left));
  assert.equal(await Deno.readTextFile(join(foreign, "notes.txt")), "mine");
  assert.ok(await isThere(young));
  await Deno.utime(young, 1, 1);
  await withTemporaryDatabase(() => Promise.resolve());
  assert.ok(!await isThere(young));
  await Deno.remove(other); // still there
  await Deno.remove(foreign, { recursive: true });
});

Deno.test("withTemporaryDatabase() says why the temporary folder cannot be used, and leaves no folder", async () => {
  let made = "";
  const full = Object.assign(new Error("no"), { code: "ENOSPC" });
  const chosen = (path: unknown) => {
    made = dirname(String(path));
    return true;
  };
  await patched(Deno, "open", chosen, full).during(() =>
    assert.rejects(withTemporaryDatabase(() => Promise.resolve()), (error) => {
      assert.ok(error instanceof TemporaryError, String(error));
      assert.match(error.message, /^The temporary folder cannot be used \(the disk is full/);
      return true;
    })
  );
  assert.ok(made !== "" && !await isThere(made));
});
