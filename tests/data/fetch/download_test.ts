import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { join } from "@std/path";
import fc from "fast-check";
import { download } from "../../../src/data/fetch/download.ts";
import { RunError, UsageError } from "../../../src/errors.ts";
import { listTree, sha256, withDirectory } from "../made_cifar10.ts";
import { flushes } from "../../disk/flushes.ts";
import {
  type Answer,
  dripping,
  ranged,
  type Served,
  silentAfter,
  status,
  unannounced,
  whole,
  withServer,
} from "../scripted_server.ts";

const FILE = Uint8Array.from({ length: 5000 }, (_, i) => i * 7 + (i >> 8));
const EXPECTED = { bytes: FILE.length, sha256: sha256(FILE), retryDelay: 0 };

/** A server with `script` and a directory to download to. */
function scene(
  script: Answer[],
  body: (server: Served, path: string, directory: string) => Promise<void>,
) {
  return withDirectory((directory) =>
    withServer(script, (server) => body(server, join(directory, "file"), directory))
  );
}

function runError(...needles: string[]) {
  return (error: unknown) => {
    assert(error instanceof RunError, String(error));
    for (const needle of needles) {
      assert(error.message.includes(needle), `${error.message}\nlacks ${needle}`);
    }
    return true;
  };
}

/** The file arrived, and it alone is in the directory. */
async function assertArrived(directory: string) {
  assert.deepEqual(await listTree(directory), ["file"]);
  assert.deepEqual(await Deno.readFile(join(directory, "file")), FILE);
}

Deno.test("download() writes the file and tells its progress", () =>
  scene([ranged(FILE)], async ({ url, ranges }, path, directory) => {
    const progress: number[] = [];
    await download(url, path, { ...EXPECTED, onProgress: (done) => progress.push(done) });
    await assertArrived(directory);
    assert.deepEqual(ranges, [null]);
    assert.equal(progress[0], 0);
    assert.equal(progress.at(-1), FILE.length);
  }));

Deno.test("download() creates the directory of the file", () =>
  scene([ranged(FILE)], async ({ url }, _path, directory) => {
    await download(url, join(directory, "a", "b"), EXPECTED);
    assert.deepEqual(await listTree(directory), ["a", "a/b"]);
  }));

Deno.test("download() resumes a dropped connection by itself", () =>
  scene([ranged(FILE, 1200), ranged(FILE, 800), ranged(FILE)], async (server, path, directory) => {
    await download(server.url, path, EXPECTED);
    await assertArrived(directory);
    assert.deepEqual(server.ranges, [null, "bytes=1200-", "bytes=2000-"]);
  }));

Deno.test("download() goes on for as long as every connection brings something", () =>
  scene([ranged(FILE, 500)], async ({ url, ranges }, path, directory) => {
    await download(url, path, EXPECTED);
    await assertArrived(directory);
    assert.equal(ranges.length, 10);
  }));

Deno.test("download() resumes what an earlier call left", () =>
  scene([ranged(FILE)], async ({ url, ranges }, path, directory) => {
    await Deno.writeFile(`${path}.part`, FILE.subarray(0, 3000));
    const progress: number[] = [];
    await download(url, path, { ...EXPECTED, onProgress: (done) => progress.push(done) });
    await assertArrived(directory);
    assert.deepEqual(ranges, ["bytes=3000-"]);
    assert.equal(progress[0], 3000);
  }));

Deno.test("download() asks for nothing when all bytes are there already", () =>
  scene([status(500)], async ({ url, ranges }, path, directory) => {
    await Deno.writeFile(`${path}.part`, FILE);
    await download(url, path, EXPECTED);
    await assertArrived(directory);
    await download(url, path, EXPECTED);
    await assertArrived(directory);
    assert.deepEqual(ranges, []);
  }));

Deno.test("download() replaces a file that is not the expected one", () =>
  scene([ranged(FILE)], async ({ url }, path, directory) => {
    await Deno.writeFile(path, FILE.toReversed());
    await download(url, path, EXPECTED);
    await assertArrived(directory);
  }));

Deno.test("download() starts over when the server ignores ranges", () =>
  scene([whole(FILE, 2000), whole(FILE)], async ({ url, ranges }, path, directory) => {
    await download(url, path, EXPECTED);
    await assertArrived(directory);
    assert.deepEqual(ranges, [null, "bytes=2000-"]);
  }));

