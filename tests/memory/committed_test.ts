import assert from "node:assert/strict";
import { join } from "@std/path";
import { sha256 } from "../../src/format/sha256.ts";
import { readCommittedGenerations, readManifest } from "../../src/memory/committed.ts";
import { type Current, readCurrentFile } from "../../src/memory/current.ts";
import {
  decodeManifest,
  encodeManifest,
  type Manifest,
} from "../../src/memory/generation/manifest.ts";
import { MemoryStore } from "../../src/memory/store.ts";
import { commitOf, order, settings } from "./store_support.ts";
import { inTemporary, writeExamples } from "./support.ts";

/** Runs `use` with a memory of epoch 1, of a chunk of 20 examples. */
function withMemory(
  use: (directory: string, current: Current, path: string) => Promise<void>,
): Promise<void> {
  return inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    await store.begin(1);
    await writeExamples(store, 1, order(1).subarray(0, 20));
    await store.commit(commitOf(1, true));
    await store.close();
    const current = await readCurrentFile(directory);
    await use(directory, current!, join(directory, "generation-0001", "manifest.json"));
  });
}

Deno.test("readManifest() refuses a manifest of another generation or memory, whatever its digest", () =>
  withMemory(async (_, current, path) => {
    const whole = await Deno.readFile(path);
    const manifest = decodeManifest(whole, path);
    const entry = current.commit!.generations[0]!;
    assert.deepEqual(await readManifest(path, entry, current.settings), manifest);
    const other: Partial<Manifest>[] = [
      { epoch: 2 },
      { codec: "f16" },
      { epsilon: 0.25 },
      { images: 1501 },
      { dataSha256: "0".repeat(64) },
      { shape: { height: 16, width: 32, channels: 3 } },
    ];
    for (const change of other) {
      const bytes = encodeManifest({ ...manifest, ...change });
      await Deno.writeFile(path, bytes);
      const named = { ...entry, sha256: sha256(bytes) };
      await assert.rejects(
        readManifest(path, named, current.settings),
        /is not the manifest that was committed/,
        JSON.stringify(change),
      );
    }
    await Deno.writeFile(path, encodeManifest({ ...manifest, complete: false }));
    await assert.rejects(readManifest(path, entry, current.settings), /not the manifest/);
  }));

Deno.test("decodeManifest() refuses records that its chunks do not add up to", () =>
  withMemory(async (_, __, path) => {
    const manifest = decodeManifest(await Deno.readFile(path), path);
    const [chunk] = manifest.chunks;
    const full = { ...chunk!, records: 1024 };
    const longer = { ...manifest, images: 3000 };
    const sound: Manifest[] = [
      { ...longer, chunks: [full, chunk!], records: 1044 },
      { ...longer, chunks: [full, full], records: 2048 },
      { ...longer, chunks: [], records: 0 },
    ];
    const unsound: Manifest[] = [
      { ...manifest, records: 19 },
      { ...manifest, images: 19 },
      { ...longer, chunks: [chunk!, full], records: 1044 },
      { ...longer, chunks: [full, { ...chunk!, records: 1025 }], records: 2049 },
      { ...longer, chunks: [full, { ...chunk!, records: 0 }], records: 1024 },
      { ...longer, chunks: [{ ...chunk!, file: "../chunk-0000.bin" }] },
      { ...longer, images: 2 ** 24 + 1 },
    ];
    for (const each of sound) assert.deepEqual(decodeManifest(encodeManifest(each), "m"), each);
    for (const each of unsound) {
      assert.throws(() => decodeManifest(encodeManifest(each), "m"), /m is not a memory manifest/);
    }
  }));

Deno.test("readCommittedGenerations() names a chunk that is missing, short or long, unless it is told to leave it", () =>
  withMemory(async (directory, current) => {
    const path = join(directory, "generation-0001", "chunk-0000.bin");
    const whole = await Deno.readFile(path);
    const refused = async (fault: string) => {
      await assert.rejects(readCommittedGenerations(directory, current), {
        name: "RunError",
        message: `${path} ${fault}: restore it from a copy`,
      });
      assert.equal((await readCommittedGenerations(directory, current, true)).size, 1);
    };
    await Deno.writeFile(path, whole.subarray(1));
    await refused(`has ${whole.length - 1} bytes instead of ${whole.length}`);
    await Deno.writeFile(path, Uint8Array.of(...whole, 0));
    await refused(`has ${whole.length + 1} bytes instead of ${whole.length}`);
    await Deno.remove(path);
    await refused("is missing");
  }));

Deno.test("readCommitted() leaves no chunk of an epoch that goes on, whatever it is told", () =>
  inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    await store.begin(1);
    await writeExamples(store, 1, order(1).subarray(0, 20));
    await store.commit(commitOf(1, false));
    await store.close();
    await Deno.remove(join(directory, "generation-0001", "chunk-0000.partial-0020.bin"));
    const current = (await readCurrentFile(directory))!;
    await assert.rejects(
      readCommittedGenerations(directory, current, true),
      /partial-0020\.bin is missing/,
    );
  }));
