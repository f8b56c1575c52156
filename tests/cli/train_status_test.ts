import assert from "node:assert/strict";
import { StatusLine } from "../../src/cli/shell/terminal.ts";
import { observeRun, shown } from "../../src/cli/train_status.ts";
import { Interrupted } from "../../src/errors.ts";
import type { RecipeFlags } from "../../src/recipe/fields.ts";
import type { Recipe } from "../../src/recipe/recipe.ts";
import { smallRecipe } from "../testing/runs.ts";
import { FakeSink, screen } from "./shell/fake_sink.ts";

/** What terminals of these widths show after the first of ten steps, and within the validation after the last. */
function linesOf(columns: number): [string, string] {
  const sink = new FakeSink(true, columns), observer = observeRun(new StatusLine(sink));
  const recipe = smallRecipe({ variant: "trades", epochs: 1, select: "val" });
  const backend = { name: "wasm", adapter: "", threads: 1 } as const;
  observer.onStart!({ directory: "run", recipe, continued: false, backend });
  const length = { epochs: 1, stepsPerEpoch: 10, selectionImages: 80 };
  const last = () => screen(sink.text, columns).at(-1)!;
  let training = "";
  for (let step = 1; step <= 10; step++) {
    sink.time += 10;
    const terms = { ce: 2.25, kl: 0.5 };
    const rates = { lr: 0.1, momentum: 0.9, imagesPerSecond: 0.8 };
    observer.onStep!({ kind: "step", epoch: 1, step, loss: 2.75, terms, ...rates }, length);
    if (step === 1) training = last();
  }
  sink.time += 210;
  observer.onEvaluation!("pgd20", 39, 80);
  return [training, last()];
}

Deno.test("memloss train drops loss terms, loss, rate and position on narrow terminals, the time left never", () => {
  // 9 steps and the validation of 80 images are left: 90 s and 420 s.
  const training = [100, 70, 58, 40, 30, 12].map((columns) => linesOf(columns)[0]);
  assert.deepEqual(training, [
    "epoch 1/1 step 1/10  loss 2.7500 (ce 2.2500, kl 0.5000)  0.8 images/s  8m30s left",
    "epoch 1/1 step 1/10  loss 2.7500  0.8 images/s  8m30s left",
    "epoch 1/1 step 1/10  0.8 images/s  8m30s left",
    "epoch 1/1 step 1/10  8m30s left",
    "8m30s left",
    "8m30s left",
  ]);
});

Deno.test("memloss train counts down the validation too", () => {
  const validation = [60, 30, 12].map((columns) => linesOf(columns)[1]);
  assert.deepEqual(validation, [
    "val: pgd20, 39 of 80 images  3m30s left",
    "pgd20  3m30s left",
    "3m30s left",
  ]);
});

Deno.test("memloss train warns of an epoch that looks like catastrophic overfitting, and of no other", () => {
  const epoch = { kind: "epoch", epoch: 3, loss: 1, terms: { ce: 1 }, seconds: 5 } as const;
  const collapsed = { ...epoch, overfitting: "catastrophic" } as const;
  const backend = { name: "wasm", adapter: "", threads: 1 } as const;
  const told = (recipe: Recipe): string => {
    const sink = new FakeSink(false, 80), observer = observeRun(new StatusLine(sink));
    observer.onStart!({ directory: "run", recipe, continued: false, backend });
    observer.onEpoch!(epoch, { epochs: 9 });
    assert.doesNotMatch(sink.text, /warning/);
    observer.onEpoch!(collapsed, { epochs: 9 });
    return sink.text;
  };
  assert.match(
    told(smallRecipe({ variant: "v1" })),
    /\nwarning: epoch 3 looks like catastrophic overfitting: accuracy under PGD-20 has fallen by more than 5 points since the epoch before, or to less than half of the best epoch's, .*; try a new run with more --attack-steps or a shorter --attack-step: --resume keeps/,
  );
  assert.match(
    told(smallRecipe({ variant: "v1", attackStart: "memory" })),
    /more --attack-steps, a shorter --attack-step or a --memory-reset of fewer epochs: /,
  );
});

Deno.test("memloss train shows from where to where the attack went, however small that is", () => {
  const sink = new FakeSink(false, 80), observer = observeRun(new StatusLine(sink));
  const backend = { name: "wasm", adapter: "", threads: 1 } as const;
  observer.onStart!({ directory: "run", recipe: smallRecipe(), continued: false, backend });
  observer.onEpoch!({
    ...{ kind: "epoch", epoch: 1, loss: 1, terms: { kl: 2e-5 }, seconds: 5 },
    attack: {
      ...{ lossBefore: 7e-6, lossAfter: 7e-6, accuracy: 0.5 },
      sampled: { examples: 8, lossBefore: 6e-6, lossAfter: 0.0432 },
    },
  }, { epochs: 4 });
  assert.match(sink.text, /loss 1\.0000 \(kl 2\.0e-5\) {2}attack 6\.0e-6 to 0\.0432 {2}5s/);
});

