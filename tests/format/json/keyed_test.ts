import assert from "node:assert/strict";
import * as v from "valibot";
import { keyed } from "../../../src/format/json/keyed.ts";

Deno.test("keyed refuses a list where a schema of keys would take it, and nothing else", () => {
  const schema = v.strictObject({ a: v.optional(v.number()) });
  assert.ok(v.is(schema, []), "which is why");
  const guarded = v.pipe(keyed, schema);
  assert.deepEqual(v.safeParse(guarded, []).issues?.map(({ message }) => message), [
    "must be an object",
  ]);
  assert.deepEqual(v.parse(guarded, { a: 1 }), { a: 1 });
  assert.equal(v.is(guarded, 3), false);
});
