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
  assert.equal(overfitsCatastrophically(before, epoch(3490, 10_000, 0.41)), true);
  assert.equal(overfitsCatastrophically(before, epoch(3510, 10_000, 0.41)), false, "4.9 points");
  assert.equal(overfitsCatastrophically(before, epoch(3490, 10_000, 0.4)), false, "no rise");
  assert.equal(overfitsCatastrophically(before, epoch(4510, 10_000, 0.41)), false, "a gain");
});

Deno.test("overfitsCatastrophically() takes nothing for a fall that chance makes of few images", () => {
  // Three standard errors of a difference of 40 % and 20 % of 50 images are 27 points.
  assert.equal(overfitsCatastrophically(epoch(20, 50, 0.4), epoch(10, 50, 0.5)), false);
  assert.equal(overfitsCatastrophically(epoch(20, 50, 0.4), epoch(1, 50, 0.5)), true);
});

Deno.test("overfitsCatastrophically() takes nothing for a fall that was not above chance before", () => {
  // Ten classes: a network that gives all images one label has 10 %.
  assert.equal(overfitsCatastrophically(epoch(79, 1024, 0.08), epoch(25, 1024, 0.15)), false);
  assert.equal(overfitsCatastrophically(epoch(1000, 10_000, 0.1), epoch(100, 10_000, 0.2)), false);
  assert.equal(overfitsCatastrophically(epoch(1010, 10_000, 0.1), epoch(100, 10_000, 0.2)), true);
});

Deno.test("overfitsCatastrophically() is false where nothing was measured before or now", () => {
  const { robustAccuracy: _, ...unselected } = epoch(0, 1000, 0.9);
  const { attack: __, ...unattacked } = epoch(0, 1000, 0.9);
  assert.equal(overfitsCatastrophically(undefined, epoch(0, 1000, 0.9)), false);
  for (const other of [unselected, unattacked]) {
    assert.equal(overfitsCatastrophically(epoch(900, 1000, 0.1), other), false);
    assert.equal(overfitsCatastrophically(other, epoch(0, 1000, 0.95)), false);
  }
});
