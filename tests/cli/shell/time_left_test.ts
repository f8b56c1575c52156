import assert from "node:assert/strict";
import { TimeLeft } from "../../../src/cli/shell/time_left.ts";
import type { RunLength, StepMetrics } from "../../../src/run/metrics.ts";
import { smallRecipe } from "../../testing/runs.ts";

/** A made run: what its steps, validations and commits take on a clock of its own. */
class MadeRun {
  time = 1000;
  readonly left = new TimeLeft(() => this.time);

  constructor(
    readonly length: RunLength,
    readonly costs: { step(epoch: number): number; end: number },
    recipe = smallRecipe({ variant: "trades" }),
  ) {
    this.left.begin(recipe);
  }

  /** Whether {@linkcode step} was not called yet. */
  #first = true;

  /** Makes a step, of eight images; the seconds left after it. */
  step(epoch: number, step: number): number {
    const seconds = this.costs.step(epoch);
    // Much may happen before the first: kernels are compiled, data are read.
    this.time += seconds + (this.#first ? 500 : 0);
    this.#first = false;
    const imagesPerSecond = 8 / seconds, terms = {}, kind = "step";
    const metrics = {
      kind,
      epoch,
      step,
      loss: 1,
      terms,
      lr: 1,
      momentum: 0,
      imagesPerSecond,
    } as const;
    return this.left.step(metrics satisfies StepMetrics, this.length);
  }

  /** The end of an epoch. */
  end(): void {
    this.time += this.costs.end;
    this.left.epoch();
  }
}

const close = (actual: number | undefined, expected: number) =>
  assert.ok(Math.abs(actual! - expected) < 1e-6 * expected + 1e-6, `${actual}, not ${expected}`);

Deno.test("TimeLeft counts the steps of a run that selects nothing, and not what came before the first", () => {
  const length = { epochs: 3, stepsPerEpoch: 4, selectionImages: 0 };
  const run = new MadeRun(length, { step: () => 2, end: 0 });
  close(run.step(1, 1), 22);
  close(run.step(1, 2), 20);
  close(run.step(1, 3), 18);
});

Deno.test("TimeLeft counts a validation before it has seen one, and after that what it took", () => {
  const length = { epochs: 2, stepsPerEpoch: 4, selectionImages: 80 };
  // Two steps of PGD and two passes of training: 10 passes of each of 8 images in 10 s.
  const run = new MadeRun(length, { step: () => 10, end: 300 });
  const guess = 80 * 42 / 8;
  close(run.step(1, 1), 70 + 2 * guess);
  for (const step of [2, 3]) run.step(1, step);
  close(run.step(1, 4), 40 + 2 * guess);
  run.end();
  close(run.step(2, 1), 30 + 300);
  for (const step of [2, 3]) run.step(2, step);
  close(run.step(2, 4), 300);
});

Deno.test("TimeLeft goes on through an evaluation by its pace, PGD-20 weighed as what it costs", () => {
  const length = { epochs: 2, stepsPerEpoch: 1, selectionImages: 80 };
  const run = new MadeRun(length, { step: () => 10, end: 0 });
  run.step(1, 1);
  run.time += 4.2; // a hundredth of what is expected, which that does not change
  close(run.left.evaluation("clean", 80, 80), 10 + 2 * 420 - 4.2);
  run.time += 205.8; // half of the passes in half of the time
  close(
    run.left.evaluation("pgd20", 39, 80),
    10 + 420 + 210 * (42 * 80 - 80 - 41 * 39) / (80 + 41 * 39),
  );
});

Deno.test("TimeLeft knows that the memory's examples make later steps longer", () => {
  const length = { epochs: 3, stepsPerEpoch: 2, selectionImages: 0 };
  // In the first epoch 4 + 6 passes, then 4 + 9.
  const costs = { step: (epoch: number) => epoch === 1 ? 10 : 13, end: 0 };
  const run = new MadeRun(length, costs, smallRecipe({ variant: "v1" }));
  close(run.step(1, 1), 10 + 4 * 13);
  run.step(1, 2);
  run.end();
  close(run.step(2, 1), 3 * 13);
});

Deno.test("TimeLeft knows that clean images are no part of a step until a memory term looks at them", () => {
  const length = { epochs: 3, stepsPerEpoch: 2, selectionImages: 0 };
  // In the first epoch 4 + 3 passes, then 4 + 9.
  const costs = { step: (epoch: number) => epoch === 1 ? 7 : 13, end: 0 };
  const run = new MadeRun(length, costs, smallRecipe({ variant: "pgd-at+v1" }));
  close(run.step(1, 1), 7 + 4 * 13);
});

Deno.test("TimeLeft knows that a method with a prior has what stands for the memory from the first epoch", () => {
  const length = { epochs: 3, stepsPerEpoch: 2, selectionImages: 0 };
  const recipe = smallRecipe({ variant: "fgsm-pgi", attackSteps: 1 });
  const run = new MadeRun(length, { step: () => 8, end: 0 }, recipe);
  close(run.step(1, 1), 5 * 8);
});

Deno.test("TimeLeft knows that steps after the warm-up of AWP are longer", () => {
  const length = { epochs: 3, stepsPerEpoch: 2, selectionImages: 0 };
  // In the first two epochs 4 + 6 passes, then 4 + 12.
  const costs = { step: (epoch: number) => epoch > 2 ? 16 : 10, end: 0 };
  const recipe = smallRecipe({ variant: "trades", epochs: 3, awp: 0.01, awpWarmup: 2 });
  const run = new MadeRun(length, costs, recipe);
  close(run.step(1, 1), 3 * 10 + 2 * 16);
  for (const [epoch, step] of [[1, 2], [2, 1], [2, 2]] as const) run.step(epoch, step);
  close(run.step(3, 1), 16);
});

Deno.test("TimeLeft knows that attacks which start from the memory may have fewer steps", () => {
  const length = { epochs: 3, stepsPerEpoch: 2, selectionImages: 0 };
  const recipe = smallRecipe({
    ...{ variant: "v1", attackStart: "memory", attackSteps: 2, firstSteps: 7 },
  });
  // First 14 + 6 passes, then 4 + 9.
  const costs = { step: (epoch: number) => epoch === 1 ? 20 : 13, end: 0 };
  const run = new MadeRun(length, costs, recipe);
  close(run.step(1, 1), 20 + 4 * 13);
});

Deno.test("TimeLeft follows a machine that changes its pace", () => {
  const length = { epochs: 1, stepsPerEpoch: 1000, selectionImages: 0 };
  let seconds = 1;
  const run = new MadeRun(length, { step: () => seconds, end: 0 });
  for (let step = 1; step <= 100; step++) run.step(1, step);
  seconds = 3;
  for (let step = 101; step < 150; step++) run.step(1, step);
  close(run.step(1, 150), 850 * 3);
});

Deno.test("TimeLeft says nothing of an evaluation before any step", () => {
  const left = new TimeLeft(() => 0);
  left.begin(smallRecipe());
  assert.equal(left.evaluation("clean", 4, 8), undefined);
});