Deno.test("download() starts over when a range is not the one asked for", () => {
  const wrong = (range: string | undefined): Answer =>
    status(206, range === undefined ? {} : { "content-range": range });
  const total = FILE.length;
  const answers = [`bytes 0-9/${total}`, `bytes 7-${total - 1}/${total}`, "nonsense", undefined];
  return scene([], async (server, path, directory) => {
    for (const range of answers) {
      await Deno.writeFile(`${path}.part`, FILE.subarray(0, 3000));
      server.answer(wrong(range), ranged(FILE));
      server.ranges.length = 0;
      await download(server.url, path, EXPECTED);
      await assertArrived(directory);
      assert.deepEqual(server.ranges, ["bytes=3000-", null]);
      await Deno.remove(path);
    }
  });
});

Deno.test("download() starts over when the server refuses the range", () =>
  scene([status(416), ranged(FILE)], async ({ url, ranges }, path, directory) => {
    await Deno.writeFile(`${path}.part`, FILE.subarray(0, 3000));
    await download(url, path, EXPECTED);
    await assertArrived(directory);
    assert.deepEqual(ranges, ["bytes=3000-", null]);
  }));

Deno.test("download() starts over when more than the whole file is there", () =>
  scene([ranged(FILE)], async ({ url, ranges }, path, directory) => {
    await Deno.writeFile(`${path}.part`, new Uint8Array(FILE.length + 1));
    const onProgress = (done: number) => assert(done <= FILE.length);
    await download(url, path, { ...EXPECTED, onProgress });
    await assertArrived(directory);
    assert.deepEqual(ranges, [null]);
  }));

Deno.test("download() starts over when the earlier piece was of another file", () =>
  scene([ranged(FILE)], async ({ url, ranges }, path, directory) => {
    await Deno.writeFile(`${path}.part`, new Uint8Array(3000));
    await download(url, path, EXPECTED);
    await assertArrived(directory);
    assert.deepEqual(ranges, ["bytes=3000-", null]);
  }));

Deno.test("download() writes to no file that a link leads to", () =>
  scene([ranged(FILE)], async ({ url, ranges }, path, directory) => {
    const elsewhere = join(directory, "elsewhere");
    await Deno.writeTextFile(elsewhere, "mine");
    await Deno.symlink(elsewhere, `${path}.part`);
    await assert.rejects(
      download(url, path, EXPECTED),
      runError(`${path}.part is a symbolic link`),
    );
    assert.equal(await Deno.readTextFile(elsewhere), "mine");
    assert.deepEqual(ranges, []);
    // One in place of the file itself is replaced, not followed.
    await Deno.remove(`${path}.part`);
    await Deno.symlink(elsewhere, path);
    await download(url, path, EXPECTED);
    assert.equal(await Deno.readTextFile(elsewhere), "mine");
    assert.deepEqual(await Deno.readFile(path), FILE);
  }));

Deno.test("download() deletes a file that is longer than expected", async () => {
  const longer = new Uint8Array(FILE.length + 1);
  for (const answer of [whole(longer), unannounced(longer), ranged(longer)]) {
    await scene([answer], async ({ url, ranges }, path, directory) => {
      await Deno.writeFile(`${path}.part`, FILE.subarray(0, 3000));
      await assert.rejects(download(url, path, EXPECTED), runError(url, "5000"));
      assert.deepEqual(await listTree(directory), []);
      assert.equal(ranges.length, 1);
    });
  }
});

Deno.test("download() never takes a short file for the whole one", async () => {
  const short = FILE.subarray(0, 4000);
  await scene([unannounced(short)], async ({ url }, path, directory) => {
    await assert.rejects(download(url, path, EXPECTED), runError("4000 of 5000 bytes"));
    assert.deepEqual(await listTree(directory), ["file.part"]);
  });
  // A server that tells the length beforehand is not asked for the bytes.
  await scene([ranged(short)], async ({ url, ranges }, path, directory) => {
    await assert.rejects(download(url, path, EXPECTED), runError("has 4000 bytes, and 5000"));
    assert.deepEqual(await listTree(directory), []);
    await Deno.writeFile(`${path}.part`, short);
    await assert.rejects(download(url, path, EXPECTED), runError("has 4000 bytes, and 5000"));
    await Deno.writeFile(`${path}.part`, short.subarray(1));
    await assert.rejects(download(url, path, EXPECTED), runError("has 4000 bytes, and 5000"));
    assert.deepEqual(await listTree(directory), ["file.part"]);
    assert.deepEqual(ranges, [null, "bytes=4000-", "bytes=3999-"]);
  });
});

