import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { decodeImage } from "../../../src/format/image/read_image.ts";
import { encodePng } from "../../../src/format/png.ts";

/** A grey JPEG of 8 by 8 pixels: one block whose first coefficient is 0, so that all are 128. */
const JPEG = Uint8Array.of(
  ...[0xff, 0xd8, 0xff, 0xdb, 0, 67, 0, ...Array.from({ length: 64 }, () => 1)],
  ...[0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0],
  ...[0xff, 0xc4, 0, 20, 0x00, 1, ...Array.from({ length: 15 }, () => 0), 0],
  ...[0xff, 0xc4, 0, 20, 0x10, 1, ...Array.from({ length: 15 }, () => 0), 0],
  ...[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x3f, 0xff, 0xd9],
);
const PNG = encodePng(5, 3, Uint8Array.from({ length: 45 }, (_, i) => 5 * i));

Deno.test("decodeImage() reads by the first bytes whatever a file is called", () => {
  assert.deepEqual(decodeImage(JPEG).rgb, new Uint8Array(192).fill(128));
  assert.deepEqual(decodeImage(PNG).rgb, Uint8Array.from({ length: 45 }, (_, i) => 5 * i));
  assert.throws(() => decodeImage(new Uint8Array(9)), /neither a PNG nor a JPEG/);
});

Deno.test("decodeImage() refuses a claimed size before it makes anything of it", () => {
  const large = JPEG.slice(), frame = large.indexOf(0xc0) + 4;
  large.set([0xff, 0xff, 0xff, 0xff], frame);
  assert.throws(() => decodeImage(large), /65535 by 65535 pixels, and at most 50 million/);
  const empty = JPEG.slice();
  empty.set([0, 0], frame);
  assert.throws(() => decodeImage(empty), /8 by 0 pixels/);
});

Deno.test("decodeImage() refuses a PNG whose pixels unpack to more or less than its size", () => {
  for (const [rows, problem] of [[2, /holds more than/], [4, /holds less than/]] as const) {
    const other = PNG.slice();
    other[23] = rows;
    assert.throws(() => decodeImage(other), /checksum of its part "IHDR"/);
    new DataView(other.buffer).setUint32(29, crc32(other.subarray(12, 29)));
    assert.throws(() => decodeImage(other), problem);
  }
  assert.throws(() => decodeImage(PNG.slice(0, -20)), /ends early/);
});

Deno.test("decodeImage() turns a PNG as its EXIF orientation says, before or behind the pixels", () => {
  /** A TIFF header and one entry, the orientation. */
  const exif = (orientation: number) =>
    Uint8Array.of(
      ...[0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1],
      ...[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0],
    );
  const ofTwo = encodePng(2, 1, Uint8Array.of(1, 2, 3, 4, 5, 6));
  const oriented = (orientation: number, at: number) => {
    const data = exif(orientation);
    const part = Uint8Array.of(0, 0, 0, data.length, ...new TextEncoder().encode("eXIf"), ...data);
    return withChecksums(
      Uint8Array.of(...ofTwo.subarray(0, at), ...part, 0, 0, 0, 0, ...ofTwo.subarray(at)),
    );
  };
  for (const at of [33, ofTwo.length - 12]) {
    assert.deepEqual(decodeImage(oriented(1, at)), decodeImage(ofTwo));
    const { width, height, rgb } = decodeImage(oriented(6, at));
    assert.deepEqual([width, height, ...rgb], [1, 2, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual([...decodeImage(oriented(3, at)).rgb], [4, 5, 6, 1, 2, 3]);
    assert.deepEqual(decodeImage(oriented(9, at)), decodeImage(ofTwo), "there is no ninth");
  }
});

/** `png` with the checksum that each of its parts should have, as far as they can be told apart. */
function withChecksums(png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer);
  for (let at = 8; at + 12 <= png.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > png.length) break;
    view.setUint32(end, crc32(png.subarray(at + 4, end)));
    at = end + 4;
  }
  return png;
}

Deno.test("decodeImage() ends in words, never otherwise, when what a PNG's checksums are right for is damaged", () => {
  const said = new Set<string>();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 16, max: PNG.length - 13 }), fc.nat(255)), {
        minLength: 1,
        maxLength: 3,
      }),
      (changes) => {
        const bytes = PNG.slice();
        for (const [at, value] of changes) bytes[at] = value;
        try {
          decodeImage(withChecksums(bytes));
        } catch (error) {
          assert.ok(error instanceof TypeError, String(error));
          assert.match(error.message, /^(it|its|a|the) /);
          said.add(error.message.replace(/\d+/g, "N"));
        }
      },
    ),
    { seed: 1, numRuns: 600 },
  );
  assert.ok(said.size >= 6, [...said].join("; "));
});

for (const [name, whole] of Object.entries({ JPEG, PNG })) {
  Deno.test(`decodeImage() ends in words, never otherwise, when a ${name} is damaged`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(whole.length),
        (changes, length) => {
          const bytes = whole.slice(0, Math.max(9, length));
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          try {
            decodeImage(bytes);
          } catch (error) {
            assert.ok(error instanceof TypeError, String(error));
            assert.match(error.message, /^(it|its|a|the) /);
          }
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });
}
