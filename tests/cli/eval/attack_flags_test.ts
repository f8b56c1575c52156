import assert from "node:assert/strict";
import { effortOf } from "../../../src/cli/eval/attack_flags.ts";

Deno.test("effortOf() leaves restarts to PGD where none of AutoAttack's members begins anew", () => {
  assert.deepEqual(effortOf({ queries: 5, restarts: 2 }, ["square"]), { effort: { queries: 5 } });
  assert.deepEqual(effortOf({ queries: undefined, restarts: 2 }, ["square"]), false);
  const both = { queries: 5, restarts: 2 };
  assert.deepEqual(effortOf(both, ["square", "fab-t"]), { effort: both });
});
