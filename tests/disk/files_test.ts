import assert from "node:assert/strict";
import { join } from "@std/path";
import { RunError } from "../../src/errors.ts";
import { describeIoError, writeFileAtomically } from "../../src/disk/files.ts";

async function inTemporary(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await use(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function names(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map((entry) => entry.name).sort();
}

Deno.test("writeFileAtomically() creates and replaces a file and leaves nothing else", async () => {
  await inTemporary(async (directory) => {
    const path = join(directory, "file.bin");
    await writeFileAtomically(path, new Uint8Array([1, 2, 3]));
    await writeFileAtomically(path, new Uint8Array([4]));
    assert.deepEqual([...await Deno.readFile(path)], [4]);
    assert.deepEqual(names(directory), ["file.bin"]);
  });
});

Deno.test("writeFileAtomically() keeps the old file while the new one is being written", async () => {
  await inTemporary(async (directory) => {
    const path = join(directory, "file.bin");
    await writeFileAtomically(path, new Uint8Array([1]));
    const rename = Deno.rename;
    let before: number[] = [];
    Deno.rename = (from, to) => {
      before = [...Deno.readFileSync(path)];
      return rename(from, to);
    };
    try {
      await writeFileAtomically(path, new Uint8Array([2]));
    } finally {
      Deno.rename = rename;
    }
    assert.deepEqual(before, [1]);
  });
});

Deno.test("describeIoError() says in words what the system says in codes", () => {
  const failure = (code: string) => Object.assign(new Error("(os error 30): open '/a'"), { code });
  assert.equal(describeIoError(failure("EROFS")), "the file system is read-only");
  assert.equal(describeIoError(new Deno.errors.PermissionDenied()), "permission was denied");
});

Deno.test("writeFileAtomically() says that the disk is full, keeps the old file and removes the temporary", async () => {
  await inTemporary(async (directory) => {
    const path = join(directory, "file.bin");
    await Deno.writeFile(path, new Uint8Array([1]));
    const write = Deno.FsFile.prototype.write;
    Deno.FsFile.prototype.write = () =>
      Promise.reject(Object.assign(new Error("No space left on device"), { code: "ENOSPC" }));
    try {
      await assert.rejects(writeFileAtomically(path, new Uint8Array(8)), {
        name: "RunError",
        message: `Could not write ${path}: the disk is full, free some space and try again`,
      });
    } finally {
      Deno.FsFile.prototype.write = write;
    }
    assert.deepEqual([...await Deno.readFile(path)], [1]);
    assert.deepEqual(names(directory), ["file.bin"]);
  });
});

Deno.test("writeFileAtomically() names the path when the rename fails", async () => {
  await inTemporary(async (directory) => {
    const path = join(directory, "folder");
    await Deno.mkdir(join(path, "inside"), { recursive: true });
    await assert.rejects(
      writeFileAtomically(path, new Uint8Array(1)),
      (error: unknown) => error instanceof RunError && error.message.includes(path),
    );
    assert.deepEqual(names(directory), ["folder"]);
  });
});

Deno.test("writeFileAtomically() names the path when its folder does not exist", async () => {
  await inTemporary(async (directory) => {
    const path = join(directory, "absent", "file.bin");
    await assert.rejects(
      writeFileAtomically(path, new Uint8Array(1)),
      { name: "RunError", message: `Could not write ${path}: there is no such file or directory` },
    );
  });
});
