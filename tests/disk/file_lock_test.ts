import assert from "node:assert/strict";
import { join } from "@std/path";
import { FileLock } from "../../src/disk/file_lock.ts";
import { RunError } from "../../src/errors.ts";
import { startDeno } from "../testing/program.ts";
import { inTemporary } from "../memory/support.ts";

const MODULE = new URL("../../src/disk/file_lock.ts", import.meta.url).href;

/** A process that locks `path`, makes the file `${path}.held` and keeps the lock. */
function holder(path: string) {
  const code = `
    const { FileLock } = await import(${JSON.stringify(MODULE)});
    const lock = await FileLock.try(${JSON.stringify(path)});
    Deno.writeTextFileSync(${JSON.stringify(`${path}.held`)}, String(lock !== undefined));
    setInterval(() => lock, 1000);`;
  return startDeno(["eval", code]);
}

async function untilHeld(path: string): Promise<void> {
  while (!await Deno.stat(`${path}.held`).then(({ size }) => size > 0, () => false)) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("FileLock keeps other processes out until its owner ends, however that is", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "cell.lock");
    await using process = holder(path);
    await untilHeld(path);
    assert.equal(await FileLock.try(path), undefined);
    const controller = new AbortController();
    const stopped = FileLock.wait(path, controller.signal);
    controller.abort();
    await assert.rejects(stopped, {
      name: "Interrupted",
      message: `Stopped while another process had ${path} locked.`,
    });
    const waiting = FileLock.wait(path, undefined);
    process.kill("SIGKILL");
    using lock = await waiting;
    assert.ok(lock);
  }));

Deno.test("FileLock.try() takes a lock that was given back", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "cell.lock");
    for (let i = 0; i < 2; i++) {
      using lock = await FileLock.try(path);
      assert.ok(lock);
    }
  }));

Deno.test("FileLock names the file that it cannot open", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "missing", "cell.lock");
    const wait = (path: string) => FileLock.wait(path, undefined);
    for (const take of [FileLock.try, wait]) {
      await assert.rejects(take(path), (error: unknown) =>
        error instanceof RunError && error.message.startsWith(`Could not lock ${path}: `));
    }
  }));
