import assert from "node:assert/strict";
import { mebibytes, wholeMebibytes } from "../../src/format/mebibytes.ts";

Deno.test("mebibytes() writes one digit behind the point", () => {
  assert.equal(mebibytes(12.54 * 2 ** 20), "12.5");
  assert.equal(mebibytes(0), "0.0");
});

Deno.test("wholeMebibytes() rounds up", () => {
  assert.deepEqual([0, 1, 2 ** 20, 2 ** 20 + 1].map(wholeMebibytes), [0, 1, 1, 2]);
});
