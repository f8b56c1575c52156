import assert from "node:assert/strict";
import { join } from "@std/path";
import { RunError } from "../../../src/errors.ts";
import { patched } from "../../disk/patched.ts";
import { RunLock } from "../../../src/run/folder/run_lock.ts";

const root = new URL("../../../", import.meta.url);

/** Starts a process that locks `directory`, says how that went and lives until it is killed. */
async function startOwner(
  directory: string,
): Promise<{ process: Deno.ChildProcess; line: string }> {
  const script = `
    const { RunLock } = await import(${
    JSON.stringify(new URL("src/run/folder/run_lock.ts", root).href)
  });
    try {
      await RunLock.acquire(${JSON.stringify(directory)});
      console.log("locked");
    } catch (error) {
      console.log(error.message);
    }
    setInterval(() => {}, 1000);`;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", "--config", new URL("deno.json", root).pathname, script],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = process.stdout.getReader();
  let line = "";
  while (!line.endsWith("\n")) {
    const { value, done } = await reader.read();
    if (done) break;
    line += new TextDecoder().decode(value);
  }
  await reader.cancel();
  return { process, line: line.trim() };
}

async function kill(process: Deno.ChildProcess): Promise<void> {
  process.kill("SIGKILL");
  await process.status;
}

Deno.test("RunLock.acquire() refuses a folder that a live process owns and takes it from a killed one", async () => {
  const directory = await Deno.makeTempDir();
  const { process, line } = await startOwner(directory);
  try {
    assert.equal(line, "locked");
    await assert.rejects(RunLock.acquire(directory), {
      name: "UsageError",
      message: `The run folder ${directory} is in use by process ${process.pid}: ` +
        "wait for it to end or choose another --run-dir",
    });
  } finally {
    await kill(process);
  }
  const lock = await RunLock.acquire(directory);
  await lock.release();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("RunLock.acquire() keeps other processes out until release()", async () => {
  const directory = await Deno.makeTempDir();
  await Deno.writeTextFile(join(directory, "run.lock"), "123456789012345\n");
  const lock = await RunLock.acquire(directory);
  assert.equal(await Deno.readTextFile(join(directory, "run.lock")), `${Deno.pid}\n`);
  const refused = await startOwner(directory);
  await kill(refused.process);
  assert.ok(refused.line.includes(`in use by process ${Deno.pid}`), refused.line);

  await lock.release();
  const admitted = await startOwner(directory);
  await kill(admitted.process);
  assert.equal(admitted.line, "locked");
  await Deno.remove(directory, { recursive: true });
});

Deno.test("RunLock.acquire() goes without its pid on a full disk, and on no other failure", async () => {
  const directory = await Deno.makeTempDir();
  const failing = (code: string) =>
    patched(Deno.FsFile.prototype, "write", () => true, Object.assign(new Error(code), { code }));
  const lock = await failing("ENOSPC").during(() => RunLock.acquire(directory));
  assert.equal(await RunLock.isHeld(directory), true);
  await lock.release();
  await failing("EIO").during(() =>
    assert.rejects(RunLock.acquire(directory), { name: "RunError", message: /the device failed/ })
  );
  assert.equal(await RunLock.isHeld(directory), false);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("RunLock.acquire() is turned away by nobody who only looks for an instant", async () => {
  const directory = await Deno.makeTempDir();
  const looker = await Deno.open(join(directory, "run.lock"), { write: true, create: true });
  await looker.lock(false);
  setTimeout(() => looker.close(), 30);
  const lock = await RunLock.acquire(directory);
  await lock.release();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("RunLock.isHeld() looks without keeping others from looking, and needs no lock file", async () => {
  const directory = await Deno.makeTempDir();
  assert.equal(await RunLock.isHeld(directory), false);
  const looker = await Deno.open(join(directory, "run.lock"), { write: true, create: true });
  await looker.lock(false);
  assert.equal(await RunLock.isHeld(directory), false, "looked at by another");
  looker.close();
  const lock = await RunLock.acquire(directory);
  assert.equal(await RunLock.isHeld(directory), true);
  await lock.release();
  assert.equal(await RunLock.isHeld(directory), false);
  assert.equal(await Deno.readTextFile(join(directory, "run.lock")), "", "no owner is named");
  await Deno.remove(directory, { recursive: true });
});

Deno.test("RunLock writes to no file that a link leads to, and waits at no pipe", async () => {
  const directory = await Deno.makeTempDir();
  const path = join(directory, "run.lock"), elsewhere = join(directory, "elsewhere");
  await Deno.writeTextFile(elsewhere, "mine");
  const plant = [
    () => Deno.symlink(elsewhere, path),
    () => Deno.symlink(join(directory, "absent"), path),
    () => Deno.mkdir(path),
    async () => {
      await new Deno.Command("mkfifo", { args: [path] }).output();
    },
  ];
  for (const each of plant) {
    await each();
    const named = (error: Error) =>
      error instanceof RunError && error.message.startsWith(`${path} is `);
    await assert.rejects(RunLock.acquire(directory), named);
    await assert.rejects(RunLock.isHeld(directory), named);
    await Deno.remove(path);
  }
  assert.equal(await Deno.readTextFile(elsewhere), "mine");
  assert.deepEqual([...Deno.readDirSync(directory)].map(({ name }) => name), ["elsewhere"]);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("RunLock.acquire() names a folder that does not exist", async () => {
  const directory = join(await Deno.makeTempDir(), "absent");
  await assert.rejects(RunLock.acquire(directory), {
    name: "RunError",
    message: `Could not lock ${join(directory, "run.lock")}: there is no such file or directory`,
  });
  await Deno.remove(join(directory, ".."), { recursive: true });
});
