import assert from "node:assert/strict";
import fc from "fast-check";
import { RunError } from "../../../src/errors.ts";
import { checkPerturbations, CODEC_NAMES, createCodec } from "../../../src/memory/chunk/codec.ts";
import { decodeRecord, encodeRecord, recordBytes } from "../../../src/memory/chunk/record.ts";
import { SHAPE, VALUES } from "../../testing/images.ts";

const epsilons = fc.oneof(
  fc.constantFrom(8 / 255, 128 / 255, 1 / 255),
  fc.double({ min: 1e-3, max: 1, noNaN: true }),
);

/** 3,072 values in ±ε, ends and zero included. */
function spread(epsilon: number, values: number[]): Float32Array {
  return Float32Array.from(
    { length: VALUES },
    (_, i) => epsilon * values[i % values.length]!,
  );
}

const units = fc.array(
  fc.oneof(fc.constantFrom(-1, 0, 1), fc.double({ min: -1, max: 1, noNaN: true })),
  { minLength: 1, maxLength: 200 },
);

Deno.test("createCodec() int8 comes within ε/254 of every δ in ±ε and stays in the ball", () => {
  fc.assert(fc.property(epsilons, units, (epsilon, values) => {
    const codec = createCodec("int8", epsilon, SHAPE);
    const delta = spread(epsilon, values), back = new Float32Array(VALUES);
    const payload = new Uint8Array(codec.payloadBytes);
    codec.encode(delta, payload);
    codec.decode(payload, back);
    // float32 rounding of δ and of the decoded value, beside the codec's own error.
    const rounding = epsilon * 2 ** -23;
    for (let i = 0; i < VALUES; i++) {
      assert.ok(Math.abs(back[i]! - delta[i]!) <= epsilon / 254 + rounding);
      assert.ok(Math.abs(back[i]!) <= epsilon + rounding);
    }
  }));
});

Deno.test("createCodec() int8 gives the same bytes for what it decoded", () => {
  fc.assert(fc.property(epsilons, (epsilon) => {
    const codec = createCodec("int8", epsilon, SHAPE);
    const payload = Uint8Array.from({ length: VALUES }, (_, i) => i % 255 - 127);
    const delta = new Float32Array(VALUES), again = new Uint8Array(VALUES);
    codec.decode(payload, delta);
    codec.encode(delta, again);
    assert.deepEqual(again, payload);
  }));
});

Deno.test("createCodec() int8 takes what leaves the ball by rounding back to its boundary", () => {
  // So small a ball that the tolerated 1e-6 is many quantisation steps.
  const epsilon = 1e-5;
  const codec = createCodec("int8", epsilon, SHAPE);
  const payload = new Uint8Array(VALUES), back = new Float32Array(VALUES);
  codec.encode(spread(1, [1.1e-5, -1.1e-5]), payload);
  codec.decode(payload, back);
  assert.deepEqual(back, spread(epsilon, [1, -1]));
});

Deno.test("createCodec() f16 rounds to eleven bits, and back into the ball", () => {
  fc.assert(fc.property(epsilons, units, (epsilon, values) => {
    const codec = createCodec("f16", epsilon, SHAPE);
    const delta = spread(epsilon, values), back = new Float32Array(VALUES);
    const payload = new Uint8Array(codec.payloadBytes + 1).subarray(1);
    codec.encode(delta, payload);
    codec.decode(payload, back);
    for (let i = 0; i < VALUES; i++) {
      const size = Math.abs(delta[i]!);
      assert.ok(Math.abs(back[i]! - delta[i]!) <= Math.max(size / 2048, 2 ** -25));
      assert.ok(Math.abs(back[i]!) <= Math.fround(epsilon));
    }
  }));
});

for (const name of ["f16", "f32"] as const) {
  Deno.test(`createCodec() ${name} takes what leaves the ball by rounding back to its boundary`, () => {
    const codec = createCodec(name, 0.1, SHAPE);
    const payload = new Uint8Array(codec.payloadBytes), back = new Float32Array(VALUES);
    codec.encode(spread(1, [0.1 + 9e-7, -0.1 - 9e-7, 0.05]), payload);
    codec.decode(payload, back);
    const [high, low] = back;
    assert.ok(high! <= Math.fround(0.1) && high! > 0.0999, `${high}`);
    assert.equal(low, -high!);
  });
}

Deno.test("createCodec() f32 is exact", () => {
  fc.assert(fc.property(units, (values) => {
    const codec = createCodec("f32", 0.1, SHAPE);
    const delta = spread(0.1, values), back = new Float32Array(VALUES);
    const payload = new Uint8Array(codec.payloadBytes + 1).subarray(1);
    codec.encode(delta, payload);
    codec.decode(payload, back);
    assert.deepEqual(back, delta);
  }));
});

Deno.test("decodeRecord() gives back image, view and perturbation of encodeRecord()", () => {
  const views = fc.record({ top: fc.nat(8), left: fc.nat(8), flip: fc.boolean() }, {
    noNullPrototype: true,
  });
  const names = fc.constantFrom(...CODEC_NAMES);
  fc.assert(fc.property(names, fc.nat(0xffffffff), views, units, (name, index, view, values) => {
    const codec = createCodec(name, 0.1, SHAPE);
    const record = new Uint8Array(recordBytes(codec));
    const expected = new Float32Array(VALUES), back = new Float32Array(VALUES);
    encodeRecord(codec, index, view, spread(0.1, values), record);
    codec.decode(record.subarray(8, -4), expected);
    assert.deepEqual(decodeRecord(codec, index, record, back), view);
    assert.deepEqual(back, expected);
  }));
});

Deno.test("decodeRecord() refuses a record with any one byte changed, or of another image", () => {
  const codec = createCodec("int8", 0.1, SHAPE);
  const record = new Uint8Array(recordBytes(codec)), delta = new Float32Array(VALUES);
  encodeRecord(codec, 5, { top: 1, left: 2, flip: true }, spread(0.1, [0.3, -0.7]), record);
  assert.equal(decodeRecord(codec, 6, record, delta), undefined);
  for (let i = 0; i < record.length; i++) {
    record[i]! ^= 0x10;
    assert.equal(decodeRecord(codec, 5, record, delta), undefined);
    record[i]! ^= 0x10;
  }
  assert.ok(delta.every((value) => value === 0));
});

Deno.test("checkPerturbations() refuses what is not finite or leaves the ball, naming the image", () => {
  const ids = new Uint32Array([40, 41]);
  const deltas = new Float32Array(2 * VALUES).fill(0.1 + 9e-7);
  checkPerturbations(ids, deltas, 0.1);
  for (const bad of [NaN, Infinity, -Infinity, 0.1 + 2e-6, -0.1 - 2e-6]) {
    deltas[VALUES + 3] = bad;
    assert.throws(
      () => checkPerturbations(ids, deltas, 0.1),
      (error: unknown) => error instanceof RunError && error.message.includes("image 41"),
    );
  }
});