Deno.test("download() deletes a file with a wrong SHA-256", () =>
  scene([whole(FILE.toReversed())], async ({ url }, path, directory) => {
    await assert.rejects(download(url, path, EXPECTED), runError(url, "SHA-256"));
    assert.deepEqual(await listTree(directory), []);
    await Deno.writeFile(`${path}.part`, FILE.subarray(0, 3000));
    await assert.rejects(download(url, path, EXPECTED), runError(url, "SHA-256"));
    assert.deepEqual(await listTree(directory), []);
  }));

Deno.test("download() stops at an HTTP error and tries a passing fault again", async () => {
  await scene([status(404)], async ({ url, ranges }, path, directory) => {
    await assert.rejects(download(url, path, EXPECTED), runError(url, "404 Not Found"));
    assert.deepEqual(await listTree(directory), []);
    assert.equal(ranges.length, 1);
  });
  await scene([status(503), status(429), ranged(FILE)], async ({ url }, path, directory) => {
    await download(url, path, EXPECTED);
    await assertArrived(directory);
  });
  await scene([status(503)], async ({ url, ranges }, path, directory) => {
    await assert.rejects(download(url, path, EXPECTED), runError("503", "0 of 5000"));
    assert.deepEqual(await listTree(directory), []);
    assert.equal(ranges.length, 5);
  });
});

Deno.test("download() takes the bytes as they are on the server, compressed or not", () =>
  withDirectory(async (directory) => {
    const archive = new Uint8Array(gzipSync(FILE));
    const answer: Answer = () => new Response(archive, { headers: { "content-encoding": "gzip" } });
    await withServer([answer], async ({ url }) => {
      const path = join(directory, "file.gz");
      await download(url, path, { bytes: archive.length, sha256: sha256(archive) });
      assert.deepEqual(await Deno.readFile(path), archive);
    });
  }));

Deno.test("download() keeps what arrived when it is aborted, and resumes it", () =>
  scene([silentAfter(FILE.subarray(0, 900), 5000)], async (server, path, directory) => {
    const abort = new AbortController();
    const onProgress = (done: number) => {
      if (done > 0) abort.abort(new Error("Ctrl-C"));
    };
    const first = download(server.url, path, { ...EXPECTED, onProgress, signal: abort.signal });
    await assert.rejects(first, /Ctrl-C/);
    assert.deepEqual(await listTree(directory), ["file.part"]);
    server.answer(ranged(FILE));
    await download(server.url, path, EXPECTED);
    await assertArrived(directory);
    assert.deepEqual(server.ranges, [null, "bytes=900-"]);
  }));

Deno.test("download() can be aborted while it waits to try again", () =>
  scene([status(503)], async ({ url }, path) => {
    const signal = AbortSignal.timeout(50);
    const options = { ...EXPECTED, retryDelay: 60_000, signal };
    await assert.rejects(download(url, path, options), { name: "TimeoutError" });
  }));

Deno.test("download() ends with the signal's reason, also where it would have given up", () =>
  scene([], async ({ url, answer, ranges }, path) => {
    const abort = new AbortController();
    answer((request) => {
      if (ranges.length === 5) abort.abort(new Error("Ctrl-C"));
      return status(503)(request);
    });
    const stopped = download(url, path, { ...EXPECTED, signal: abort.signal });
    await assert.rejects(stopped, /Ctrl-C/);
    assert.equal(ranges.length, 5);
  }));

Deno.test("download() takes a silent connection for a dropped one", () =>
  scene(
    [silentAfter(FILE.subarray(0, 900), 5000), ranged(FILE)],
    async (server, path, directory) => {
      await download(server.url, path, { ...EXPECTED, stallTimeout: 100 });
      await assertArrived(directory);
      assert.deepEqual(server.ranges, [null, "bytes=900-"]);
    },
  ));

Deno.test("download() gives up a server that goes on bringing next to nothing, and keeps what arrived", () =>
  scene([dripping(FILE, 1, 20)], async (server, path, directory) => {
    const slow = { ...EXPECTED, stallTimeout: 100, leastSpeed: 1000 };
    const reason = /stopped at \d+ of 5000 bytes because only \d bytes arrived in 0\.\d s; run/;
    await assert.rejects(download(server.url, path, slow), reason);
    assert.equal(server.ranges.length, 5);
    const { size } = await Deno.stat(`${path}.part`);
    assert.ok(size >= 5 && size < 60, `${size} bytes`);
    server.answer(dripping(FILE, 500, 20)); // far above the least
    await download(server.url, path, slow);
    await assertArrived(directory);
    assert.equal(server.ranges.length, 6);
  }));

