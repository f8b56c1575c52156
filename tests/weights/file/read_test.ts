import assert from "node:assert/strict";
import { join } from "@std/path";
import { encodeSafetensors } from "../../../src/format/safetensors.ts";
import { encodeTorch } from "../../../src/weights/export/torch_file.ts";
import { readNetwork } from "../../../src/weights/file/read.ts";
import { inTemporary } from "../../memory/support.ts";
import { fixture } from "../../testing/fixture.ts";

const OURS = fixture("steps_w2").under("start.");

/** Writes our state dict in two shards and their index, as `change` leaves it; the index's path. */
async function writeShards(
  folder: string,
  change: (map: Record<string, string>) => void = () => {},
): Promise<string> {
  const map: Record<string, string> = {};
  for (const part of [0, 1]) {
    const file = `model-${part + 1}-of-2.safetensors`;
    const own = new Map([...OURS].filter((_, i) => i % 2 === part));
    for (const name of own.keys()) map[name] = file;
    await Deno.writeFile(join(folder, file), encodeSafetensors(own, {}));
  }
  change(map);
  const path = join(folder, "model.safetensors.index.json");
  await Deno.writeTextFile(path, JSON.stringify({ metadata: { total_size: 1 }, weight_map: map }));
  return path;
}

Deno.test("readNetwork() puts shards together by their index", () =>
  inTemporary(async (folder) => {
    const path = await writeShards(folder);
    const { kind, tensors, sha256, bytes } = await readNetwork(path);
    assert.equal(kind, "shards");
    assert.ok(bytes > (await Deno.stat(path)).size);
    assert.deepEqual(new Map([...tensors].sort()), new Map([...OURS].sort()));
    const shard = join(folder, "model-1-of-2.safetensors"), content = await Deno.readFile(shard);
    await Deno.writeFile(shard, content.with(-1, content.at(-1)! ^ 1));
    assert.notEqual((await readNetwork(path)).sha256, sha256, "tells other shards from these");
  }));

const WRONG: [string, (map: Record<string, string>) => void, RegExp][] = [
  [
    "a shard elsewhere",
    (map) => map["bn1.bias"] = "../x.safetensors",
    /names "\.\.\/x\.safetensors", which/,
  ],
  [
    "a shard that is missing",
    (map) => map["x"] = "x.safetensors",
    /x\.safetensors does not exist\.$/,
  ],
  [
    "a tensor that no shard has",
    (map) => map["x"] = "model-1-of-2.safetensors",
    /says that model-1-of-2\.safetensors holds "x", but it does not/,
  ],
  [
    "a tensor that it does not say",
    (map) => delete map["bn1.bias"],
    /holds "bn1\.bias", which .* does not say/,
  ],
];

for (const [what, change, message] of WRONG) {
  Deno.test(`readNetwork() refuses an index that names ${what}`, () =>
    inTemporary(async (folder) => {
      const path = await writeShards(folder, change);
      await assert.rejects(readNetwork(path), { name: "UsageError", message });
    }));
}

/** Files that their ends give away: how they begin and how many bytes of a hole follow, and what is said. */
const LARGE: [string, number[], RegExp][] = [
  ["a web page", [...new TextEncoder().encode("<html>")], /is HTML/],
  [
    "an archive without its end",
    [0x50, 0x4b, 3, 4],
    /is not a usable zip archive: its end is miss/,
  ],
  ["another pickle", [0x80, 2, 0x7d], /is a pickle, but not one that torch\.save writes/],
  [
    "a header that says less",
    [2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d],
    /bytes follow the last tensor$/,
  ],
  ["a header that says more", [0, 0, 0, 0, 1, 0, 0, 0, 0x7b], /is no file of weights/],
];

for (const [what, begins, message] of LARGE) {
  Deno.test(`readNetwork() reads no more than the ends of a large file that is ${what}`, () =>
    inTemporary(async (folder) => {
      const path = join(folder, "weights.pth");
      await Deno.writeFile(path, Uint8Array.from(begins));
      await Deno.truncate(path, 2 ** 40); // a hole, which could not be read into memory
      await assert.rejects(readNetwork(path), { name: "UsageError", message });
    }));
}

Deno.test("readNetwork() puts PyTorch's own shards together too", () =>
  inTemporary(async (folder) => {
    const map: Record<string, string> = {};
    for (const part of [0, 1]) {
      const file = `pytorch_model-0000${part + 1}-of-00002.bin`;
      const own = new Map([...OURS].filter((_, i) => i % 2 === part));
      for (const name of own.keys()) map[name] = file;
      await Deno.writeFile(join(folder, file), encodeTorch(own, {}));
    }
    const path = join(folder, "pytorch_model.bin.index.json");
    await Deno.writeTextFile(path, JSON.stringify({ weight_map: map }));
    const { tensors } = await readNetwork(path);
    for (const [name, { data }] of OURS) assert.deepEqual(tensors.get(name)!.data, data, name);
  }));

Deno.test("readNetwork() refuses an index that names itself", () =>
  inTemporary(async (folder) => {
    const path = join(folder, "index.bin");
    await Deno.writeTextFile(path, '{"weight_map": {"x": "index.bin"}}');
    await assert.rejects(
      readNetwork(path),
      /index\.bin is an index of weights itself, and named by/,
    );
  }));

Deno.test("readNetwork() refuses an index that is nested deep", () =>
  inTemporary(async (folder) => {
    const path = join(folder, "model.safetensors.index.json");
    await Deno.writeTextFile(path, `{"weight_map": ${"[".repeat(1_000_000)}`);
    await assert.rejects(
      readNetwork(path),
      /is no index of weights: it is too long, or nested/,
    );
  }));

Deno.test("readNetwork() reads no file that is larger than any network", () =>
  inTemporary(async (folder) => {
    const path = join(folder, "weights.safetensors");
    const size = 2 ** 40,
      header = `{"x":{"dtype":"U8","shape":[${size}],"data_offsets":[0,${size}]}}`;
    const bytes = new Uint8Array(8 + header.length);
    new DataView(bytes.buffer).setUint32(0, header.length, true);
    new TextEncoder().encodeInto(header, bytes.subarray(8));
    await Deno.writeFile(path, bytes);
    await Deno.truncate(path, bytes.length + size);
    await assert.rejects(readNetwork(path), /has 1048577 MiB, more than any network here\.$/);
  }));
