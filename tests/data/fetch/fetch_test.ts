import assert from "node:assert/strict";
import { join } from "@std/path";
import { fetchDataset } from "../../../src/data/fetch/fetch.ts";
import type { PublishedSet } from "../../../src/data/sets/definition.ts";
import { loadData } from "../../../src/data/sets/sets.ts";
import { StorageError } from "../../../src/disk/failure.ts";
import { RunError, UsageError } from "../../../src/errors.ts";
import { patched } from "../../disk/patched.ts";
import {
  ALL_FILES,
  type ArchiveEntry,
  datasetEntries,
  FOLDER,
  listTree,
  makeTarGz,
  setOf,
  smallFiles,
  withDirectory,
  writeFiles,
} from "../made_cifar10.ts";
import {
  type Answer,
  ranged,
  type Served,
  silentAfter,
  unannounced,
  whole,
  withServer,
} from "../scripted_server.ts";

const COMPLETE = [FOLDER, ...ALL_FILES.map((file) => `${FOLDER}/${file}`)];

interface Scene {
  readonly archive: Uint8Array<ArrayBuffer>;
  readonly server: Served;
  readonly set: PublishedSet;
  /** An empty data directory. */
  readonly directory: string;
}

/** An archive with `entries`, a server that has it as `script` says, and a data set that is exactly it. */
async function scene(
  entries: ArchiveEntry[],
  script: (archive: Uint8Array) => Answer[],
  body: (scene: Scene) => Promise<void>,
) {
  const archive = await makeTarGz(entries);
  await withDirectory((directory) =>
    withServer(script(archive), async (server) => {
      await body({ archive, server, set: setOf(archive, server.url), directory });
    })
  );
}

const GOOD = datasetEntries(smallFiles());
const FAST = { retryDelay: 0 };

async function assertFetched(folder: string, directory: string) {
  assert.equal(folder, join(directory, FOLDER));
  assert.deepEqual(await listTree(directory), COMPLETE);
  const { train, test } = await loadData("cifar10", directory, 1);
  assert.deepEqual([train.n, test.n], [10, 3]);
}

async function assertNothingValid(directory: string) {
  const allowed = ["made.tar.gz", "made.tar.gz.part"];
  for (const name of await listTree(directory)) assert(allowed.includes(name), name);
  await assert.rejects(loadData("cifar10", directory, 1), UsageError);
}

Deno.test("fetchDataset() downloads, unpacks and deletes the archive", () =>
  scene(GOOD, (archive) => [ranged(archive)], async ({ archive, set, directory }) => {
    const progress: number[] = [];
    const onProgress = (done: number) => progress.push(done);
    await assertFetched(await fetchDataset(set, directory, { onProgress }), directory);
    assert.equal(progress.at(-1), archive.length);
  }));

Deno.test("fetchDataset() does nothing when the data set is there", () =>
  scene(GOOD, (archive) => [ranged(archive)], async ({ server, set, directory }) => {
    await fetchDataset(set, directory);
    await assertFetched(await fetchDataset(set, directory), directory);
    assert.equal(server.ranges.length, 1);
  }));

Deno.test("fetchDataset() resumes a dropped connection", () =>
  scene(GOOD, (a) => [ranged(a, 300), ranged(a)], async ({ server, set, directory }) => {
    await assertFetched(await fetchDataset(set, directory, FAST), directory);
    assert.deepEqual(server.ranges, [null, "bytes=300-"]);
  }));

Deno.test("fetchDataset() starts over with a server that ignores ranges", () =>
  scene(GOOD, (a) => [whole(a, 300), whole(a)], async ({ server, set, directory }) => {
    await assertFetched(await fetchDataset(set, directory, FAST), directory);
    assert.deepEqual(server.ranges, [null, "bytes=300-"]);
  }));

Deno.test("fetchDataset() leaves nothing of wrong bytes", () =>
  scene(GOOD, (a) => [whole(a.toReversed())], async ({ set, directory }) => {
    await assert.rejects(fetchDataset(set, directory, FAST), /SHA-256/);
    assert.deepEqual(await listTree(directory), []);
  }));

Deno.test("fetchDataset() never unpacks a short file", async () => {
  for (const answer of [whole, unannounced]) {
    await scene(GOOD, (a) => [answer(a.subarray(0, 400))], async ({ set, directory }) => {
      await assert.rejects(fetchDataset(set, directory, FAST), RunError);
      await assertNothingValid(directory);
    });
  }
});

Deno.test("fetchDataset() survives an interrupted second attempt", () =>
  scene(GOOD, (a) => [ranged(a, 300), ranged(a, 0)], async (scene) => {
    const { archive, server, set, directory } = scene;
    await assert.rejects(fetchDataset(set, directory, FAST), /stopped at 300 of/);
    await assertNothingValid(directory);
    server.answer((request) => {
      assert.equal(request.headers.get("range"), "bytes=300-");
      const response = silentAfter(archive.slice(300, 500), archive.length - 300)(request);
      const range = `bytes 300-${archive.length - 1}/${archive.length}`;
      return new Response(response.body, { status: 206, headers: { "content-range": range } });
    });
    const abort = new AbortController();
    const onProgress = (done: number) => {
      if (done === 500) abort.abort(new Error("Ctrl-C"));
    };
    const second = fetchDataset(set, directory, { ...FAST, onProgress, signal: abort.signal });
    await assert.rejects(second, /Ctrl-C/);
    await assertNothingValid(directory);
    server.answer(ranged(archive));
    await assertFetched(await fetchDataset(set, directory, FAST), directory);
    assert.equal(server.ranges.at(-1), "bytes=500-");
  }));

