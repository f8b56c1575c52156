import assert from "node:assert/strict";
import {
  isOpenEnded,
  ratesAt,
  type Schedule,
  type ScheduleName,
  SCHEDULES,
} from "../../src/optimise/schedule.ts";
import { jsonFixture } from "../testing/fixture.ts";

/** PyTorch's rates: `lr` and `momentum` per step, `step` and `cosine` learning rates per epoch, the others four times in each. */
const REFERENCE = jsonFixture("onecycle") as Record<
  "lr" | "momentum" | "step" | "cosine" | "restarts" | "piecewise",
  number[]
>;

/** A schedule of each name, with its own settings. */
const EXAMPLES: Record<ScheduleName, Schedule> = {
  onecycle: { schedule: "onecycle", lr: 0.2, momentum: 0.95, baseMomentum: 0.85 },
  step: { schedule: "step", lr: 0.2, momentum: 0.9 },
  cosine: { schedule: "cosine", lr: 0.2, momentum: 0.9 },
  "cosine-restarts": {
    ...{ schedule: "cosine-restarts", lr: 0.2, momentum: 0.9, restartPeriod: 2, restartFactor: 2 },
  },
  piecewise: { schedule: "piecewise", lr: 0.2, momentum: 0.9, lrKnots: "0:0.5,15:1,30:0.1" },
  constant: { schedule: "constant", lr: 0.2, momentum: 0.9 },
};

const onecycle = (lr: number): Schedule => ({
  schedule: "onecycle",
  lr,
  momentum: 0.95,
  baseMomentum: 0.85,
});

function assertWithin(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= 1e-9, `${what}: ${actual} is not ${expected}`);
}

Deno.test("ratesAt() gives PyTorch's OneCycleLR at every step of three epochs", () => {
  const length = { epochs: 3, stepsPerEpoch: 32 };
  assert.equal(REFERENCE.lr.length, 96);
  REFERENCE.lr.forEach((expected, step) => {
    const { lr, momentum } = ratesAt(onecycle(0.21), length, step);
    assertWithin(lr, expected, `learning rate at step ${step}`);
    assertWithin(momentum, REFERENCE.momentum[step]!, `momentum at step ${step}`);
  });
});

for (const [name, peak, epochs] of [["step", 0.1, 100], ["cosine", 0.21, 50]] as const) {
  Deno.test(`ratesAt() gives PyTorch's ${name} schedule, constant within an epoch`, () => {
    const length = { epochs, stepsPerEpoch: 7 };
    assert.equal(REFERENCE[name].length, epochs);
    for (let step = 0; step < epochs * 7; step++) {
      const { lr, momentum } = ratesAt({ schedule: name, lr: peak, momentum: 0.8 }, length, step);
      assertWithin(lr, REFERENCE[name][Math.floor(step / 7)]!, `learning rate at step ${step}`);
      assert.equal(momentum, 0.8);
    }
  });
}

Deno.test("ratesAt() counts steps, not epochs, for onecycle", () => {
  for (const stepsPerEpoch of [1, 4, 96]) {
    const length = { epochs: 96 / stepsPerEpoch, stepsPerEpoch };
    assertWithin(ratesAt(onecycle(0.21), length, 10).lr, REFERENCE.lr[10]!, "learning rate");
  }
});

for (const name of SCHEDULES) {
  Deno.test(`ratesAt() gives usable ${name} rates at every step of a run of any length`, () => {
    const schedule = EXAMPLES[name];
    for (let epochs = 1; epochs <= 120; epochs++) {
      for (let step = 0; step < epochs; step++) {
        const { lr, momentum } = ratesAt(schedule, { epochs, stepsPerEpoch: 1 }, step);
        const where = `step ${step} of ${epochs}`;
        assert.ok(lr > 0 && lr <= 0.2 * (1 + 1e-12), `learning rate ${lr} at ${where}`);
        assert.ok(Math.abs(momentum - 0.9) <= 0.05 + 1e-12, `momentum ${momentum} at ${where}`);
      }
    }
  });
}

Deno.test("ratesAt() keeps onecycle's momentum where there is no lower one", () => {
  const length = { epochs: 4, stepsPerEpoch: 5 }, { baseMomentum: _, ...steady } = onecycle(0.2);
  for (let step = 0; step < 20; step++) {
    const { lr } = ratesAt(onecycle(0.2), length, step);
    assert.deepEqual(ratesAt(steady, length, step), { lr, momentum: 0.95 });
  }
});

Deno.test("ratesAt() gives PyTorch's CosineAnnealingWarmRestarts at every step", () => {
  const length = { epochs: 30, stepsPerEpoch: 4 };
  const schedule = { ...EXAMPLES["cosine-restarts"], lr: 0.21, restartFactor: 3 };
  assert.equal(REFERENCE.restarts.length, 120); // restarts after 2, 8 and 26 epochs
  REFERENCE.restarts.forEach((expected, step) => {
    const { lr, momentum } = ratesAt(schedule, length, step);
    assert.ok(Math.abs(lr - expected) <= 1e-12, `learning rate at step ${step}: ${lr}`);
    assert.equal(momentum, 0.9);
  });
  for (const epoch of [0, 2, 8, 26]) assert.equal(ratesAt(schedule, length, 4 * epoch).lr, 0.21);
  const again = { ...schedule, restartFactor: 1 };
  assert.deepEqual(ratesAt(again, length, 4 * 24 + 3), ratesAt(again, length, 3));
});

Deno.test("ratesAt() gives numpy.interp of the knots at every step of piecewise", () => {
  const length = { epochs: 12, stepsPerEpoch: 4 };
  const schedule = { ...EXAMPLES.piecewise, lr: 0.21, lrKnots: "1:0.25,2.5:1,10:0" };
  assert.equal(REFERENCE.piecewise.length, 48);
  REFERENCE.piecewise.forEach((expected, step) => {
    const { lr, momentum } = ratesAt(schedule, length, step);
    assert.ok(Math.abs(lr - expected) <= 1e-12, `learning rate at step ${step}: ${lr}`);
    assert.equal(momentum, 0.9);
  });
});

for (const name of SCHEDULES) {
  Deno.test(`isOpenEnded() says whether ${name} gives a longer run the same rates`, () => {
    const rates = (epochs: number) =>
      Array.from(
        { length: 20 },
        (_, step) => ratesAt(EXAMPLES[name], { epochs, stepsPerEpoch: 2 }, step),
      );
    const same = JSON.stringify(rates(10)) === JSON.stringify(rates(40));
    assert.equal(isOpenEnded(name), same);
  });
}