Deno.test("memloss train says whose accuracies they are where a run averages its weights", () => {
  const backend = { name: "wasm", adapter: "", threads: 1 } as const;
  const told = (recipe: Recipe): string => {
    const sink = new FakeSink(false, 80), observer = observeRun(new StatusLine(sink));
    observer.onStart!({ directory: "run", recipe, continued: false, backend });
    observer.onEpoch!({
      ...{ kind: "epoch", epoch: 1, loss: 1, terms: { ce: 1 }, seconds: 5 },
      ...{ cleanAccuracy: 0.5, robustAccuracy: 0.25 },
    }, { epochs: 4 });
    return sink.text;
  };
  const select = "val", shown = "clean 50.00 %  PGD-20 25.00 %";
  assert.ok(told(smallRecipe({ select })).includes(`  val: ${shown}`));
  const averaging = smallRecipe({ select, weightAverage: "ema" });
  assert.ok(told(averaging).includes(`  val (averaged weights): ${shown}`));
  // Until the average begins it is the weights.
  const later = smallRecipe({ select, weightAverage: "swa", swaStart: 2, epochs: 4 });
  assert.ok(told(later).includes(`  val: ${shown}`));
});

Deno.test("memloss train warns once of epochs that collapsed one after the other", () => {
  const epoch = { kind: "epoch", epoch: 3, loss: 1, terms: { ce: 1 }, seconds: 5 } as const;
  const sink = new FakeSink(false, 80), observer = observeRun(new StatusLine(sink));
  const backend = { name: "wasm", adapter: "", threads: 1 } as const;
  observer.onStart!({ directory: "run", recipe: smallRecipe(), continued: false, backend });
  for (const [i, bad] of [false, true, true, false, true].entries()) {
    const line = { ...epoch, epoch: i + 1, ...bad && { overfitting: "catastrophic" as const } };
    observer.onEpoch!(line, { epochs: 5 });
  }
  const warned = [...sink.text.matchAll(/warning: epoch (\d)/g)].map(([, number]) => number);
  assert.deepEqual(warned, ["2", "5"]);
});

Deno.test("memloss train says once that nothing watches for catastrophic overfitting, where there is reason to", () => {
  const backend = { name: "wasm", adapter: "", threads: 1 } as const;
  const told = (recipe: Recipe, continued = false): string => {
    const sink = new FakeSink(false, 80), observer = observeRun(new StatusLine(sink));
    observer.onStart!({ directory: "run", recipe, continued, backend });
    return sink.text;
  };
  const select = "none";
  const few = smallRecipe({ variant: "pgd-at", attackSteps: 2, select });
  assert.match(
    told(few),
    /\nnote: --select none measures no robustness .*, to which an attack of two steps is prone: --select val watches/,
  );
  assert.match(told(smallRecipe({ variant: "n-fgsm", attackSteps: 1, select })), /of one step is/);
  const kept = smallRecipe({ variant: "v1", attackSteps: 10, attackStart: "memory", select });
  assert.match(told(kept), /an attack that starts from the memory is prone/);
  assert.doesNotMatch(told(few, true), /note/, "continued");
  assert.doesNotMatch(
    told(smallRecipe({ variant: "n-fgsm", attackSteps: 1, select: "val" })),
    /note/,
  );
  assert.doesNotMatch(told(smallRecipe({ variant: "pgd-at", attackSteps: 3, select })), /note/);
  assert.doesNotMatch(told(smallRecipe({ variant: "standard", select })), /note/);
});

Deno.test("memloss train says when a run ended early, and why", () => {
  const sink = new FakeSink(false, 80), observer = observeRun(new StatusLine(sink));
  const recipe = smallRecipe({ variant: "trades", epochs: 9, select: "val", earlyStop: 3 });
  const backend = { name: "wasm", adapter: "", threads: 1 } as const;
  observer.onStart!({ directory: "run", recipe, continued: false, backend });
  const epoch = { kind: "epoch", epoch: 5, loss: 1, terms: { ce: 1 }, seconds: 5 } as const;
  observer.onEpoch!({ ...epoch, ended: "early-stop" }, { epochs: 9 });
  const said =
    "Ended after epoch 5 of 9: accuracy under PGD-20 on the held-out images was no better in the last 3 epochs";
  assert.ok(sink.text.includes(said), sink.text);
});

