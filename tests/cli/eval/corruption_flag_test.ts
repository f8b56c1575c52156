import assert from "node:assert/strict";
import * as v from "valibot";
import { CORRUPTIONS_FLAG } from "../../../src/cli/eval/corruption_flag.ts";
import { CORRUPTION_NAMES } from "../../../src/data/corruptions/corruptions.ts";

Deno.test("CORRUPTIONS_FLAG reads all as CIFAR-10-C's 15 kinds, and others by their names beside them", () => {
  const read = (text: string) => v.parse(CORRUPTIONS_FLAG.schema, CORRUPTIONS_FLAG.parse!(text));
  assert.deepEqual(read("all"), CORRUPTION_NAMES);
  assert.equal(CORRUPTION_NAMES.length, 15);
  assert.deepEqual(read("fog,speckle_noise,fog"), ["fog", "speckle_noise"]);
  assert.deepEqual(read("speckle_noise,all"), ["speckle_noise", ...CORRUPTION_NAMES]);
  assert.deepEqual(read("spatter"), ["spatter"]);
  assert.throws(
    () => read("rain"),
    /must be all, or a list of gaussian_noise, .*, speckle_noise, /,
  );
});
