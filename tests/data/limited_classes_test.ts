import assert from "node:assert/strict";
import { noteMissingClasses } from "../../src/data/limited_classes.ts";

Deno.test("noteMissingClasses() counts the classes that only the limit leaves without an image", () => {
  const dataset = { classes: ["a", "b", "c", "d"], labels: Uint8Array.of(0, 0, 1, 1, 2, 2) };
  const all = Uint32Array.of(0, 1, 2, 3, 4, 5);
  const said = (kept: number) =>
    noteMissingClasses(`--n-ex ${kept}`, "test", dataset, all, all.slice(0, kept));
  assert.deepEqual(said(2), [
    "--n-ex 2 leaves 2 of 4 classes without a test image: it takes the first images in the data set's order.",
  ]);
  assert.match(said(3)[0]!, /^--n-ex 3 leaves 1 of 4 classes /);
  assert.deepEqual(said(5), [], "class d has none anyway");
  assert.deepEqual(said(6), []);
});