Deno.test("fetchDataset() refuses an archive that reaches outside its folder", async () => {
  const outside = "/tmp/memloss-outside-the-archive";
  const entries: ArchiveEntry[] = [
    { name: "../x", body: "evil" },
    { name: outside, body: "evil" },
    { name: `${FOLDER}/link`, type: "symlink", linkname: "/etc" },
  ];
  for (const entry of entries) {
    await scene([...GOOD, entry], (a) => [ranged(a)], async ({ set, directory }) => {
      const data = join(directory, "data");
      await assert.rejects(fetchDataset(set, data, FAST), (error) => {
        assert(error instanceof RunError && error.message.includes(`"${entry.name}"`));
        return true;
      });
      assert.deepEqual(await listTree(directory), ["data"]);
    });
  }
  await assert.rejects(Deno.lstat(outside), Deno.errors.NotFound);
});

Deno.test("fetchDataset() refuses an archive whose files are malformed or too few", async () => {
  const truncated = smallFiles().set("data_batch_2.bin", new Uint8Array(3000));
  await scene(datasetEntries(truncated), (a) => [ranged(a)], async ({ set, directory }) => {
    await assert.rejects(fetchDataset(set, directory), (error) => {
      assert(error instanceof RunError, String(error));
      assert.match(error.message, /^The archive from .*data_batch_2.bin" is truncated/);
      return true;
    });
    assert.deepEqual(await listTree(directory), []);
  });
  await scene(GOOD, (a) => [ranged(a)], async ({ set, directory }) => {
    const train = { ...set.splits.train, images: 11 };
    const larger = { ...set, splits: { ...set.splits, train } };
    await assert.rejects(fetchDataset(larger, directory), /10 training and 3 test/);
    assert.deepEqual(await listTree(directory), []);
  });
});

Deno.test("fetchDataset() keeps the archive when unpacking is interrupted", () =>
  scene(GOOD, (a) => [ranged(a)], async ({ archive, server, set, directory }) => {
    const abort = new AbortController();
    const onProgress = (done: number) => {
      // Late enough for the download to end and early enough for the unpacking not to have begun.
      if (done === archive.length) queueMicrotask(() => abort.abort(new Error("Ctrl-C")));
    };
    await Deno.writeFile(join(directory, "made.tar.gz.part"), archive);
    const first = fetchDataset(set, directory, { onProgress, signal: abort.signal });
    await assert.rejects(first, /Ctrl-C/);
    assert.deepEqual(await listTree(directory), ["made.tar.gz"]);
    await assertFetched(await fetchDataset(set, directory), directory);
    assert.equal(server.ranges.length, 0);
  }));

Deno.test("fetchDataset() keeps an archive that the disk would not read, and calls no file damaged for that", () =>
  scene(GOOD, (archive) => [whole(archive)], async ({ set, directory }) => {
    const failure = Object.assign(new Error("no"), { code: "EIO" });
    const failing = patched(Deno, "readFile", (path) => String(path).endsWith(".bin"), failure);
    const fetching = () => fetchDataset(set, directory, FAST);
    await failing.during(() => assert.rejects(fetching(), StorageError));
    const [archive] = await listTree(directory);
    assert.match(archive!, /\.tar\.gz$/);
    assert.deepEqual(await listTree(directory), [archive]);
    await assertFetched(await fetching(), directory);
    await failing.during(() => assert.rejects(fetching(), StorageError));
    assert.deepEqual(await listTree(directory), COMPLETE);
  }));

Deno.test("fetchDataset() leaves alone what is there but is not the data set", () =>
  scene(GOOD, (a) => [ranged(a)], async ({ server, set, directory }) => {
    const folder = join(directory, FOLDER);
    const refused = (needle: string) => (error: unknown) => {
      assert(error instanceof UsageError, String(error));
      assert(
        error.message.includes(`"${folder}" is already there`) && error.message.includes(needle),
      );
      return true;
    };
    const files = smallFiles();
    const whole = files.get("data_batch_1.bin")!;
    await writeFiles(folder, files.set("data_batch_1.bin", whole.subarray(1)));
    await assert.rejects(fetchDataset(set, directory), refused("truncated"));
    await writeFiles(folder, files.set("data_batch_1.bin", whole.subarray(3073)));
    await assert.rejects(fetchDataset(set, directory), refused("9 training and 3 test"));
    await Deno.remove(folder, { recursive: true });
    await Deno.writeTextFile(folder, "a file");
    await assert.rejects(fetchDataset(set, directory), refused("data directory"));
    assert.equal(await Deno.readTextFile(folder), "a file");
    assert.equal(server.ranges.length, 0);
  }));
