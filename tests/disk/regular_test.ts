import assert from "node:assert/strict";
import { join } from "@std/path";
import { StorageError } from "../../src/disk/failure.ts";
import { readIfThere, readNamedFile, readWholeFile } from "../../src/disk/files.ts";
import {
  exists,
  fileSize,
  refuseForeign,
  refuseLink,
  refuseSpecial,
  refuseSpecialSync,
} from "../../src/disk/regular.ts";
import { inTemporary } from "../memory/support.ts";
import { patched } from "./patched.ts";

/** A file, a link to it, a dangling link, a folder and a named pipe. */
async function makeKinds(directory: string) {
  const path = (name: string) => join(directory, name);
  await Deno.writeTextFile(path("file"), "seven b");
  await Deno.symlink("file", path("link"));
  await Deno.symlink("nowhere", path("dangling"));
  await Deno.mkdir(path("folder"));
  await Deno.symlink("folder", path("folder-link"));
  const { success } = await new Deno.Command("mkfifo", { args: [path("pipe")] }).output();
  assert.ok(success);
  return path;
}

async function refused(look: () => unknown): Promise<boolean> {
  try {
    await look();
    return false;
  } catch (error) {
    assert.ok(error instanceof StorageError, String(error));
    return true;
  }
}

const NAMES = ["file", "link", "dangling", "folder", "folder-link", "pipe", "absent"];

Deno.test("refuseSpecial(), refuseForeign() and refuseLink() let pass what may be read, written and filled", () =>
  inTemporary(async (directory) => {
    const path = await makeKinds(directory);
    const table: [(path: string) => unknown, string[]][] = [
      [refuseSpecial, ["pipe"]],
      [refuseSpecialSync, ["pipe"]],
      [refuseForeign, ["link", "dangling", "folder", "folder-link", "pipe"]],
      [refuseLink, ["link", "dangling", "folder-link"]],
    ];
    for (const [look, expected] of table) {
      const found: string[] = [];
      for (const name of NAMES) if (await refused(() => look(path(name)))) found.push(name);
      assert.deepEqual(found, expected, look.name);
    }
    await assert.rejects(refuseSpecial("/dev/zero"), /is a device and not a file/);
  }));

Deno.test("exists() and fileSize() see links and files, and do not take a refusal for absence", () =>
  inTemporary(async (directory) => {
    const path = await makeKinds(directory);
    const there = [], sizes = [];
    for (const name of NAMES) {
      there.push(await exists(path(name)));
      sizes.push(await fileSize(path(name)));
    }
    assert.deepEqual(there, [true, true, true, true, true, true, false]);
    const none = undefined;
    assert.deepEqual(sizes, [7, 7, none, none, none, none, none]);
    assert.equal(await exists(path("file/inside")), false);
    const denied = Object.assign(new Deno.errors.PermissionDenied("no"), { code: "EACCES" });
    const lstat = patched(Deno, "lstat", () => true, denied);
    await lstat.during(() => assert.rejects(exists(path("file")), StorageError));
    const stat = patched(Deno, "stat", () => true, denied);
    await stat.during(() => assert.rejects(fileSize(path("file")), StorageError));
  }));

Deno.test("readWholeFile() and readIfThere() do not wait for ever at a pipe, and readNamedFile() reads one", () =>
  inTemporary(async (directory) => {
    const path = await makeKinds(directory);
    const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);
    assert.equal(text(await readWholeFile(path("link"))), "seven b");
    assert.equal(text(await readIfThere(path("file"))), "seven b");
    assert.equal(await readIfThere(path("absent")), undefined);
    await assert.rejects(readIfThere(path("folder")), /Could not read .*folder/);
    for (const read of [readWholeFile, readIfThere]) {
      await assert.rejects(read(path("pipe")), /pipe is a named pipe and not a file: move it away/);
    }
    const [found] = await Promise.all([
      readNamedFile(path("pipe")),
      Deno.writeTextFile(path("pipe"), "through"),
    ]);
    assert.equal(text(found), "through");
  }));
