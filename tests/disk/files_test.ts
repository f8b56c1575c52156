import assert from "node:assert/strict";
import { join } from "@std/path";
import { RunError } from "../../src/errors.ts";
import {
  createDirectory,
  temporaryOf,
  writeAll,
  writeFileAtomically,
} from "../../src/disk/files.ts";
import { flushes } from "./flushes.ts";

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

Deno.test("writeFileAtomically() writes through no link, wherever one was put", async () => {
  await inTemporary(async (directory) => {
    const elsewhere = join(directory, "elsewhere"), path = join(directory, "file.bin");
    await Deno.writeTextFile(elsewhere, "mine");
    await Deno.symlink(elsewhere, path);
    await Deno.symlink(elsewhere, `${path}.tmp-${Deno.pid}`);
    const made: string[] = [];
    const open = Deno.open;
    Deno.open = (file, options) => {
      if (options?.write) {
        made.push(String(file));
        assert.equal(options.createNew, true);
      }
      return open(file, options);
    };
    try {
      await writeFileAtomically(path, new Uint8Array([1]));
      await writeFileAtomically(path, new Uint8Array([2]));
    } finally {
      Deno.open = open;
    }
    assert.equal(await Deno.readTextFile(elsewhere), "mine");
    assert.deepEqual([...await Deno.readFile(path)], [2]);
    assert.ok((await Deno.lstat(path)).isFile);
    assert.equal(new Set(made).size, 2, "no name is used twice");
    for (const name of made) assert.equal(temporaryOf(name), path);
  });
});

Deno.test("temporaryOf() knows temporaries of this and earlier versions from other files", () => {
  const names = ["a.json.tmp-1f3a09bc", "a.json.tmp-4711", "a.json", "a.json.tmp-", "a.tmp-x.json"];
  const none = undefined;
  assert.deepEqual(names.map(temporaryOf), ["a.json", "a.json", none, none, none]);
});

Deno.test("writeAll() writes everything however few bytes are taken at a time", async () => {
  const taken: number[] = [];
  const write = (bytes: Uint8Array) => {
    taken.push(bytes[0]!);
    return Promise.resolve(1);
  };
  await writeAll({ write }, new Uint8Array([3, 1, 2]));
  assert.deepEqual(taken, [3, 1, 2]);
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

Deno.test("writeFileAtomically() and createDirectory() flush what they make, and the folder that names it", async () => {
  await inTemporary(async (directory) => {
    const folder = join(directory, "folder"), path = join(folder, "file.bin");
    assert.deepEqual(await flushes(() => createDirectory(folder)), [`flush ${directory}`]);
    const events = await flushes(() => writeFileAtomically(path, new Uint8Array([1])));
    const temporary = /^flush (.+)$/.exec(events[0]!)![1]!;
    assert.equal(temporaryOf(temporary), path);
    assert.deepEqual(events.slice(1), [`rename ${temporary} ${path}`, `flush ${folder}`]);
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
