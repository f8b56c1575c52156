import assert from "node:assert/strict";
import { applyView, IDENTITY_VIEW } from "../../src/data/augmentation.ts";
import { drawHole } from "../../src/data/cutout.ts";
import type { Stream } from "../../src/random/stream.ts";
import { fixture } from "../testing/fixture.ts";

const REFERENCE = fixture("cutout");
const SHAPE = { height: 6, width: 8, channels: 2 };

/** A stream that draws `row` of the image's rows, then `column` of its columns. */
function drawing(row: number, column: number): Stream {
  const draws = [[SHAPE.height, row], [SHAPE.width, column]];
  const integer = (of: number) => {
    const [bound, drawn] = draws.shift()!;
    assert.equal(of, bound, "as many as there are pixels that way");
    return drawn!;
  };
  return { integer } as unknown as Stream;
}

for (const size of [1, 2, 4, 5]) {
  Deno.test(`drawHole() of ${size} blanks what NumPy does about each centre, clipped at the borders`, () => {
    const images = Uint8Array.from(REFERENCE.integers("image"));
    const centres = REFERENCE.integers("centres"), expected = REFERENCE.values(`cut.${size}`);
    const cut = new Float32Array(expected.length);
    for (let i = 0; i < centres.length / 2; i++) {
      const hole = drawHole(drawing(centres[2 * i]!, centres[2 * i + 1]!), size, SHAPE);
      applyView({ images, shape: SHAPE }, 0, { ...IDENTITY_VIEW, hole }, cut, i * images.length);
    }
    assert.deepEqual(cut, expected);
  });
}
