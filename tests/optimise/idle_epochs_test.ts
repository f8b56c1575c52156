import assert from "node:assert/strict";
import { findIdleEpochs, refuseIdleEpochs } from "../../src/optimise/idle_epochs.ts";

Deno.test("findIdleEpochs() finds where knots are 0 for a whole epoch, after those that are done", () => {
  const found = (lrKnots: string, epochs: number, done?: number) => {
    const idle = findIdleEpochs({ lrKnots }, epochs, done);
    return idle && [idle.first, idle.last, idle.said];
  };
  const tail = "0:0,1:1,2:0", middle = "0:1,2:0,4:0,5:1";
  assert.deepEqual(found(tail, 5), [3, true, `--lr-knots ${tail} is 0 from epoch 3 on`]);
  assert.equal(found(tail, 2), undefined);
  assert.deepEqual(found(middle, 9), [3, false, `--lr-knots ${middle} is 0 throughout epoch 3`]);
  assert.deepEqual(found(middle, 9, 3)?.[0], 4);
  assert.equal(found(middle, 9, 4), undefined);
  assert.equal(findIdleEpochs({}, 9), undefined, "no piecewise schedule");
});

Deno.test("refuseIdleEpochs() refuses to begin a run with an epoch that trains nothing, and says what to give", () => {
  const refuses = (lrKnots: string, epochs: number, message: string) =>
    assert.throws(() => refuseIdleEpochs({ lrKnots }, epochs), { name: "UsageError", message });
  refuses(
    "0:0,15:1,30:0",
    50,
    "--lr-knots 0:0,15:1,30:0 is 0 from epoch 31 on, and there would be nothing to train in the rest of 50 --epochs: " +
      "give --epochs 30, or knots that come to 0 in epoch 50.",
  );
  refuses(
    "1:0,2:1",
    5,
    "--lr-knots 1:0,2:1 is 0 throughout epoch 1, and there would be nothing to train in it: " +
      "give knots over 0, such as a share of 0.01.",
  );
  refuseIdleEpochs({ lrKnots: "0:0,15:1,30:0" }, 30);
  refuseIdleEpochs({}, 50);
});
