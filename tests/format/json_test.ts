import assert from "node:assert/strict";
import fc from "fast-check";
import { formatJson } from "../../src/format/json.ts";

Deno.test("formatJson() has a row of a matrix on one line", () => {
  const value = { confusion: [[1, -2.5e-7], [0, 3]], classes: ["a", "b"], none: [] };
  assert.equal(
    formatJson(value),
    `{
  "confusion": [
    [1, -2.5e-7],
    [0, 3]
  ],
  "classes": [
    "a",
    "b"
  ],
  "none": []
}`,
  );
});

Deno.test("formatJson() changes no value", () => {
  const text = "[\n  1,\n  2\n]";
  assert.deepEqual(JSON.parse(formatJson({ text, list: [text, 1] })), { text, list: [text, 1] });
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    assert.deepEqual(JSON.parse(formatJson(value)), JSON.parse(JSON.stringify(value)));
  }));
});
