import assert from "node:assert/strict";
import { otherForm } from "../../src/format/unicode_form.ts";

Deno.test("otherForm() finds the name that looks the same, where that one is not there itself", () => {
  const composed = "caf\u00e9 noir", decomposed = "cafe\u0301 noir";
  assert.equal(otherForm(decomposed, ["b", composed]), composed);
  assert.equal(otherForm(composed, ["b", decomposed]), decomposed);
  assert.equal(otherForm(composed, [decomposed, composed]), undefined);
  assert.equal(otherForm(composed, ["cafe noir"]), undefined);
});
