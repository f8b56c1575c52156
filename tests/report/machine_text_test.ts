import assert from "node:assert/strict";
import { describeTuning } from "../../src/report/machine_text.ts";
import { ENTRIES, TABLE } from "./made_timings.ts";

Deno.test("describeTuning() is a table for each device", () => {
  assert.equal(describeTuning({ path: "/x/tuning.kv", entries: ENTRIES }), TABLE);
  assert.match(describeTuning({ path: null, entries: [] }), /no cache directory/);
  assert.match(
    describeTuning({ path: "/x/tuning.kv", entries: [] }),
    /^There are no timings in \/x\/tuning\.kv\.$/,
  );
});
