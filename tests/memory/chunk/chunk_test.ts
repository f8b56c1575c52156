import assert from "node:assert/strict";
import { join } from "@std/path";
import fc from "fast-check";
import { RunError } from "../../../src/errors.ts";
import {
  CHUNK_HEADER_BYTES,
  chunkBytes,
  type ChunkHeader,
  describeHeaderFault,
  encodeChunkHeader,
} from "../../../src/memory/chunk/chunk.ts";
import { ChunkReader } from "../../../src/memory/chunk/reader.ts";
import { createCodec } from "../../../src/memory/chunk/codec.ts";
import { encodeRecord, recordBytes } from "../../../src/memory/chunk/record.ts";
import { DATA_SHA256, EPSILON, inTemporary, makeExamples } from "../support.ts";
import { SHAPE, VALUES } from "../../testing/images.ts";

const codec = createCodec("int8", EPSILON, SHAPE);
const header: ChunkHeader = {
  ...{ codec, epsilon: EPSILON, epoch: 3, number: 2, records: 4 },
  dataSha256: DATA_SHA256,
};
const IDS = new Uint32Array([70, 10, 0, 31]);

/** The bytes of a chunk of the images {@linkcode IDS}. */
function makeChunk(): Uint8Array {
  const bytes = new Uint8Array(chunkBytes(codec, IDS.length));
  const { views, deltas } = makeExamples(3, IDS);
  bytes.set(encodeChunkHeader(header));
  IDS.forEach((id, row) => {
    const start = chunkBytes(codec, row);
    const record = bytes.subarray(start, start + recordBytes(codec));
    encodeRecord(codec, id, views[row]!, deltas.subarray(row * VALUES), record);
  });
  return bytes;
}

Deno.test("encodeChunkHeader() writes the documented fields at the documented places", () => {
  const bytes = encodeChunkHeader(header);
  const fields = new DataView(bytes.buffer);
  assert.equal(bytes.length, CHUNK_HEADER_BYTES);
  assert.equal(new TextDecoder().decode(bytes.subarray(0, 8)), "MEMLOSSC");
  const words = Array.from({ length: 6 }, (_, i) => fields.getUint32(8 + 4 * i, true));
  assert.deepEqual(words, [2, 1, 3084, 3, 2, 4]);
  assert.equal(fields.getFloat64(32, true), EPSILON);
  assert.deepEqual([40, 44, 48].map((at) => fields.getUint32(at, true)), [32, 32, 3]);
  assert.equal(bytes.subarray(52, 84).toHex(), DATA_SHA256);
  assert.ok(bytes.subarray(84, 124).every((byte) => byte === 0));
});

Deno.test("describeHeaderFault() accepts the header it expects and no other", () => {
  const bytes = encodeChunkHeader(header);
  assert.equal(describeHeaderFault(bytes, header), undefined);
  const others: Partial<ChunkHeader>[] = [
    { epoch: 4 },
    { number: 1 },
    { records: 5 },
    { epsilon: 0.1 },
    { codec: createCodec("f32", EPSILON, SHAPE) },
    { dataSha256: "0".repeat(64) },
  ];
  for (const other of others) {
    assert.match(describeHeaderFault(bytes, { ...header, ...other })!, /another chunk/);
  }
  assert.match(describeHeaderFault(bytes.subarray(1, 100), header)!, /ends inside/);
  new DataView(bytes.buffer).setUint32(8, 3, true);
  assert.match(describeHeaderFault(bytes, header)!, /version 3, newer/);
});

Deno.test("describeHeaderFault() finds any one changed byte", () => {
  const bytes = encodeChunkHeader(header);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i]! ^= 1;
    assert.notEqual(describeHeaderFault(bytes, header), undefined);
    bytes[i]! ^= 1;
  }
});

Deno.test("ChunkReader.read() reads any record of a chunk, in any order", async () => {
  await inTemporary(async (directory) => {
    const path = join(directory, "chunk.bin");
    await Deno.writeFile(path, makeChunk());
    const reader = new ChunkReader(path, header);
    for (const row of [3, 0, 2, 1, 1, 0, 3]) {
      if (row === 1) reader.hold(); // from here on in RAM
      const delta = new Float32Array(VALUES);
      const { views, deltas } = makeExamples(3, IDS.subarray(row, row + 1));
      assert.deepEqual(reader.read(row, IDS[row]!, delta), views[0]);
      assert.ok(delta.every((value, i) => Math.abs(value - deltas[i]!) <= EPSILON / 254 + 1e-8));
    }
    reader.close();
  });
});

Deno.test("ChunkReader opens no chunk but the one it is told of, and waits at no pipe", async () => {
  await inTemporary(async (directory) => {
    const path = join(directory, "chunk.bin");
    await Deno.writeFile(path, makeChunk());
    new ChunkReader(path, header).close();
    for (const other of [{ epoch: 4 }, { number: 1 }, { dataSha256: "0".repeat(64) }]) {
      const open = () => new ChunkReader(path, { ...header, ...other });
      assert.throws(open, /chunk\.bin is not usable \(its header describes another chunk\)/);
    }
    await Deno.remove(path);
    await new Deno.Command("mkfifo", { args: [path] }).output();
    assert.throws(() => new ChunkReader(path, header), /chunk\.bin is a named pipe/);
  });
});

Deno.test("ChunkReader reads right values or throws a RunError naming the file, whatever the bytes", async () => {
  await inTemporary((directory) => {
    const path = join(directory, "chunk.bin");
    const whole = makeChunk();
    const expected = new Float32Array(VALUES);
    codec.decode(whole.subarray(CHUNK_HEADER_BYTES + 8), expected);
    const damage = fc.record({
      length: fc.oneof(fc.constant(whole.length), fc.nat(whole.length)),
      changes: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 3 }),
    });
    fc.assert(fc.property(damage, fc.boolean(), ({ length, changes }, held) => {
      const bytes = whole.slice();
      for (const [at, value] of changes) bytes[at] = value;
      Deno.writeFileSync(path, bytes.subarray(0, length));
      let reader: ChunkReader | undefined;
      const delta = new Float32Array(VALUES);
      try {
        reader = new ChunkReader(path, header);
        if (held) reader.hold();
        reader.read(0, IDS[0]!, delta);
        assert.deepEqual(delta, expected);
      } catch (error) {
        assert.ok(error instanceof RunError && error.message.includes(path), String(error));
      } finally {
        reader?.close();
      }
    }));
  });
});

Deno.test("ChunkReader.read() names the record that is damaged, cut short or another image's", async () => {
  await inTemporary(async (directory) => {
    const path = join(directory, "chunk.bin");
    const bytes = makeChunk();
    bytes[chunkBytes(codec, 1) + 500]! ^= 1;
    await Deno.writeFile(path, bytes.subarray(0, bytes.length - 1));
    const reader = new ChunkReader(path, header);
    const delta = new Float32Array(VALUES);
    const message = (number: number, image: number, fault: string) => ({
      name: "RunError",
      message: `Record ${number} of ${path} (image ${image}) ${fault}: ` +
        "restore the run folder from a copy or train again",
    });
    for (const held of [false, true]) {
      if (held) reader.hold();
      reader.read(0, 70, delta);
      assert.throws(() => reader.read(1, 10, delta), message(1, 10, "does not match its checksum"));
      assert.throws(() => reader.read(0, 71, delta), message(0, 71, "does not match its checksum"));
      assert.throws(() => reader.read(3, 31, delta), message(3, 31, "is cut short"));
    }
    reader.close();
  });
});
