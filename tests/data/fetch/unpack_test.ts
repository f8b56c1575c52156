import assert from "node:assert/strict";
import { ReadStream } from "node:fs";
import { gzipSync } from "node:zlib";
import { join } from "@std/path";
import fc from "fast-check";
import { unpackTarGz } from "../../../src/data/fetch/unpack.ts";
import { StorageError } from "../../../src/disk/failure.ts";
import { RunError, UsageError } from "../../../src/errors.ts";
import { flushes } from "../../disk/flushes.ts";
import { type ArchiveEntry, listTree, makeTar, makeTarGz, withDirectory } from "../made_cifar10.ts";

const CONTENTS = { folder: "set", files: ["a.bin", "b.bin"] };
const A = Uint8Array.from({ length: 300_000 }, (_, i) => i * i >> 3);
const B = new TextEncoder().encode("bee");
const GOOD: ArchiveEntry[] = [
  { name: "set/", type: "directory" },
  { name: "set/a.bin", body: A },
  { name: "set/readme.html", body: "skipped" },
  { name: "./set/b.bin", body: B },
];

/** Unpacks `archive` to `DIRECTORY/data/out`. */
async function unpack(directory: string, archive: Uint8Array) {
  const path = join(directory, "data", "made.tar.gz");
  await Deno.mkdir(join(directory, "data"), { recursive: true });
  await Deno.writeFile(path, archive);
  await unpackTarGz(path, join(directory, "data", "out"), CONTENTS);
}

/** Unpacking fails with a `RunError` that has `needle`, and leaves nothing but the archive. */
async function assertRefused(directory: string, archive: Uint8Array, needle: string) {
  await assert.rejects(unpack(directory, archive), (error) => {
    assert(error instanceof RunError, String(error));
    assert(error.message.includes(needle), `${error.message}\nlacks ${needle}`);
    assert(error.message.includes("made.tar.gz") && !error.message.includes("\n"));
    return true;
  });
  assert.deepEqual(await listTree(directory), ["data", "data/made.tar.gz"]);
}

async function assertUnpacked(directory: string) {
  const expected = ["a.bin", "b.bin"].map((file) => `data/out/${file}`);
  const tree = await listTree(directory);
  assert.deepEqual(tree, ["data", "data/made.tar.gz", "data/out", ...expected]);
  assert.deepEqual(await Deno.readFile(join(directory, expected[0]!)), A);
  assert.deepEqual(await Deno.readFile(join(directory, expected[1]!)), B);
}

Deno.test("unpackTarGz() writes the wanted files and skips the others", () =>
  withDirectory(async (directory) => {
    await unpack(directory, await makeTarGz(GOOD));
    await assertUnpacked(directory);
  }));

Deno.test("unpackTarGz() reads a tar from before the ustar magic", () =>
  withDirectory(async (directory) => {
    const tar = await makeTar(GOOD.filter(({ name }) => name.endsWith(".bin")));
    for (let block = 0; block < tar.length; block += 512) {
      const header = tar.subarray(block, block + 512);
      if (new TextDecoder().decode(header.subarray(257, 262)) !== "ustar") continue;
      header.fill(0, 257, 265);
      const sum = header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0);
      header.set(new TextEncoder().encode(sum.toString(8).padStart(6, "0") + "\0 "), 148);
    }
    await unpack(directory, gzipSync(tar));
    await assertUnpacked(directory);
  }));

Deno.test("unpackTarGz() refuses paths that leave the folder", () =>
  withDirectory(async (directory) => {
    const names = ["../evil", "set/../../evil", "/tmp/evil", "\\evil", "C:\\evil", "set\\..\\evil"];
    for (const name of names) {
      const entry = { name, body: "evil" };
      await assertRefused(directory, await makeTarGz([entry, ...GOOD]), `"${name}"`);
      await assertRefused(directory, await makeTarGz([...GOOD, entry]), `"${name}"`);
    }
    const hidden = { name: "set/fine", body: "evil", pax: { path: "../evil" } };
    await assertRefused(directory, await makeTarGz([hidden, ...GOOD]), '"../evil"');
    const folder = { name: "../out/", type: "directory" } as const;
    await assertRefused(directory, await makeTarGz([folder, ...GOOD]), '"../out/"');
  }));

