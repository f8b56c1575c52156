import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  CHUNK_HEADER_BYTES,
  chunkBytes,
  encodeChunkHeader,
} from "../../../src/memory/chunk/chunk.ts";
import { createCodec } from "../../../src/memory/chunk/codec.ts";
import { encodeRecord } from "../../../src/memory/chunk/record.ts";
import type { Manifest } from "../../../src/memory/generation/manifest.ts";
import { ReadBudget } from "../../../src/memory/generation/read_budget.ts";
import { GenerationReader } from "../../../src/memory/generation/reader.ts";
import { Locations } from "../../../src/memory/index/locations.ts";
import { SHAPE, VALUES } from "../../testing/images.ts";
import { DATA_SHA256, EPSILON, inTemporary, makeExamples } from "../support.ts";

/** More than a reader opens at a time. */
const CHUNKS = 70, MOST_OPEN = 64;
const IDS = Uint32Array.from({ length: CHUNKS }, (_, i) => i);
const codec = createCodec("int8", EPSILON, SHAPE);
const { views, deltas } = makeExamples(1, IDS);

/** A reader of the generation in `folder`, whose chunks have one record each: image i is in chunk i. */
async function makeReader(
  folder: string,
  budget = new ReadBudget(0),
): Promise<GenerationReader> {
  const locations = new Locations(CHUNKS);
  const chunks: Manifest["chunks"] = [];
  for (const id of IDS) {
    const header = { codec, epsilon: EPSILON, epoch: 1, number: id, records: 1 };
    const bytes = new Uint8Array(chunkBytes(codec, 1));
    bytes.set(encodeChunkHeader({ ...header, dataSha256: DATA_SHA256 }));
    const delta = deltas.subarray(id * VALUES, (id + 1) * VALUES);
    encodeRecord(codec, id, views[id]!, delta, bytes.subarray(CHUNK_HEADER_BYTES));
    await Deno.writeFile(join(folder, `chunk-${id}.bin`), bytes);
    chunks.push({ file: `chunk-${id}.bin`, records: 1, sha256: "" });
    locations.set(id, id, 0);
  }
  const manifest: Manifest = {
    ...{ format: "memloss-memory", version: 2, epoch: 1, complete: true, codec: "int8" },
    ...{ epsilon: EPSILON, images: CHUNKS, dataSha256: DATA_SHA256, records: CHUNKS },
    ...{ chunks, index: "" },
  };
  const reader = new GenerationReader(folder, manifest, codec, budget);
  reader.locations = locations;
  return reader;
}

/** Runs `action`; how many files were open at most in it, and how many stayed so. */
async function countOpen(action: () => void): Promise<{ most: number; left: number }> {
  let left = 0, most = 0;
  const { openSync } = Deno, { close } = Deno.FsFile.prototype;
  Deno.openSync = (path, options) => {
    most = Math.max(most, ++left);
    return openSync(path, options);
  };
  Deno.FsFile.prototype.close = function () {
    left--;
    close.call(this);
  };
  try {
    await action();
    return { most, left };
  } finally {
    Deno.openSync = openSync;
    Deno.FsFile.prototype.close = close;
  }
}

Deno.test("GenerationReader keeps so many chunks open and no more, and closes them all", () =>
  inTemporary(async (folder) => {
    const reader = await makeReader(folder);
    const { most, left } = await countOpen(() => {
      for (let round = 0; round < 2; round++) {
        const batch = reader.read(IDS);
        assert.ok(batch.present.every((flag) => flag === 1));
        assert.deepEqual(batch.views, views);
      }
      reader.close();
    });
    assert.ok(most <= MOST_OPEN + 1, `${most} open`); // the next one is opened before the oldest is closed
    assert.equal(left, 0);
  }));

Deno.test("GenerationReader.read() brings one chunk into RAM at a time, and gives its bytes back in the end", () =>
  inTemporary(async (folder) => {
    const size = chunkBytes(codec, 1), total = CHUNKS * size;
    const budget = new ReadBudget(total);
    const reader = await makeReader(folder, budget);
    const taken = () => {
      let left = 0;
      while (budget.take(size)) left += size;
      budget.give(left);
      return total - left;
    };
    for (const reads of [1, 2, 3]) {
      reader.read(IDS.subarray(0, MOST_OPEN));
      assert.equal(taken(), reads * size);
    }
    reader.close();
    assert.equal(taken(), 0);
  }));

Deno.test("GenerationReader.openChunks() opens the last chunks, which outlive their files, and passes over damage", () =>
  inTemporary(async (folder) => {
    const reader = await makeReader(folder);
    await Deno.writeTextFile(join(folder, `chunk-${CHUNKS - 2}.bin`), "damaged");
    const { most } = await countOpen(() => reader.openChunks());
    assert.equal(most, MOST_OPEN - 1); // without the damaged one
    for (const id of IDS) await Deno.remove(join(folder, `chunk-${id}.bin`));
    const damaged: number[] = [];
    const { present } = reader.read(IDS.toReversed(), ({ image }) => damaged.push(image));
    const lost = [CHUNKS - 2, ...Array.from({ length: CHUNKS - MOST_OPEN }, (_, i) => i).reverse()];
    assert.deepEqual(damaged, lost);
    assert.equal(present.filter((flag) => flag === 1).length, CHUNKS - lost.length);
    assert.equal((await reader.bytes(CHUNKS - 1)).length, chunkBytes(codec, 1));
    await assert.rejects(reader.bytes(0), /Could not read .*chunk-0\.bin/);
    reader.close();
  }));
