import assert from "node:assert/strict";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { describeDatabaseFault } from "../../src/disk/database_check.ts";
import { StorageError } from "../../src/disk/failure.ts";
import { databaseFiles } from "../../src/disk/temporary_database.ts";
import { inTemporary } from "../memory/support.ts";
import { patched } from "./patched.ts";

async function makeDatabase(path: string): Promise<void> {
  const kv = await Deno.openKv(path);
  await kv.set(["current"], new Uint8Array(5000));
  kv.close();
}

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

Deno.test("describeDatabaseFault() finds nothing in a database of KV, whole, new, empty or not there", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "index.kv");
    assert.equal(await describeDatabaseFault(path), undefined);
    await Deno.writeFile(path, new Uint8Array());
    assert.equal(await describeDatabaseFault(path), undefined);
    await makeDatabase(path);
    assert.equal(await describeDatabaseFault(path), undefined);
    const kv = await Deno.openKv(path);
    await kv.set(["more"], 1);
    assert.equal(await describeDatabaseFault(path), undefined, "with a log beside it");
    kv.close();
  }));

Deno.test("describeDatabaseFault() lets KV make anew what it was killed in making", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "index.kv");
    // A cache of one page spills what is not committed into the file.
    const killed = `
      const { DatabaseSync } = await import("node:sqlite");
      const database = new DatabaseSync(${JSON.stringify(path)});
      database.exec("PRAGMA cache_size = 1; BEGIN; CREATE TABLE kv (k blob)");
      database.exec("INSERT INTO kv SELECT randomblob(99999)");
      Deno.kill(Deno.pid, "SIGKILL");`;
    await new Deno.Command(Deno.execPath(), { args: ["eval", killed] }).output();
    assert.ok(Deno.statSync(`${path}-journal`).size > 0);
    assert.equal(await describeDatabaseFault(path), undefined);
    await makeDatabase(path);
    assert.equal(await describeDatabaseFault(path), undefined);
  }));

Deno.test("describeDatabaseFault() finds that a file was cut within its last page, which is no fault of the device", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "index.kv");
    await makeDatabase(path);
    const whole = await Deno.readFile(path);
    for (const cut of [1, 1000, 4000]) {
      await Deno.writeFile(path, whole.subarray(0, -cut));
      assert.equal(await describeDatabaseFault(path), "it was cut short");
    }
  }));

Deno.test("describeDatabaseFault() names a header that would have SQLite refuse to write, or write amiss", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "index.kv");
    await makeDatabase(path);
    const whole = await Deno.readFile(path);
    for (const at of [18, 19, 20]) {
      await Deno.writeFile(path, whole.with(at, whole[at]! ^ 0x40));
      assert.notEqual(await describeDatabaseFault(path), undefined, `byte ${at}`);
    }
  }));

Deno.test("describeDatabaseFault() lets SQLite near no link, pipe or folder, and blames no file for its place", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "index.kv");
    await makeDatabase(path);
    await Deno.writeTextFile(join(directory, "elsewhere"), "");
    for (const file of databaseFiles(path)) {
      await Deno.rename(file, `${file}.bak`).catch(() => {});
      await Deno.symlink(join(directory, "elsewhere"), file);
      await assert.rejects(describeDatabaseFault(path), StorageError, file);
      await Deno.remove(file);
      await new Deno.Command("mkfifo", { args: [file] }).output();
      await assert.rejects(describeDatabaseFault(path), StorageError, file);
      await Deno.remove(file);
      await Deno.rename(`${file}.bak`, file).catch(() => {});
    }
    const failure = new Error("disk I/O error");
    const prepare = patched(DatabaseSync.prototype, "prepare", () => true, failure);
    await prepare.during(() => assert.rejects(describeDatabaseFault(path), StorageError));
    assert.equal(await describeDatabaseFault(path), undefined);
  }));

Deno.test("describeDatabaseFault() names damaged pages and tables that are not KV's", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "index.kv");
    await makeDatabase(path);
    const whole = await Deno.readFile(path);
    await Deno.writeFile(path, whole.subarray(0, 8192));
    assert.equal(await describeDatabaseFault(path), "database disk image is malformed");
    await Deno.writeFile(path, whole.with(0, 0));
    assert.equal(await describeDatabaseFault(path), "file is not a database");
    await Deno.writeFile(path, whole);
    change(path, "UPDATE migration_state SET version = version + 1");
    assert.equal(await describeDatabaseFault(path), "it holds other tables than this Deno's");
    await Deno.writeFile(path, whole);
    change(path, "ALTER TABLE kv RENAME TO kw");
    assert.equal(await describeDatabaseFault(path), "it holds other tables than this Deno's");
  }));
