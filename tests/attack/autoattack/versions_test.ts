import assert from "node:assert/strict";
import { AUTOATTACK_MEMBERS, restartsOf } from "../../../src/attack/autoattack/versions.ts";

Deno.test("restartsOf() runs targeted attacks once towards each target, unless it is told otherwise", () => {
  for (const [version, untargeted] of [["standard", 1], ["plus", 5], ["custom", 5]] as const) {
    for (const member of AUTOATTACK_MEMBERS) {
      const targeted = member === "apgd-t" || member === "fab-t";
      assert.equal(restartsOf(member, version, undefined), targeted ? 1 : untargeted);
    }
  }
  assert.equal(restartsOf("apgd-t", "custom", 3), 3);
  assert.equal(restartsOf("fab", "custom", 2), 2);
});