Deno.test("memloss train says of each line of a helper's training whose it is", () => {
  const sink = new FakeSink(false, 80), observer = observeRun(new StatusLine(sink));
  const backend = { name: "wasm", adapter: "", threads: 1 } as const;
  const recipe = smallRecipe({ variant: "standard" });
  const helper = observer.onHelper!({ directory: "run/helper", recipe, continued: true, backend });
  const epoch = { kind: "epoch", epoch: 1, loss: 1, terms: { ce: 1 }, seconds: 5 } as const;
  helper.onEpoch!(epoch, { epochs: 2 });
  assert.match(sink.text, /^helper: Continuing standard on synthetic, .* in run\/helper\n/);
  assert.match(sink.text, /\nhelper: epoch 1\/2 {2}/);
});

Deno.test("memloss train says what a selection is worth where training does not attack, once", () => {
  const backend = { name: "wasm", adapter: "", threads: 1 } as const;
  const told = (recipe: Recipe, continued = false): string => {
    const sink = new FakeSink(false, 80), observer = observeRun(new StatusLine(sink));
    observer.onStart!({ directory: "run", recipe, continued, backend });
    return sink.text;
  };
  const standard = smallRecipe({ variant: "standard", select: "val" });
  assert.match(
    told(standard),
    /^note: --select val takes the best epoch under PGD-20, which without an attack in training is one that has learnt little: --select none takes the last\.$/m,
  );
  assert.doesNotMatch(told(standard, true), /note/);
  assert.doesNotMatch(told(smallRecipe({ variant: "standard" })), /note/);
  assert.doesNotMatch(told(smallRecipe({ variant: "trades", select: "val" })), /note/);
});

Deno.test("memloss train says what continues a run that is stopped, if there is a run", async () => {
  const backend = { name: "wasm", adapter: "", threads: 1 } as const;
  const recipe = smallRecipe({ variant: "standard" });
  const begin = { directory: "run", recipe, continued: false, backend };
  const stopped = (there: boolean, again: readonly string[] | undefined, begins: boolean) =>
    shown("run", { there, ...again && { again } }, (observer) => {
      if (begins) observer.onStart!(begin);
      return Promise.reject(new Interrupted("Stopped."));
    }).catch(({ message }) => message.replace(/: .* train /, ": … train "));
  const again = ["train", "--run-dir", "run", "--resume"];
  const said = "Stopped.\nContinue with: … train --run-dir run --resume";
  assert.equal(await stopped(false, again, true), said);
  assert.equal(await stopped(true, again, false), said);
  assert.equal(await stopped(false, again, false), "Stopped."); // while kernels are still timed
  assert.equal(await stopped(false, undefined, true), "Stopped.");
});

Deno.test("memloss train says once that a run of days is not for a CPU, and nothing of one that is shorter", () => {
  const told = (name: "wasm" | "webgpu", epochs: number, flags: RecipeFlags = {}) => {
    const sink = new FakeSink(false, 80), observer = observeRun(new StatusLine(sink));
    const recipe = smallRecipe({ variant: "trades", epochs, select: "none", ...flags });
    const backend = { name, adapter: "", threads: 1 } as const;
    observer.onStart!({ directory: "run", recipe, continued: false, backend });
    const length = { epochs, stepsPerEpoch: 10, selectionImages: 0 };
    const metrics = { loss: 2, terms: {}, lr: 0.1, momentum: 0.9, imagesPerSecond: 0.1 };
    for (let step = 1; step <= 3; step++) {
      sink.time += 100;
      observer.onStep!({ kind: "step", epoch: 1, step, ...metrics }, length);
    }
    return sink.text.match(/^note: on this CPU the run takes about \d+h.*$/gm) ?? [];
  };
  assert.deepEqual([told("wasm", 2), told("webgpu", 2000)], [[], []]);
  // What is advised can be done: more epochs than are without AWP, and the width of weights that are given.
  for (
    const [flags, smaller] of [
      [{}, "--width 16 --limit-train 4096 --epochs 4"],
      [{ awp: 0.005, awpWarmup: 5 }, "--width 16 --limit-train 4096 --epochs 6"],
      [{ from: "weights" }, "--limit-train 4096 --epochs 4"],
    ] as const
  ) {
    const [note, ...more] = told("wasm", 2000, flags);
    assert.ok(note!.endsWith(`A first look here is ${smaller}, in a run of its own.`), note);
    assert.deepEqual(more, []);
  }
});
