import assert from "node:assert/strict";
import { endOf } from "../../../src/run/checkpoint/run_end.ts";

const best = (epoch: number) => ({ best: { epoch, accuracy: 0.5 } });

Deno.test("endOf() ends a run with its last epoch, once that is whole", () => {
  assert.equal(endOf({ epochs: 3 }, { epoch: 3, complete: true, ...best(1) }), "epochs");
  assert.equal(endOf({ epochs: 3 }, { epoch: 3, complete: false }), undefined);
  assert.equal(endOf({ epochs: 3 }, { epoch: 2, complete: true }), undefined);
});

Deno.test("endOf() ends a run early after as many epochs without a better one as it may have", () => {
  const recipe = { epochs: 9, earlyStop: 2 };
  const ends = [2, 3, 4].map((epoch) => endOf(recipe, { epoch, complete: true, ...best(2) }));
  assert.deepEqual(ends, [undefined, undefined, "early-stop"]);
  assert.equal(endOf(recipe, { epoch: 4, complete: false, ...best(2) }), undefined);
  assert.equal(endOf(recipe, { epoch: 9, complete: true, ...best(7) }), "early-stop");
  assert.equal(endOf(recipe, { epoch: 9, complete: true, ...best(8) }), "epochs");
});
