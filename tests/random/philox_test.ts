import assert from "node:assert/strict";
import fc from "fast-check";
import { philox4x32 } from "../../src/random/philox.ts";

/** Eight hexadecimal digits per word. */
function words(text: string): Uint32Array {
  return Uint32Array.from(text.split(" "), (word) => parseInt(word, 16));
}

// The known-answer vectors that the generator's authors publish with it (Random123, `kat_vectors`).
const KNOWN_ANSWERS = [
  {
    counter: "00000000 00000000 00000000 00000000",
    key: "00000000 00000000",
    output: "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
  },
  {
    counter: "ffffffff ffffffff ffffffff ffffffff",
    key: "ffffffff ffffffff",
    output: "408f276d 41c83b0e a20bc7c6 6d5451fd",
  },
  {
    counter: "243f6a88 85a308d3 13198a2e 03707344",
    key: "a4093822 299f31d0",
    output: "d16cfe09 94fdcceb 5001e420 24126ea1",
  },
];

for (const { counter, key, output } of KNOWN_ANSWERS) {
  Deno.test(`philox4x32() gives the published words when the counter is ${counter}`, () => {
    const out = new Uint32Array(4);
    philox4x32(words(counter), words(key), out);
    assert.deepEqual(out, words(output));
  });
}

/** Philox4x32-10 again, in 64-bit integers and as the publication writes it. */
function reference(counter: readonly number[], key: readonly number[]): Uint32Array {
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  const low = (n: bigint) => n & 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const first = 0xd2511f53n * c0, second = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [
      (second >> 32n) ^ c1 ^ k0,
      low(second),
      (first >> 32n) ^ c3 ^ k1,
      low(first),
    ];
    k0 = low(k0 + 0x9e3779b9n);
    k1 = low(k1 + 0xbb67ae85n);
  }
  return Uint32Array.of(Number(c0), Number(c1), Number(c2), Number(c3));
}

Deno.test("philox4x32() agrees with 64-bit arithmetic for any counter and key", () => {
  const word = fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.constantFrom(0, 0xffffffff));
  const list = (length: number) => fc.array(word, { minLength: length, maxLength: length });
  fc.assert(
    fc.property(list(4), list(2), (counter, key) => {
      const out = new Uint32Array(4);
      philox4x32(counter, key, out);
      assert.deepEqual(out, reference(counter, key));
    }),
    { seed: 1, numRuns: 300 },
  );
});

Deno.test("philox4x32() may write over its counter", () => {
  const block = words("00000001 00000002 00000003 00000004");
  const separate = new Uint32Array(4);
  philox4x32(block, [5, 6], separate);
  philox4x32(block, [5, 6], block);
  assert.deepEqual(block, separate);
});
