import assert from "node:assert/strict";
import { tfRecord } from "../../src/format/tfrecord.ts";

Deno.test("tfRecord() frames bytes with their length and masked checksums", () => {
  // The CRC-32C of "123456789" is 0xe3069283. That TensorBoard reads such records is tested in tests/run/tensorboard/.
  const record = tfRecord(new TextEncoder().encode("123456789")),
    view = new DataView(record.buffer);
  assert.equal(view.getBigUint64(0, true), 9n);
  const masked = (((0xe3069283 >>> 15) | (0xe3069283 << 17)) >>> 0) + 0xa282ead8;
  assert.equal(view.getUint32(12 + 9, true), masked % 2 ** 32);
  assert.equal(record.length, 8 + 4 + 9 + 4);
  assert.equal(new TextDecoder().decode(record.subarray(12, 21)), "123456789");
});
