import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { encodePng } from "../../src/format/png.ts";

/** CRC-32 bit by bit, as the PNG specification defines it. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** The chunks of `png` after its signature, their checksums checked. */
function chunks(png: Uint8Array): [string, Buffer][] {
  const bytes = Buffer.from(png);
  assert.equal(bytes.toString("latin1", 0, 8), "\x89PNG\r\n\x1a\n");
  const found: [string, Buffer][] = [];
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const end = at + 8 + length;
    assert.equal(bytes.readUInt32BE(end), crc32(bytes.subarray(at + 4, end)));
    found.push([bytes.toString("latin1", at + 4, at + 8), bytes.subarray(at + 8, end)]);
    at = end + 4;
  }
  return found;
}

Deno.test("encodePng() writes a header, the rows and an end, each with its checksum", () => {
  const image = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
    .chain(([width, height]) => {
      const length = width * height * 3;
      const rgb = fc.uint8Array({ minLength: length, maxLength: length });
      return fc.record({ width: fc.constant(width), height: fc.constant(height), rgb });
    });
  fc.assert(fc.property(image, ({ width, height, rgb }) => {
    const [header, data, end, ...more] = chunks(encodePng(width, height, rgb));
    assert.equal(more.length, 0);
    assert.equal(header![0], "IHDR");
    assert.deepEqual([header![1].readUInt32BE(0), header![1].readUInt32BE(4)], [width, height]);
    assert.deepEqual([...header![1].subarray(8)], [8, 2, 0, 0, 0]);
    assert.equal(data![0], "IDAT");
    const rows = inflateSync(data![1]);
    assert.equal(rows.length, height * (1 + width * 3));
    for (let y = 0; y < height; y++) {
      const row = rows.subarray(y * (1 + width * 3), (y + 1) * (1 + width * 3));
      assert.equal(row[0], 0);
      assert.deepEqual([...row.subarray(1)], [...rgb.subarray(y * width * 3, (y + 1) * width * 3)]);
    }
    assert.deepEqual([end![0], end![1].length], ["IEND", 0]);
  }));
});

Deno.test("encodePng() refuses sides and lengths that do not fit", () => {
  assert.throws(() => encodePng(0, 1, new Uint8Array()), RangeError);
  assert.throws(() => encodePng(1, 1.5, new Uint8Array(3)), RangeError);
  assert.throws(() => encodePng(2, 2, new Uint8Array(11)), /need 12 bytes, not 11/);
});
