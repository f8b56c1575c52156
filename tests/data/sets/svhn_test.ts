import assert from "node:assert/strict";
import { SVHN } from "../../../src/data/sets/svhn.ts";
import { madeMat, type MadeVariable } from "../../format/arrays/made_mat.ts";
import { usageError } from "../usage_error.ts";

/** Where the file has row 5, column 7, channel 2 of image 1, which is the second of two. */
const PLACE = 5 + 32 * (7 + 32 * (2 + 3 * 1));
const X: MadeVariable = {
  name: "X",
  shape: [32, 32, 3, 2],
  values: new Uint8Array(2 * 3072).with(PLACE, 200).with(0, 7),
};
const Y: MadeVariable = { name: "y", shape: [2, 1], values: [10, 3] };

Deno.test("SVHN.decode() puts rows, columns and channels in their places, and reads 10 as the digit 0", async () => {
  for (const packed of [false, true]) {
    const { images, labels } = await SVHN.decode(madeMat([X, Y], { packed }), "two.mat");
    assert.deepEqual([...labels], [0, 3]);
    const bright = [...images.entries()].filter(([, value]) => value > 0);
    assert.deepEqual(bright, [[0, 7], [3072 + (5 * 32 + 7) * 3 + 2, 200]]);
  }
  const one = { ...X, shape: [32, 32, 3], values: new Uint8Array(3072) }; // as MATLAB has one image
  const { labels } = await SVHN.decode(madeMat([one, { ...Y, shape: [1, 1], values: [9] }]), "");
  assert.deepEqual([...labels], [9]);
});

Deno.test("SVHN.decode() refuses other images and labels, and says which", async () => {
  const refused = (x: Partial<MadeVariable>, y: Partial<MadeVariable>, ...needles: string[]) =>
    assert.rejects(
      async () => await SVHN.decode(madeMat([{ ...X, ...x }, { ...Y, ...y }]), "two.mat"),
      usageError('"two.mat"', ...needles, "fetch"),
    );
  await refused({ shape: [3, 32, 32, 2] }, {}, "images X of [3,32,32,2], not [32,32,3,N]");
  await refused({ shape: [32, 32, 3, 0], values: [] }, {}, "not [32,32,3,N]");
  await refused({ shape: [32, 32, 3, 2, 1] }, {}, "not [32,32,3,N]");
  await refused({ type: 4 }, {}, "no bytes");
  await refused({}, { shape: [3, 1], values: [1, 2, 3] }, "2 images and 3 labels y");
  await refused({}, { values: [1, 0] }, "label 0 for image 1", "from 1 to 10");
  await refused({}, { values: [11, 1] }, "label 11 for image 0");
  await refused({}, { type: 9, values: [1.5, 1] }, "label 1.5 for image 0");
  await refused({ name: "x" }, {}, 'no variable "X"');
});
