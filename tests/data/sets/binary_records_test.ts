import assert from "node:assert/strict";
import fc from "fast-check";
import { recordDecoder, type RecordLayout } from "../../../src/data/sets/binary_records.ts";
import { usageError } from "../usage_error.ts";
import { SHAPE } from "../../testing/images.ts";

/** Records of 2 label bytes and 3·2·3 pixel bytes. */
const SMALL: RecordLayout = { shape: { height: 3, width: 2, channels: 3 }, labels: [4, 7] };
const CIFAR: RecordLayout = { shape: SHAPE, labels: [10] };

for (const [name, layout] of Object.entries({ SMALL, CIFAR })) {
  const { shape: { height, width, channels }, labels: ranges } = layout;
  const values = height * width * channels;
  Deno.test(`recordDecoder() gives back the last labels and the pixels that were written, ${name}`, () => {
    const record = fc.record({
      labels: fc.tuple(...ranges.map((count) => fc.integer({ min: 0, max: count - 1 }))),
      pixels: fc.uint8Array({ minLength: values, maxLength: values }),
    });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), (records) => {
        const bytes = Uint8Array.from(
          records.flatMap(({ labels, pixels }) => [...labels, ...pixels]),
        );
        const { images, labels } = recordDecoder(layout)(bytes, "file.bin");
        assert.deepEqual([...labels], records.map((each) => each.labels.at(-1)));
        // Written out per pixel, unlike the code: plane c, row y, column x goes to (y, x, c).
        const expected = records.flatMap(({ pixels }) =>
          Array.from({ length: values }, (_, at) => {
            const c = at % channels, x = Math.floor(at / channels) % width;
            const y = Math.floor(at / channels / width);
            return pixels[(c * height + y) * width + x]!;
          })
        );
        assert.deepEqual([...images], expected);
      }),
      { numRuns: 20 },
    );
  });
}

Deno.test("recordDecoder() names a truncated file, its size and where the incomplete record starts", () => {
  const decode = recordDecoder(SMALL);
  assert.throws(
    () => decode(new Uint8Array(2 * 20 + 7), "half.bin"),
    usageError("half.bin", "47 bytes", "byte 40", "needs 20", "has 7"),
  );
});

Deno.test("recordDecoder() refuses an empty file", () => {
  assert.throws(
    () => recordDecoder(CIFAR)(new Uint8Array(), "none.bin"),
    usageError("none.bin", "empty"),
  );
});

Deno.test("recordDecoder() names file, byte and range of a label that there is not", () => {
  const bytes = new Uint8Array(3 * 20);
  const refused = (at: number, label: number, ...needles: string[]) => {
    const damaged = bytes.with(at, label);
    assert.throws(() => recordDecoder(SMALL)(damaged, "x.bin"), usageError("x.bin", ...needles));
  };
  refused(20, 4, "label 4 at byte 20,", "from 0 to 3");
  refused(41, 200, "label 200 at byte 41,", "from 0 to 6");
  recordDecoder(SMALL)(bytes.with(20, 3).with(41, 6), "x.bin");
});
