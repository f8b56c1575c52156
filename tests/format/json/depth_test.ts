import assert from "node:assert/strict";
import { isDeeper } from "../../../src/format/json/depth.ts";

Deno.test("isDeeper() counts the brackets that are open, and none in strings", () => {
  assert.deepEqual([isDeeper("{}", 0), isDeeper("{}", 1)], [true, false]);
  assert.equal(isDeeper('[{"a": [1]}, [2], {"b": {}}]', 3), false);
  assert.equal(isDeeper('[{"a": [1]}]', 2), true);
  assert.equal(isDeeper('{"[[[[": "\\"{{{\\\\"}', 1), false);
  assert.equal(isDeeper('{"unfinished', 1), false);
  assert.equal(isDeeper("[".repeat(1_000_000), 100), true);
});