Deno.test("download() counts a connection that brings next to nothing before it drops as a failure", () =>
  scene([ranged(FILE, 1)], async ({ url, ranges }, path) => {
    const slow = { ...EXPECTED, retryDelay: 10 };
    await assert.rejects(download(url, path, slow), runError("5 of 5000 bytes"));
    assert.equal(ranges.length, 5);
  }));

Deno.test("download() says why a server cannot be reached", () =>
  withDirectory(async (directory) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const url = `http://127.0.0.1:${port}/x`;
    const failure = download(url, join(directory, "file"), EXPECTED);
    await assert.rejects(failure, runError("0 of 5000", "refused", "run the command again"));
    assert.deepEqual(await listTree(directory), []);
  }));

Deno.test("download() refuses what is not an http address", () =>
  withDirectory(async (directory) => {
    for (const url of ["nonsense", "file:///etc/passwd", "data:,x"]) {
      await assert.rejects(
        download(url, join(directory, "file"), EXPECTED),
        (error) => error instanceof UsageError && error.message.includes(`"${url}"`),
      );
    }
    assert.deepEqual(await listTree(directory), []);
  }));

Deno.test({
  name: "download() names a host that it may not reach",
  permissions: { net: false, read: "inherit", write: "inherit" },
  fn: () =>
    withDirectory(async (directory) => {
      await assert.rejects(
        download("http://127.0.0.1:8123/x", join(directory, "file"), EXPECTED),
        (error) => error instanceof UsageError && error.message.includes("127.0.0.1:8123"),
      );
      assert.deepEqual(await listTree(directory), []);
    }),
});

Deno.test("download() lets one process at a time write a file", () =>
  scene([silentAfter(FILE.subarray(0, 10), 5000)], async ({ url }, path) => {
    const abort = new AbortController();
    let second: Promise<void> | undefined;
    const onProgress = (done: number) => {
      if (done === 0) return;
      second = assert.rejects(download(url, path, EXPECTED), runError("Another process"))
        .finally(() => abort.abort(new Error("enough")));
    };
    const first = download(url, path, { ...EXPECTED, onProgress, signal: abort.signal });
    await assert.rejects(first, /enough/);
    await second;
    assert.equal((await Deno.stat(`${path}.part`)).size, 10);
  }));

Deno.test("download() says that the disk is full, and resumes once there is room", () =>
  scene([ranged(FILE, 1000), ranged(FILE)], async ({ url, ranges }, path, directory) => {
    const { write } = Deno.FsFile.prototype;
    let room = 1500;
    Deno.FsFile.prototype.write = function (bytes) {
      if (room === 0) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
      const fitting = bytes.subarray(0, room);
      room -= fitting.length;
      return write.call(this, fitting);
    };
    try {
      const failure = download(url, path, EXPECTED);
      await assert.rejects(failure, runError(`${path}.part`, "disk is full"));
    } finally {
      Deno.FsFile.prototype.write = write;
    }
    assert.deepEqual(await listTree(directory), ["file.part"]);
    await download(url, path, EXPECTED);
    await assertArrived(directory);
    assert.deepEqual(ranges, [null, "bytes=1000-", "bytes=1500-"]);
  }));

Deno.test("download() flushes the file before it gets its name, and the name afterwards", () =>
  scene([ranged(FILE)], async ({ url }, path, directory) => {
    const events = await flushes(() => download(url, path, EXPECTED));
    const part = `${path}.part`;
    assert.deepEqual(events, [`flush ${part}`, `rename ${part} ${path}`, `flush ${directory}`]);
  }));

Deno.test("download() says that a directory cannot be created", () =>
  scene([whole(FILE)], async ({ url }, path) => {
    await Deno.writeTextFile(path, "in the way");
    await assert.rejects(download(url, join(path, "inside"), EXPECTED), runError(path));
  }));

Deno.test("download() survives any sequence of drops, with ranges and without", () =>
  scene([], async (server, path, directory) => {
    const answer = fc.oneof(
      fc.record({ make: fc.constant(ranged), drop: fc.integer({ min: 0, max: 6000 }) }),
      fc.record({ make: fc.constant(whole), drop: fc.integer({ min: 0, max: 4999 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { maxLength: 8 }), async (script) => {
        server.answer(...script.map(({ make, drop }) => make(FILE, drop)), ranged(FILE));
        for (let call = 0; call < 3; call++) {
          try {
            await download(server.url, path, EXPECTED);
            break;
          } catch (error) {
            assert(error instanceof RunError, String(error));
            assert(!(await listTree(directory)).includes("file"));
          }
        }
        await assertArrived(directory);
        await Deno.remove(path);
      }),
      { numRuns: 25 },
    );
  }));
