import assert from "node:assert/strict";
import { join } from "@std/path";
import { DISK, type Disk } from "../../../src/disk/disk.ts";
import { sha256 } from "../../../src/format/sha256.ts";
import { createCodec } from "../../../src/memory/chunk/codec.ts";
import { GenerationWriter } from "../../../src/memory/generation/writer.ts";
import { Locations } from "../../../src/memory/index/locations.ts";
import { SHAPE, VALUES } from "../../testing/images.ts";
import { type Operation, recordingDisk } from "../faults/faulty_disk.ts";
import { DATA_SHA256, EPSILON, inTemporary, makeExamples } from "../support.ts";

const IMAGES = 1030;
const shape = {
  epoch: 1,
  codec: createCodec("int8", EPSILON, SHAPE),
  epsilon: EPSILON,
  imageCount: IMAGES,
  dataSha256: DATA_SHA256,
};

async function append(writer: GenerationWriter, first: number, end: number): Promise<void> {
  const ids = Uint32Array.from({ length: end - first }, (_, i) => first + i);
  const { views, deltas } = makeExamples(1, ids);
  for (const [row, id] of ids.entries()) {
    await writer.append(id, views[row]!, deltas.subarray(row * VALUES, (row + 1) * VALUES));
  }
}

Deno.test("GenerationWriter.seal() writes the manifest when every chunk that it names is on the disk", () =>
  inTemporary(async (directory) => {
    const log: Operation[] = [];
    const writer = new GenerationWriter(
      directory,
      shape,
      new Locations(IMAGES),
      recordingDisk(log),
    );
    await append(writer, 0, IMAGES);
    const { manifest, file } = await writer.seal(true);
    assert.deepEqual(manifest.chunks.map(({ records }) => records), [1024, IMAGES - 1024]);
    const at = (kind: Operation["kind"], name: string) =>
      log.findIndex((each) => each.kind === kind && each.path.startsWith(join(directory, name)));
    const begun = at("create", file);
    for (const chunk of manifest.chunks) {
      const done = at("rename", chunk.file);
      assert.ok(done >= 0 && done < begun, `${chunk.file}: ${done} before ${begun}`);
    }
  }));

Deno.test("GenerationWriter.resume() goes on to the same files, and refuses a chunk that is not the manifest's", () =>
  inTemporary(async (directory) => {
    const folder = (name: string) => join(directory, name);
    const open = async (name: string, locations = new Locations(IMAGES)) => {
      await Deno.mkdir(folder(name), { recursive: true });
      return new GenerationWriter(folder(name), shape, locations, recordingDisk([]));
    };
    const whole = await open("whole");
    await append(whole, 0, IMAGES);
    const sealed = await whole.seal(true);
    for (const cut of [0, 5, 1024]) {
      const first = await open(`${cut}`);
      await append(first, 0, cut);
      const partial = await first.seal(false);
      assert.equal(partial.manifest.complete, false);
      const second = await open(`${cut}`, first.locations);
      await second.resume(partial.manifest);
      await append(second, cut, IMAGES);
      assert.deepEqual(await second.seal(true), sealed, `cut at ${cut}`);
      if (cut !== 5) continue;
      const path = join(folder("5"), partial.manifest.chunks[0]!.file);
      const bytes = await Deno.readFile(path);
      await Deno.writeFile(path, bytes.with(200, bytes[200]! ^ 1));
      const third = await open("5", first.locations);
      await assert.rejects(third.resume(partial.manifest), /does not match its manifest/);
    }
  }));

Deno.test("GenerationWriter.append() waits for a slow disk rather than write over what is on its way", () =>
  inTemporary(async (directory) => {
    const images = 2 * 1024 + 5, large = { ...shape, imageCount: images };
    const slow: Disk = {
      ...DISK,
      async create(path) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        return await DISK.create(path);
      },
    };
    const write = async (name: string, disk: Disk) => {
      await Deno.mkdir(join(directory, name));
      const folder = join(directory, name);
      const writer = new GenerationWriter(folder, large, new Locations(images), disk);
      await append(writer, 0, images);
      return await writer.seal(true);
    };
    const { manifest } = await write("slow", slow);
    assert.deepEqual(manifest, (await write("fast", DISK)).manifest);
    for (const folder of ["slow", "fast"]) {
      for (const { file, sha256: digest } of manifest.chunks) {
        assert.equal(sha256(await Deno.readFile(join(directory, folder, file))), digest, file);
      }
    }
  }));