Deno.test("unpackTarGz() refuses links, devices and pipes", () =>
  withDirectory(async (directory) => {
    const entries: ArchiveEntry[] = [
      { name: "set/a.bin", type: "symlink", linkname: "../../evil" },
      { name: "set/b.bin", type: "link", linkname: "set/a.bin" },
      { name: "set/x", type: "symlink", linkname: "/etc" },
      { name: "set/dev", type: "character-device", devmajor: 1, devminor: 3 },
      { name: "set/disk", type: "block-device", devmajor: 8, devminor: 0 },
      { name: "set/pipe", type: "fifo" },
    ];
    for (const entry of entries) {
      const needle = `${entry.type} "${entry.name}"`;
      await assertRefused(directory, await makeTarGz([entry, ...GOOD]), needle);
      await assertRefused(directory, await makeTarGz([...GOOD, entry]), needle);
    }
  }));

Deno.test("unpackTarGz() names a wanted file that the archive does not hold", () =>
  withDirectory(async (directory) => {
    const lacking = GOOD.filter(({ name }) => !name.endsWith("b.bin"));
    await assertRefused(directory, await makeTarGz(lacking), '"set/b.bin"');
    await assertRefused(directory, await makeTarGz([]), '"set/a.bin"');
    const folder: ArchiveEntry = { name: "set/b.bin", type: "directory" };
    await assertRefused(directory, await makeTarGz([...lacking, folder]), '"set/b.bin"');
  }));

Deno.test("unpackTarGz() writes only the first of two files with one name", () =>
  withDirectory(async (directory) => {
    await unpack(directory, await makeTarGz([...GOOD, { name: "set/a.bin", body: "again" }]));
    await assertUnpacked(directory);
  }));

Deno.test("unpackTarGz() refuses what is not a gzipped tar", () =>
  withDirectory(async (directory) => {
    await assertRefused(directory, new Uint8Array(), "");
    await assertRefused(directory, new TextEncoder().encode("<html>"), "is damaged");
    await assertRefused(directory, gzipSync(A), "is damaged");
  }));

Deno.test("unpackTarGz() refuses an archive that is cut anywhere", () =>
  withDirectory(async (directory) => {
    const archive = await makeTarGz(GOOD);
    const cut = fc.integer({ min: 1, max: archive.length - 1 });
    await fc.assert(
      fc.asyncProperty(cut, (at) => assertRefused(directory, archive.subarray(0, at), "")),
      { numRuns: 40 },
    );
  }));

Deno.test("unpackTarGz() refuses an archive whose last bytes, the checksum, are wrong", () =>
  withDirectory(async (directory) => {
    const archive = await makeTarGz(GOOD);
    for (const back of [1, 4, 5, 8]) {
      const at = archive.length - back;
      await assertRefused(directory, archive.with(at, archive[at]! ^ 1), "is damaged");
    }
  }));

Deno.test("unpackTarGz() gives the right files or none when a bit of the archive flips", () =>
  withDirectory(async (directory) => {
    const archive = await makeTarGz(GOOD);
    const flip = fc.tuple(fc.nat(archive.length - 1), fc.nat(7));
    await fc.assert(
      fc.asyncProperty(flip, async ([at, bit]) => {
        const flipped = archive.slice();
        flipped[at]! ^= 1 << bit;
        try {
          await unpack(directory, flipped);
        } catch (error) {
          assert(error instanceof RunError, String(error));
          assert.deepEqual(await listTree(directory), ["data", "data/made.tar.gz"]);
          return;
        }
        await assertUnpacked(directory);
        await Deno.remove(join(directory, "data", "out"), { recursive: true });
      }),
      { numRuns: 40 },
    );
  }));

Deno.test("unpackTarGz() clears what an interrupted attempt left", () =>
  withDirectory(async (directory) => {
    const leftover = join(directory, "data", "out.unpacking");
    await Deno.mkdir(leftover, { recursive: true });
    await Deno.writeTextFile(join(leftover, "a.bin"), "half");
    await unpack(directory, await makeTarGz(GOOD));
    await assertUnpacked(directory);
  }));

Deno.test("unpackTarGz() does not follow a link in place of its temporary folder", () =>
  withDirectory(async (directory) => {
    await Deno.mkdir(join(directory, "elsewhere"));
    await Deno.writeTextFile(join(directory, "elsewhere", "a.bin"), "mine");
    await Deno.mkdir(join(directory, "data"));
    await Deno.symlink(join(directory, "elsewhere"), join(directory, "data", "out.unpacking"));
    await unpack(directory, await makeTarGz(GOOD));
    assert.equal(await Deno.readTextFile(join(directory, "elsewhere", "a.bin")), "mine");
    await Deno.remove(join(directory, "elsewhere"), { recursive: true });
    await assertUnpacked(directory);
  }));

