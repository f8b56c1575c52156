import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { fillNormals } from "../../src/random/normals.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";

Deno.test("fillNormals() gives the bits that a stream draws one after another", () => {
  const largest = 2 ** 32 - 1;
  for (
    const [count, seed, purpose, ...counter] of [
      [100_001, 1, Purpose.attackStart, 2, 49_999, 0],
      [3072, largest, Purpose.attackNoise, largest, largest, largest],
      [8192, 0, Purpose.initialisation, 0, 0, 0],
      [1, 7, Purpose.square, 1, 2, 3],
      [0, 7, Purpose.square, 1, 2, 3],
    ] as const
  ) {
    const out = new Float64Array(count), stream = new Stream(seed, purpose, ...counter);
    fillNormals(out, seed, purpose, ...counter);
    const drawn = Float64Array.from(out, () => stream.normal());
    // As bits: zeros have signs.
    assert(Buffer.compare(bytes(out), bytes(drawn)) === 0, `${count} of seed ${seed}`);
  }
});

function bytes({ buffer }: Float64Array): Uint8Array {
  return new Uint8Array(buffer);
}
