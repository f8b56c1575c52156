import assert from "node:assert/strict";
import { join } from "@std/path";
import { IDENTITY_VIEW } from "../../../src/data/augmentation.ts";
import { type ImageShape, valuesPerImage } from "../../../src/data/dataset.ts";
import { decodeManifest } from "../../../src/memory/generation/manifest.ts";
import { impliedShape, saidShape } from "../../../src/memory/generation/image_shape.ts";
import { measureMemory } from "../../../src/memory/stats.ts";
import { MemoryStore } from "../../../src/memory/store.ts";
import { verifyMemory } from "../../../src/memory/verify.ts";
import { SHAPE } from "../../testing/images.ts";
import { commitOf, settings } from "../store_support.ts";
import { EPSILON, inTemporary } from "../support.ts";

const OTHER: ImageShape = { height: 5, width: 7, channels: 2 };
const IDS = Uint32Array.of(3, 0, 8);

/** Makes a memory of three examples of images of `shape`; returns them. */
async function make(directory: string, shape: ImageShape): Promise<Float32Array> {
  const store = await MemoryStore.open(directory, { ...settings, imageCount: 9, shape });
  await store.begin(1);
  const deltas = Float32Array.from(
    { length: IDS.length * valuesPerImage(shape) },
    (_, i) => EPSILON * (i % 255 - 127) / 127, // which int8 keeps
  );
  await store.write(IDS, [...IDS].map(() => IDENTITY_VIEW), deltas);
  await store.commit(commitOf(1, true));
  await store.close();
  return deltas;
}

async function document(...path: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(join(...path)));
}

Deno.test("MemoryStore keeps examples of images of any size, and says the size", () =>
  inTemporary(async (directory) => {
    const deltas = await make(directory, OTHER);
    const store = await MemoryStore.openReadOnly(directory);
    assert.deepEqual(store.settings.shape, OTHER);
    const read = await store.read(1, IDS);
    assert.deepEqual(read.deltas, deltas);
    const { generations: [generation] } = await measureMemory(store);
    await store.close();
    assert.equal(generation!.examples, 3);

    const chunk = await Deno.readFile(join(directory, "generation-0001", "chunk-0000.bin"));
    assert.equal(chunk.length, 128 + 3 * (8 + 70 + 4));
    const header = new DataView(chunk.buffer);
    assert.deepEqual([40, 44, 48].map((at) => header.getUint32(at, true)), [5, 7, 2]);
    assert.deepEqual((await document(directory, "generation-0001", "manifest.json")).shape, OTHER);
    const options = { index: true, checkpointPath: () => join(directory, "current.json") };
    const { damage, records } = await verifyMemory(directory, options);
    assert.equal(records, 3);
    // The checkpoint alone, which stands for none.
    assert.deepEqual(damage.map(({ file }) => file), [join(directory, "current.json")]);
  }));

Deno.test("MemoryStore writes of 32×32×3 what it wrote when there was no other size", () =>
  inTemporary(async (directory) => {
    await make(directory, SHAPE);
    const { settings: said } = await document(directory, "current.json");
    assert.deepEqual(Object.keys(said as object), [
      "codec",
      "epsilon",
      "imageCount",
      "dataSha256",
    ]);
    assert.equal((await document(directory, "generation-0001", "manifest.json")).shape, undefined);
    assert.deepEqual(impliedShape(undefined), SHAPE);
    assert.deepEqual(saidShape(SHAPE), {});
  }));

Deno.test("MemoryStore.open() refuses a memory of images of another size in words", () =>
  inTemporary(async (directory) => {
    await make(directory, OTHER);
    await assert.rejects(MemoryStore.open(directory, { ...settings, imageCount: 9 }), {
      name: "UsageError",
      message: `The memory in ${directory} is of images of 5×7×2, not 32×32×3: ` +
        "check --data or use another folder",
    });
  }));

Deno.test("decodeManifest() believes no image that is empty or too large", () =>
  inTemporary(async (directory) => {
    await make(directory, OTHER);
    const manifest = await document(directory, "generation-0001", "manifest.json");
    const decode = (shape: unknown) =>
      decodeManifest(new TextEncoder().encode(JSON.stringify({ ...manifest, shape })), "x");
    assert.deepEqual(decode(OTHER).shape, OTHER);
    for (
      const bad of [
        { ...OTHER, height: 0 },
        { ...OTHER, width: 2.5 },
        { height: 2 ** 11, width: 2 ** 11, channels: 3 },
        { height: 5, width: 7 },
      ]
    ) assert.throws(() => decode(bad), /x is not a memory manifest/);
  }));
