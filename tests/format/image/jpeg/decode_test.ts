import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeJpeg } from "../../../../src/format/image/jpeg/decode.ts";
import { mutations } from "../../../testing/mutations.ts";

const segment = (marker: number, ...data: number[]) => [
  ...[0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255],
  ...data,
];

/** A grey progressive picture of `side` by `side` pixels, a multiple of 8, in `count` scans in which all coefficients are 0. */
function emptyScans(side: number, count: number): Uint8Array {
  let bits = "";
  for (let left = (side / 8) ** 2; left > 0;) {
    const run = Math.min(left, 0x7fff), long = run >= 0x4000;
    // The codes are 0 for a run of 2¹⁴ blocks and more, and 10 for one block.
    bits += long ? "0" + (run - 0x4000).toString(2).padStart(14, "0") : "10";
    left -= long ? run : 1;
  }
  const bytes = bits.match(/.{1,8}/g)!.map((each) => parseInt(each.padEnd(8, "1"), 2));
  const sides = [side >> 8, side & 255, side >> 8, side & 255];
  const scan = [
    ...segment(0xda, 1, 1, 0, 1, 63, 0),
    ...bytes.flatMap((byte) => byte === 255 ? [255, 0] : [byte]),
  ];
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xdb, 0, ...new Array(64).fill(1)),
    ...segment(0xc2, 8, ...sides, 1, 1, 0x11, 0),
    ...segment(0xc4, 0x10, 1, 1, ...new Array(14).fill(0), 0xe0, 0),
    ...Array.from({ length: count }, () => scan).flat(),
    ...[0xff, 0xd9],
  ]);
}

Deno.test("decodeJpeg() takes a picture of many scans, and is not made to go through the same blocks for minutes", () => {
  const { width, height, rgb } = decodeJpeg(emptyScans(256, 1200));
  assert.deepEqual([width, height], [256, 256]);
  assert.ok(rgb.every((value) => value === 128));
  const file = emptyScans(4096, 999); // of 90 kB
  assert.throws(() => decodeJpeg(file), {
    name: "TypeError",
    message: "its scans go through more than 67108864 blocks",
  });
});

/** Kinds of files that take different ways through the decoder, by `tests/fixtures/make_jpeg.py`. */
const KINDS = ["progressive", "progressive-restart", "cmyk", "ycck", "subsampled", "restart"];

for (const kind of KINDS) {
  Deno.test(`decodeJpeg() ends in words, never otherwise, when a ${kind} file is damaged`, () => {
    const whole = Deno.readFileSync(
      new URL(`../../../fixtures/jpeg/${kind}.jpg`, import.meta.url),
    );
    const { width, height } = decodeJpeg(whole);
    assert.deepEqual([width, height], [21, 19]);
    const said = new Set<string>();
    let read = 0;
    fc.assert(
      fc.property(mutations(whole), ({ bytes }) => {
        try {
          const { width, height, rgb } = decodeJpeg(bytes);
          assert.equal(rgb.length, 3 * width * height);
          read++;
        } catch (error) {
          assert.ok(error instanceof TypeError, String(error));
          assert.match(error.message, /^(it|its|a|the) /);
          said.add(error.message.replace(/\d+/g, "N"));
        }
      }),
      { seed: 1, numRuns: 1000 },
    );
    assert.ok(read >= 40 && said.size >= 6, `${read} were read; ${[...said].join("; ")}`);
  });
}
