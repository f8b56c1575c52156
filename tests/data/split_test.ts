import assert from "node:assert/strict";
import fc from "fast-check";
import { imagesTrainedOn, splitTraining, VALIDATION_SIZE } from "../../src/data/split.ts";
import { UsageError } from "../../src/errors.ts";

const range = (n: number) => Uint32Array.from({ length: n }, (_, i) => i);

Deno.test("splitTraining() divides all indices between the two parts, each in ascending order", () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 6000 }), (n) => {
      const { train, validation } = splitTraining(n, true, undefined);
      assert.equal(validation.length, Math.min(VALIDATION_SIZE, Math.floor(n / 5)));
      assert.deepEqual(Uint32Array.of(...train, ...validation).sort(), range(n));
      assert.deepEqual(train, train.toSorted());
      assert.deepEqual(validation, validation.toSorted());
    }),
    { seed: 1, numRuns: 20 },
  );
});

Deno.test("splitTraining() spreads what it holds out over the whole set", () => {
  const { validation } = splitTraining(50_000, true, undefined);
  const perTenth = new Array<number>(10).fill(0);
  for (const index of validation) perTenth[Math.floor(index / 5000)]!++;
  for (const count of perTenth) assert.ok(Math.abs(count - 102.4) < 45, `${perTenth}`);
});

Deno.test("splitTraining() holds out the same images whatever the limit", () => {
  const whole = splitTraining(5000, true, undefined);
  for (const limit of [1, 300, 4000, 10_000]) {
    const { train, validation } = splitTraining(5000, true, limit);
    assert.deepEqual(validation, whole.validation);
    assert.deepEqual(train, whole.train.slice(0, limit));
  }
});

Deno.test("splitTraining() keeps everything to train on when nothing is held out", () => {
  assert.deepEqual(splitTraining(50, false, undefined), {
    train: range(50),
    validation: new Uint32Array(0),
  });
  assert.deepEqual(splitTraining(50, false, 8).train, range(8));
});

Deno.test("splitTraining() refuses to leave nothing to train on", () => {
  for (const n of [0, 4]) {
    assert.throws(() => splitTraining(n, true, undefined), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, new RegExp(`--select val .*a fifth.* only ${n}:`));
      return true;
    });
  }
  assert.equal(splitTraining(5, true, undefined).train.length, 4);
  assert.throws(() => splitTraining(0, false, undefined), UsageError);
});

Deno.test("imagesTrainedOn() is what is not held out, up to the limit, and every auxiliary image", () => {
  const ids = imagesTrainedOn({ n: 13, auxiliary: 3 }, { select: "val", limitTrain: 4 });
  assert.deepEqual([...ids], [...splitTraining(10, true, 4).train, 10, 11, 12]);
  assert.deepEqual(imagesTrainedOn({ n: 5 }, { select: "none" }), range(5));
});