Deno.test("unpackTarGz() leaves nothing when it is aborted or the check fails", () =>
  withDirectory(async (directory) => {
    const archive = join(directory, "made.tar.gz");
    await Deno.writeFile(archive, await makeTarGz(GOOD));
    const out = join(directory, "out");
    const signal = AbortSignal.abort(new Error("Ctrl-C"));
    await assert.rejects(unpackTarGz(archive, out, CONTENTS, { signal }), /Ctrl-C/);
    assert.deepEqual(await listTree(directory), ["made.tar.gz"]);
    let checked: string[] = [];
    const check = async (folder: string) => {
      checked = await listTree(folder);
      throw new RunError("not these");
    };
    await assert.rejects(unpackTarGz(archive, out, CONTENTS, { check }), /not these/);
    assert.deepEqual(checked, ["a.bin", "b.bin"]);
    assert.deepEqual(await listTree(directory), ["made.tar.gz"]);
  }));

Deno.test("unpackTarGz() flushes every file and its folder before they get their name, and the name afterwards", () =>
  withDirectory(async (directory) => {
    const archive = await makeTarGz(GOOD);
    const data = join(directory, "data"), out = join(data, "out"), staging = `${out}.unpacking`;
    const events = await flushes(() => unpack(directory, archive));
    assert.deepEqual(events, [
      `flush ${join(staging, "a.bin")}`,
      `flush ${join(staging, "b.bin")}`,
      `flush ${staging}`,
      `rename ${staging} ${out}`,
      `flush ${data}`,
    ]);
  }));

Deno.test("unpackTarGz() does not call an archive damaged that the disk would not read", () =>
  withDirectory(async (directory) => {
    const archive = await makeTarGz(GOOD);
    const { _read } = ReadStream.prototype;
    ReadStream.prototype._read = function () {
      this.destroy(Object.assign(new Error("no"), { code: "EIO" }));
    };
    try {
      await assert.rejects(unpack(directory, archive), (error) => {
        assert(error instanceof StorageError, String(error));
        assert.match(error.message, /Could not read the archive ".*": the device failed/);
        return true;
      });
    } finally {
      ReadStream.prototype._read = _read;
    }
    assert.deepEqual(await listTree(directory), ["data", "data/made.tar.gz"]);
  }));

Deno.test("unpackTarGz() writes to no file that a link leads to", () =>
  withDirectory(async (directory) => {
    const elsewhere = join(directory, "elsewhere");
    await Deno.writeTextFile(elsewhere, "mine");
    const staging = join(directory, "data", "out.unpacking");
    const { open } = Deno;
    Deno.open = async (path, options) => {
      if (path === join(staging, "a.bin")) await Deno.symlink(elsewhere, path);
      return await open(path, options);
    };
    try {
      await assert.rejects(unpack(directory, await makeTarGz(GOOD)), RunError);
    } finally {
      Deno.open = open;
    }
    assert.equal(await Deno.readTextFile(elsewhere), "mine");
    assert.deepEqual(await listTree(directory), ["data", "data/made.tar.gz", "elsewhere"]);
  }));

Deno.test("unpackTarGz() lets one process at a time unpack an archive", () =>
  withDirectory(async (directory) => {
    const archive = join(directory, "made.tar.gz");
    await Deno.writeFile(archive, await makeTarGz(GOOD));
    const out = join(directory, "out");
    const check = () => assert.rejects(unpackTarGz(archive, out, CONTENTS), /Another process/);
    await unpackTarGz(archive, out, CONTENTS, { check });
    assert.deepEqual((await listTree(out)).length, 2);
  }));

Deno.test("unpackTarGz() refuses to write where something is, or from no archive", () =>
  withDirectory(async (directory) => {
    await Deno.mkdir(join(directory, "data", "out"), { recursive: true });
    await assert.rejects(
      unpack(directory, await makeTarGz(GOOD)),
      (error) => error instanceof UsageError && error.message.includes("out"),
    );
    await assert.rejects(
      unpackTarGz(join(directory, "none.tar.gz"), join(directory, "other"), CONTENTS),
      (error) => error instanceof UsageError && error.message.includes("none.tar.gz"),
    );
  }));
