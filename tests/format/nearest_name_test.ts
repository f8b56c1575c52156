import assert from "node:assert/strict";
import { nearestName } from "../../src/format/nearest_name.ts";

Deno.test("nearestName() suggests only what differs in a third of the given name", () => {
  assert.equal(nearestName("trian", ["train", "eval"]), "train");
  assert.equal(nearestName("x", ["lr", "width"]), undefined);
  assert.equal(nearestName("out", ["data"]), undefined);
});
