import assert from "node:assert/strict";
import * as v from "valibot";
import { describeIssue } from "../../../src/format/json/schema_issue.ts";

Deno.test("describeIssue() says what is missing, unknown or wrong, and where", () => {
  const part = v.strictObject({ name: v.string(), n: v.record(v.string(), v.number()) });
  const schema = v.strictObject({ rows: v.pipe(v.array(part), v.minLength(1, "must be some")) });
  const said = (value: unknown) => describeIssue(v.safeParse(schema, value).issues![0]);
  assert.deepEqual(
    [
      ...[{}, { rows: [{ n: {} }] }, { rows: [{ name: "", n: {}, m: 3 }] }],
      ...[{ rows: 3 }, { rows: [] }, { rows: [{ name: "", n: { a: "b" } }] }, null],
    ].map(said),
    [
      ...["it has no rows", "row 1 has no name", 'row 1 has "m", which it cannot have'],
      ...["rows must be Array, not 3", "rows must be some", 'row 1, n.a must be number, not "b"'],
      "it must be Object, not null",
    ],
  );
});
