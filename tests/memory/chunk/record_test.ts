import assert from "node:assert/strict";
import { crc32c } from "../../../src/format/crc32c.ts";
import { createCodec } from "../../../src/memory/chunk/codec.ts";
import {
  decodeRecord,
  encodeRecord,
  recordBytes,
  recordImage,
} from "../../../src/memory/chunk/record.ts";
import { SHAPE, VALUES } from "../../testing/images.ts";
import { EPSILON, makeExamples } from "../support.ts";

const codec = createCodec("int8", EPSILON, SHAPE);
const { views: [VIEW], deltas } = makeExamples(1, Uint32Array.of(300));

function makeRecord(): Uint8Array {
  const record = new Uint8Array(recordBytes(codec));
  encodeRecord(codec, 300, VIEW!, deltas, record);
  return record;
}

/** `record` with its checksum made right again. */
function seal(record: Uint8Array): Uint8Array {
  const end = record.length - 4;
  new DataView(record.buffer).setUint32(end, crc32c(record.subarray(0, end)), true);
  return record;
}

Deno.test("decodeRecord() gives back image and view, and touches nothing of a record that is another's", () => {
  const record = makeRecord(), delta = new Float32Array(VALUES).fill(7);
  assert.equal(recordImage(record), 300);
  for (const other of [301, 300 - 256, 0]) {
    assert.equal(decodeRecord(codec, other, record, delta), undefined);
  }
  assert.ok(delta.every((value) => value === 7));
  assert.deepEqual(decodeRecord(codec, 300, record, delta), VIEW);
  const largest = delta.reduce((most, value, i) => Math.max(most, Math.abs(value - deltas[i]!)), 0);
  assert.ok(largest <= EPSILON / 254 + 1e-8, `${largest}`);
});

Deno.test("decodeRecord() refuses a view that no crop and flip makes, though its checksum is right", () => {
  const delta = new Float32Array(VALUES);
  for (const [at, last] of [[4, 8], [5, 8], [6, 1]] as const) {
    const record = makeRecord();
    record[at] = last;
    assert.notEqual(decodeRecord(codec, 300, seal(record), delta), undefined, `${last} at ${at}`);
    for (const value of [last + 1, 255]) {
      record[at] = value;
      assert.equal(decodeRecord(codec, 300, seal(record), delta), undefined, `${value} at ${at}`);
    }
  }
});
