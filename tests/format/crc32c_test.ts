import assert from "node:assert/strict";
import fc from "fast-check";
import { crc32c } from "../../src/format/crc32c.ts";

/** One bit after the other, as the standard defines it. */
function bitwise(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0);
  }
  return ~value >>> 0;
}

Deno.test("crc32c() gives the values of RFC 3720 and of the check string", () => {
  const of = (length: number, byte: (i: number) => number) =>
    crc32c(Uint8Array.from({ length }, (_, i) => byte(i)));
  assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
  assert.equal(of(32, () => 0), 0x8a9136aa);
  assert.equal(of(32, () => 0xff), 0x62a8ab43);
  assert.equal(of(32, (i) => i), 0x46dd794e);
  assert.equal(of(32, (i) => 31 - i), 0x113fdb5c);
  assert.equal(of(0, () => 0), 0);
});

Deno.test("crc32c() equals the bitwise definition for bytes of any length and place", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(9), (bytes, skipped) => {
    const part = bytes.subarray(skipped);
    assert.equal(crc32c(part), bitwise(part));
  }));
});
