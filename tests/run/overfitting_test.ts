import assert from "node:assert/strict";
import type { EpochMetrics } from "../../src/run/metrics.ts";
import { overfitsCatastrophically } from "../../src/run/overfitting.ts";

/** An epoch with `robust` of `n` held-out images, and an accuracy under its own attack. */
function epoch(robust: number, n: number, accuracy: number): EpochMetrics {
  return {
    ...{ kind: "epoch", epoch: 1, loss: 1, terms: {}, seconds: 1 },
    ...{ cleanAccuracy: 1, robustAccuracy: robust / n },
    classes: { clean: [], robust: Array.from({ length: 10 }, () => [robust / 10, n / 10]) },
    attack: { lossBefore: 0, lossAfter: 1, accuracy },
  };
}

Deno.test("overfitsCatastrophically() is true where PGD-20 takes over 5 points more and the training attack less", () => {
  const before = epoch(4000, 10_000, 0.4);
  assert.equal(overfitsCatastrophically([before], epoch(3490, 10_000, 0.41)), true);
  assert.equal(overfitsCatastrophically([before], epoch(3510, 10_000, 0.41)), false, "4.9 points");
  assert.equal(overfitsCatastrophically([before], epoch(3490, 10_000, 0.4)), false, "no rise");
  assert.equal(overfitsCatastrophically([before], epoch(4510, 10_000, 0.41)), false, "a gain");
});

Deno.test("overfitsCatastrophically() takes nothing for a fall that chance makes of few images", () => {
  // Three standard errors of a difference of 40 % and 20 % of 50 images are 27 points.
  assert.equal(overfitsCatastrophically([epoch(20, 50, 0.4)], epoch(10, 50, 0.5)), false);
  assert.equal(overfitsCatastrophically([epoch(20, 50, 0.4)], epoch(1, 50, 0.5)), true);
});

Deno.test("overfitsCatastrophically() takes nothing for a fall that was not above chance before", () => {
  // Ten classes: a network that gives all images one label has 10 %.
  assert.equal(overfitsCatastrophically([epoch(79, 1024, 0.08)], epoch(25, 1024, 0.15)), false);
  assert.equal(
    overfitsCatastrophically([epoch(1000, 10_000, 0.1)], epoch(100, 10_000, 0.2)),
    false,
  );
  assert.equal(overfitsCatastrophically([epoch(1010, 10_000, 0.1)], epoch(100, 10_000, 0.2)), true);
});

Deno.test("overfitsCatastrophically() is false where nothing was measured before or now", () => {
  const { robustAccuracy: _, ...unselected } = epoch(0, 1000, 0.9);
  const { attack: __, ...unattacked } = epoch(0, 1000, 0.9);
  assert.equal(overfitsCatastrophically([], epoch(0, 1000, 0.9)), false);
  for (const other of [unselected, unattacked]) {
    assert.equal(overfitsCatastrophically([epoch(900, 1000, 0.1)], other), false);
    assert.equal(overfitsCatastrophically([other], epoch(0, 1000, 0.95)), false);
  }
});

Deno.test("overfitsCatastrophically() sees a collapse that takes several epochs", () => {
  // 44 % falls by 4.9 points an epoch, while the training attack takes less and less.
  const epochs = Array.from(
    { length: 10 },
    (_, i) => epoch(Math.max(0, 4400 - 490 * i), 10_000, 0.4 + 0.06 * i),
  );
  const seen = epochs.map((now, i) => overfitsCatastrophically(epochs.slice(0, i), now));
  assert.deepEqual(
    seen,
    epochs.map((_, i) => i >= 5),
    "half of 44 % is less than 24.4 %, not 19.5 %",
  );
  const easier = epochs.map((each) => ({ ...each, attack: { ...each.attack!, accuracy: 0.4 } }));
  assert.equal(overfitsCatastrophically(easier.slice(0, 9), easier[9]!), false, "no rise");
});

Deno.test("overfitsCatastrophically() holds an epoch against the best one wherever it stands", () => {
  const best = epoch(4000, 10_000, 0.4),
    later = epoch(2300, 10_000, 0.6),
    now = epoch(1990, 10_000, 0.7);
  assert.equal(overfitsCatastrophically([later, best, later, later], now), true);
  assert.equal(overfitsCatastrophically([later, later], now), false);
});

Deno.test("overfitsCatastrophically() is silent where robustness overfits as it always does", () => {
  // 50 % falls to 44 % in 100 epochs, while the training attack's accuracy rises to 90 %.
  const epochs = Array.from(
    { length: 101 },
    (_, i) => epoch(5000 - 6 * i + (i % 2 ? 60 : -60), 10_000, 0.45 + 0.0045 * i),
  );
  for (const [i, now] of epochs.entries()) {
    assert.equal(overfitsCatastrophically(epochs.slice(0, i), now), false, `epoch ${i + 1}`);
  }
});

Deno.test("overfitsCatastrophically() is silent where weights that begin to be perturbed hide the rise, and not for long", () => {
  // With AWP after a warm-up, accuracy under the attack is of the perturbed weights from there on.
  const warmUp = [epoch(4200, 10_000, 0.42), epoch(4400, 10_000, 0.45)];
  const first = epoch(4300, 10_000, 0.38), collapsed = epoch(200, 10_000, 0.8);
  assert.equal(overfitsCatastrophically(warmUp, first), false);
  assert.equal(overfitsCatastrophically([...warmUp, first], collapsed), true);
});
