import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../src/backend/backend.ts";
import { drawView } from "../../src/data/augmentation.ts";
import { firstIndices } from "../../src/data/batches.ts";
import { evaluateAccuracy } from "../../src/evaluate/evaluate.ts";
import { architectureOf, freezeSubject } from "../../src/evaluate/frozen_subject.ts";
import { measureMemory } from "../../src/memory/stats.ts";
import { MemoryStore } from "../../src/memory/store.ts";
import type { Recipe } from "../../src/recipe/recipe.ts";
import { makeMemoryInputs } from "../../src/train/memory/inputs.ts";
import type {
  AttackMetrics,
  ClassMetrics,
  DamageNote,
  EpochMetrics,
  WeightMetrics,
} from "../../src/run/metrics.ts";
import { readSubject, type WeightsSubject } from "../../src/run/subject.ts";
import { ratesAt } from "../../src/optimise/schedule.ts";
import { inRunFolder, readLog, resultOf } from "../repro/support.ts";
import { onOneThread, onWasm } from "../testing/device.ts";
import { snapshot } from "../testing/folder.ts";
import { VALUES } from "../testing/images.ts";
import { smallData, smallRecipe, trainIn, trainUntil } from "../testing/runs.ts";

onOneThread();

const EPOCHS = 2, STEPS = 3;

onWasm(
  "train() stopped after any step and continued ends with the same bytes and rates",
  (backend) =>
    inRunFolder(async (whole) => {
      const recipe = smallRecipe({ variant: "v1", select: "test", limitTest: 2 });
      await trainIn(whole, recipe, backend);
      const expected = await resultOf(whole);
      for (let position = 0; position < EPOCHS * STEPS; position++) {
        await inRunFolder(async (runDir) => {
          const [epoch, step] = [1 + Math.floor(position / STEPS), 1 + position % STEPS];
          await trainUntil(runDir, recipe, backend, epoch, step);
          await trainIn(runDir, recipe, backend);
          assert.deepEqual(await resultOf(runDir), expected, `stopped at ${epoch}, ${step}`);
        });
      }
      const steps = (await readLog(whole)).filter(({ kind }) => kind === "step");
      const [first, second] = (await readLog(whole)).filter(({ kind }) => kind === "epoch");
      assert.equal("weights" in first!, false, "no memory yet");
      const { term, mean, counts } = second!.weights as WeightMetrics;
      assert.equal(term, "memory");
      assert.equal(counts.reduce((a, b) => a + b), smallData().train.n);
      const [least, most] = [0, 1].map((side) =>
        counts.reduce((sum, count, bin) => sum + count * (bin + side) / 20, 0) / smallData().train.n
      );
      assert.ok(least! <= mean && mean <= most!, `${mean} is not in [${least}, ${most}]`);
      for (const { cleanAccuracy, robustAccuracy, classes } of [first!, second!]) {
        const { clean, robust } = classes as ClassMetrics;
        for (const [accuracy, of] of [[cleanAccuracy, clean], [robustAccuracy, robust]] as const) {
          assert.equal(of.length, 10);
          const [correct, n] = of.reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
          assert.deepEqual([n, correct / n], [2, accuracy]);
        }
      }
      steps.forEach(({ lr, momentum }, position) => {
        const length = { epochs: EPOCHS, stepsPerEpoch: STEPS };
        assert.deepEqual({ lr, momentum }, ratesAt(recipe.optimiser, length, position));
      });
    }),
);

onWasm(
  "train() stopped within the attack of a step saves the steps before",
  (backend) =>
    inRunFolder((whole) =>
      inRunFolder(async (runDir) => {
        const recipe = smallRecipe({ variant: "v1", attackSteps: 26 });
        await trainIn(whole, recipe, backend);
        const controller = new AbortController(), { signal } = controller;
        let begun = false;
        // Where the device is waited for first after the first step: after one part of the second one's attack.
        const stopping: Backend = {
          ...backend,
          guard: async (work) => {
            const result = await backend.guard(work);
            if (begun) controller.abort();
            return result;
          },
        };
        const observer = { onStep: () => void (begun = true) };
        await assert.rejects(trainIn(runDir, recipe, stopping, { signal, observer }), {
          name: "Interrupted",
          message: "Stopped in epoch 1 after step 1; everything so far is saved.",
        });
        await trainIn(runDir, recipe, backend);
        assert.deepEqual(await resultOf(runDir), await resultOf(whole));
      })
    ),
);

onWasm(
  "train() stopped after an epoch's last step, and there again, keeps the checkpoint that it has committed",
  (backend) =>
    inRunFolder((whole) =>
      inRunFolder(async (runDir) => {
        const averaging = { weightAverage: "ema", averageBatchNorm: "reestimated" } as const;
        const selecting = { select: "test", limitTest: 2, attackSteps: 1 } as const;
        const recipe = smallRecipe({ variant: "pgd-at", epochs: 1, ...averaging, ...selecting });
        await trainIn(whole, recipe, backend);
        const name = "epoch-001.step-3.safetensors", message = /^Stopped in epoch 1 after step 3;/;
        const stopped = async (stopping: Backend, more: Parameters<typeof trainIn>[3]) => {
          await assert.rejects(trainIn(runDir, recipe, stopping, more), {
            ...{ name: "Interrupted", message },
          });
          return (await snapshot(join(runDir, "checkpoints"))).get(name);
        };
        const first = new AbortController(), second = new AbortController();
        let steps = 0;
        // Where the device is waited for first after the last step: after the first batch of the re-estimation.
        const interrupting: Backend = {
          ...backend,
          guard: async (work) => {
            const result = await backend.guard(work);
            if (steps === STEPS) first.abort();
            return result;
          },
        };
        const inReestimation = await stopped(interrupting, {
          ...{ signal: first.signal, observer: { onStep: () => void steps++ } },
        });
        assert.ok(inReestimation);
        const inSelection = await stopped(backend, {
          ...{ signal: second.signal, observer: { onEvaluation: () => second.abort() } },
        });
        assert.deepEqual(inSelection, inReestimation);
        await trainIn(runDir, recipe, backend);
        assert.deepEqual(await resultOf(runDir), await resultOf(whole));
      })
    ),
);

onWasm(
  "train() ends with the same bytes whatever it checkpoints in between, and from every one of them",
  (backend) =>
    inRunFolder((whole) =>
      inRunFolder(async (runDir) => {
        await trainIn(whole, smallRecipe({ variant: "v2" }), backend);
        const recipe = smallRecipe({ variant: "v2", checkpointEvery: 1 });
        // Stops where a checkpoint has just been made, so that there is nothing to save.
        await trainUntil(runDir, recipe, backend, 1, 2);
        await trainUntil(runDir, recipe, backend, 2, 1);
        await trainIn(runDir, recipe, backend);
        assert.deepEqual(await resultOf(runDir), await resultOf(whole));
      })
    ),
);

onWasm(
  "train() with early stopping ends after epochs that are no better, also where it was stopped before, and says so",
  (backend) =>
    inRunFolder((whole) =>
      inRunFolder(async (runDir) => {
        // It learns nothing. On the command line the images would be held out, which are many.
        const flags = { variant: "v1", epochs: 9, select: "test", limitTest: 2 } as const;
        const learnsNothing = smallRecipe({ ...flags, lr: 1e-12, schedule: "constant" });
        const recipe: Recipe = { ...learnsNothing, earlyStop: 2 };
        await trainUntil(whole, learnsNothing, backend, 1, 1);
        await trainIn(whole, recipe, backend);
        const epochs = (await readLog(whole)).filter(({ kind }) => kind === "epoch");
        assert.deepEqual(epochs.map(({ ended }) => ended), [undefined, undefined, "early-stop"]);
        await trainUntil(runDir, learnsNothing, backend, 2, 1);
        await trainUntil(runDir, recipe, backend, 3, 2);
        await trainIn(runDir, recipe, backend);
        await trainIn(runDir, { ...recipe, epochs: 20 }, backend); // it is over
        assert.deepEqual(await resultOf(runDir), await resultOf(whole));
      })
    ),
);

onWasm(
  "train() uses examples of the age it is given, and keeps no more of them",
  (backend) =>
    inRunFolder((whole) =>
      inRunFolder(async (runDir) => {
        const recipe = smallRecipe({
          variant: "v1",
          epochs: 4,
          memoryAge: 2,
          memoryEma: 0.5,
          memoryView: "realigned",
          checkpointEvery: 2,
        });
        await trainIn(whole, recipe, backend);
        const steps = (await readLog(whole)).filter(({ kind }) => kind === "step");
        const used = steps.filter(({ terms }) => "memory" in (terms as object));
        assert.deepEqual(new Set(used.map(({ epoch }) => epoch)), new Set([3, 4]));
        assert.equal(used.length, 2 * STEPS);
        const store = await MemoryStore.openReadOnly(join(whole, "memory"));
        assert.deepEqual(store.current()!.generations, [3, 4]);
        await store.close();
        for (const [epoch, step] of [[2, 1], [3, 2], [4, 3]] as const) {
          await trainUntil(runDir, recipe, backend, epoch, step);
        }
        await trainIn(runDir, recipe, backend);
        assert.deepEqual(await resultOf(runDir), await resultOf(whole));
      })
    ),
);

onWasm(
  "train() keeps all examples where they are to be older than the run gets",
  (backend) =>
    inRunFolder(async (runDir) => {
      await trainIn(runDir, smallRecipe({ variant: "v1", memoryAge: 300 }), backend);
      const store = await MemoryStore.openReadOnly(join(runDir, "memory"));
      assert.deepEqual(store.current()!.generations, [1, 2]);
      await store.close();
    }),
);

onWasm(
  "train() keeps the running average of this epoch's examples and the last one's",
  (backend) =>
    inRunFolder((plain) =>
      inRunFolder(async (averaged) => {
        const a = 0.75;
        const recipe = smallRecipe({ variant: "v2", memoryCodec: "f32" });
        // The average of one epoch is that epoch's examples, so that both runs attack the same models.
        await trainIn(averaged, { ...recipe, memory: { ...recipe.memory!, ema: a } }, backend);
        await trainUntil(plain, recipe, backend, 2, 1);
        const first = await remembered(plain, 1);
        await trainIn(plain, recipe, backend);
        const second = await remembered(plain, 2);
        const mean = await remembered(averaged, 2);
        assert.equal(mean.length, smallData().train.images.length);
        mean.forEach((value, i) => {
          assert.ok(Math.abs(value - a * first[i]! - (1 - a) * second[i]!) < 1e-6, `value ${i}`);
        });
      })
    ),
);

/** `x''` of all images as `epoch` left it. */
async function remembered(runDir: string, epoch: number): Promise<Float32Array> {
  const { train } = smallData();
  const ids = firstIndices(train.n, undefined);
  const store = await MemoryStore.openReadOnly(join(runDir, "memory"));
  try {
    return makeMemoryInputs(await store.read(epoch, ids), train, ids).images;
  } finally {
    await store.close();
  }
}

onWasm(
  "train() before its first step saves and stops where it was asked to stop before it began",
  (backend) =>
    inRunFolder((whole) =>
      inRunFolder(async (runDir) => {
        const recipe = smallRecipe({ variant: "v1" });
        await trainIn(whole, recipe, backend);
        await assert.rejects(trainIn(runDir, recipe, backend, { signal: AbortSignal.abort() }), {
          name: "Interrupted",
          message: "Stopped in epoch 1 after step 0; everything so far is saved.",
        });
        await trainIn(runDir, recipe, backend);
        assert.deepEqual(await resultOf(runDir), await resultOf(whole));
      })
    ),
);

onWasm("train() leaves a finished run as it is", (backend) =>
  inRunFolder(async (runDir) => {
    const recipe = smallRecipe({ variant: "v1" });
    await trainIn(runDir, recipe, backend);
    const before = await resultOf(runDir);
    const lines = await Deno.readTextFile(join(runDir, "metrics.jsonl"));
    await trainIn(runDir, recipe, backend);
    assert.deepEqual(await resultOf(runDir), before);
    assert.equal(await Deno.readTextFile(join(runDir, "metrics.jsonl")), lines);
  }));

onWasm("train() selects the first of the epochs that are best under attack", async (backend) => {
  const selected = new Set<number>();
  // One of them is best in the middle, one at the end, and one has all epochs equally good.
  for (const [width, lr, seed] of [[2, 0.05, 3], [1, 0.2, 1], [1, 0.05, 2]] as const) {
    await inRunFolder(async (runDir) => {
      const recipe = smallRecipe({
        variant: "standard",
        select: "test",
        limitTest: 8,
        epochs: 6,
        attackEps: 0.1 / 255,
        width,
        lr,
        seed,
      });
      await trainIn(runDir, recipe, backend);
      const epochs = (await readLog(runDir)).filter(({ kind }) => kind === "epoch");
      const robust = epochs.map(({ robustAccuracy }) => robustAccuracy as number);
      const best = robust.indexOf(Math.max(...robust)) + 1;
      selected.add(best);
      const { files } = await resultOf(runDir);
      assert.equal(files["checkpoints/best"], `-> epoch-00${best}.safetensors`);
      assert.equal(files["checkpoints/last"], "-> epoch-006.safetensors");
    });
  }
  assert.ok(selected.size > 1, "a selection that never moves would fail: choose other seeds");
});

onWasm(
  "train() gives an epoch the means over its images",
  (backend) =>
    inRunFolder(async (runDir) => {
      await trainIn(runDir, smallRecipe({ variant: "v1" }), backend);
      const log = await readLog(runDir);
      for (const { epoch, loss, terms } of log.filter(({ kind }) => kind === "epoch")) {
        const steps = log.filter((line) => line.kind === "step" && line.epoch === epoch);
        const mean = (values: number[]) => (8 * values[0]! + 8 * values[1]! + 4 * values[2]!) / 20;
        const means = Object.keys(terms as object).map((name) => [
          name,
          mean(steps.map((line) => (line.terms as Record<string, number>)[name]!)),
        ]);
        assert.deepEqual(terms, Object.fromEntries(means));
        assert.equal(loss, mean(steps.map((line) => line.loss as number)));
      }
    }),
);

onWasm(
  "train() holds an epoch's accuracies against those of the epochs before, which may be of another sitting",
  async (backend) => {
    const flags = { variant: "pgd-at", select: "test", limitTest: 8, epochs: 3 } as const;
    const recipe = smallRecipe(flags);
    // The first epoch was robust in the third case, the second one in the second, each to the training attack less.
    for (const [robust, collapsed] of [[[], false], [[2], true], [[1], true]] as const) {
      await inRunFolder(async (runDir) => {
        await trainUntil(runDir, recipe, backend, 2);
        const path = join(runDir, "metrics.jsonl"), lines = await readLog(runDir);
        const told = lines.map((line) => {
          if (line.kind !== "epoch" || !robust.some((epoch) => epoch === line.epoch)) return line;
          const attack = { ...line.attack as AttackMetrics, accuracy: 0 };
          return { ...line, robustAccuracy: 1, attack };
        });
        await Deno.writeTextFile(path, told.map((line) => JSON.stringify(line) + "\n").join(""));
        await trainIn(runDir, recipe, backend);
        assert.equal(
          (await readLog(runDir)).at(-1)!.overfitting,
          collapsed ? "catastrophic" : undefined,
          `${robust}`,
        );
      });
    }
  },
);

onWasm(
  "train() never replaces a good checkpoint by a model that is not finite",
  async (backend) => {
    const before = tf.memory().numTensors;
    // The gradient of epoch 2's last step is not finite while its loss still is.
    const flags = { variant: "v1", limitTrain: 16, attackSteps: 1, lr: 1e6 } as const;
    const recipe = smallRecipe({ ...flags, schedule: "cosine", epochs: 5 });
    await inRunFolder(async (runDir) => {
      const kept = () => snapshot(join(runDir, "checkpoints"));
      for (const select of ["none", "test"] as const) {
        const selecting = { ...recipe, select, limitTest: 2 };
        await assert.rejects(trainIn(runDir, selecting, backend), {
          name: "RunError",
          message: select === "none"
            ? /^The model is not finite after epoch 2, step 2 \(\S+\): the last checkpoint is kept/
            : "The model's logits on image 0 are not finite (NaN) after epoch 2: " +
              "the last checkpoint is kept; try a lower --lr than 1000000.",
        }, select);
        assert.deepEqual([...(await kept()).keys()], [
          "committed.json",
          "epoch-001.safetensors",
          "last",
        ]);
      }
    });
    assert.equal(tf.memory().numTensors, before);
  },
);

/** Trains the first epoch in `runDir` and damages its examples `records`. */
async function trainAndDamage(runDir: string, recipe: Recipe, backend: Backend, records: number[]) {
  await trainUntil(runDir, recipe, backend, 1);
  const path = join(runDir, "memory", "generation-0001", "chunk-0000.bin");
  const bytes = await Deno.readFile(path);
  for (const record of records) bytes[128 + record * 3084 + 99]! ^= 1;
  await Deno.writeFile(path, bytes);
}

onWasm(
  "train() goes on without damaged examples and says so once for each, by default",
  (backend) =>
    inRunFolder(async (runDir) => {
      const recipe = smallRecipe({ variant: "v1" });
      await trainAndDamage(runDir, recipe, backend, [2, 11]);
      const noted: DamageNote[] = [];
      await trainIn(runDir, recipe, backend, {
        observer: { onDamage: (note) => noted.push(note) },
      });
      assert.equal(noted.length, 2);
      const faults = noted.map(({ fault }) => /^Record (\d+) of /.exec(fault)![1]).sort();
      assert.deepEqual(faults, ["11", "2"]);
      const log = await readLog(runDir);
      assert.deepEqual(log.filter(({ kind }) => kind === "damage"), noted);
      assert.deepEqual(log.at(-1)!.kind, "epoch");
      // The epoch has made new ones.
      const store = await MemoryStore.openReadOnly(join(runDir, "memory"));
      assert.equal((await measureMemory(store)).generations[0]!.examples, smallData().train.n);
      await store.close();
    }),
);

onWasm(
  "train() ends at the first damaged example under --on-corruption stop, and the last commit stays",
  (backend) =>
    inRunFolder(async (runDir) => {
      const recipe = smallRecipe({ variant: "v1", onCorruption: "stop" });
      await trainAndDamage(runDir, recipe, backend, [2]);
      await assert.rejects(trainIn(runDir, recipe, backend), {
        name: "RunError",
        message: /^Record 2 of .* does not match its checksum/,
      });
      const goesOn = smallRecipe({ variant: "v1", onCorruption: "rerun" });
      await trainIn(runDir, goesOn, backend);
      assert.equal((await readLog(runDir)).filter(({ kind }) => kind === "damage").length, 1);
    }),
);

onWasm(
  "train() starts attacks from the memory, realigned to this epoch's crop and flip",
  (backend) =>
    inRunFolder(async (runDir) => {
      // Steps so short that x' stays where the attack starts.
      const still = {
        attackSteps: 1,
        firstSteps: 1,
        attackStep: 1e-9,
        memoryCodec: "f32",
      } as const;
      const recipe = smallRecipe({ variant: "v2", attackStart: "memory", ...still });
      const ids = firstIndices(smallData().train.n, undefined);
      const read = async (epoch: number) => {
        const store = await MemoryStore.openReadOnly(join(runDir, "memory"));
        try {
          return (await store.read(epoch, ids)).deltas;
        } finally {
          await store.close();
        }
      };
      await trainUntil(runDir, recipe, backend, 1);
      const first = await read(1);
      assert.ok(first.some((delta) => Math.abs(delta) > 1e-3), "the method's own start");
      await trainIn(runDir, recipe, backend);
      const second = await read(2);
      let hidden = 0;
      for (const id of ids) {
        const { top, left } = drawView(recipe.seed, 2, id);
        for (let i = id * VALUES; i < (id + 1) * VALUES; i++) {
          const pixel = Math.floor(i % VALUES / 3),
            row = Math.floor(pixel / 32),
            column = pixel % 32;
          const [y, x] = [row - top + 4, column - left + 4];
          const visible = y >= 0 && y < 32 && x >= 0 && x < 32;
          if (!visible) hidden++;
          const expected = visible ? first[i]! : 0;
          assert.ok(Math.abs(second[i]! - expected) <= 1e-6, `image ${id}, value ${i % VALUES}`);
        }
      }
      assert.ok(hidden > 0, "no crop left anything out");
    }),
);

onWasm(
  "train() that starts attacks from the memory and resets it is continued to the byte",
  (backend) =>
    inRunFolder((whole) =>
      inRunFolder(async (runDir) => {
        const flags = {
          attackStart: "memory",
          attackSteps: 1,
          firstSteps: 3,
          memoryReset: 3,
        } as const;
        const recipe = smallRecipe({ variant: "v1", epochs: 4, ...flags });
        await trainIn(whole, recipe, backend);
        for (const [epoch, step] of [[1, 2], [3, 1], [4, 2]] as const) {
          await trainUntil(runDir, recipe, backend, epoch, step);
        }
        await trainIn(runDir, recipe, backend);
        assert.deepEqual(await resultOf(runDir), await resultOf(whole));
        const log = await readLog(whole) as unknown as { attack?: AttackMetrics }[];
        const attacks = log.flatMap(({ attack }) => attack ?? []);
        // Epochs 1 and 4 take three iterations from beside the image, the others one.
        const noise = [true, false, false, true];
        attacks.forEach(({ lossBefore, lossAfter, accuracy, sampled }, i) => {
          assert.equal(lossAfter > 2 * lossBefore, noise[i], `epoch ${i + 1}`);
          assert.equal(lossAfter === lossBefore, !noise[i], `epoch ${i + 1}`);
          // The first batch of three, from its start to its end, also where that is one iteration.
          assert.equal(sampled!.examples, 8);
          assert.ok(sampled!.lossAfter > 1.05 * sampled!.lossBefore, JSON.stringify(sampled));
          assert.ok(
            accuracy >= 0 && accuracy <= 1 &&
              Math.abs(20 * accuracy - Math.round(20 * accuracy)) < 1e-9,
          );
        });
        assert.equal(attacks.length, 4);
      })
    ),
);

onWasm(
  "train() that perturbs its weights is continued to the byte, and warms up as it would without",
  (backend) =>
    inRunFolder((whole) =>
      inRunFolder(async (runDir) => {
        const flags = { variant: "v2", select: "none" } as const;
        const recipe = smallRecipe({ ...flags, awp: 0.05, awpWarmup: 1 });
        await trainIn(whole, recipe, backend);
        await trainUntil(runDir, recipe, backend, 2, 1);
        await trainIn(runDir, recipe, backend);
        assert.deepEqual(await resultOf(runDir), await resultOf(whole));
        await inRunFolder(async (plain) => {
          await trainIn(plain, smallRecipe(flags), backend);
          const losses = async (directory: string) =>
            (await readLog(directory)).filter(({ kind }) => kind === "step").map(({ loss }) =>
              loss
            );
          const [perturbed, unperturbed] = [await losses(whole), await losses(plain)];
          const equal = perturbed.map((loss, i) => loss === unperturbed[i]);
          assert.deepEqual(equal, Array.from({ length: EPOCHS * STEPS }, (_, i) => i < STEPS));
        });
      })
    ),
);

onWasm(
  "train() that cuts its batches into parts is continued to the byte",
  (backend) =>
    inRunFolder((whole) =>
      inRunFolder(async (runDir) => {
        const flags = { variant: "v1", select: "none", awp: 0.05, clipGradNorm: 1 } as const;
        const recipe = smallRecipe({ ...flags, microBatch: 3 });
        await trainIn(whole, recipe, backend);
        await trainUntil(runDir, recipe, backend, 2, 1);
        await trainIn(runDir, recipe, backend);
        assert.deepEqual(await resultOf(runDir), await resultOf(whole));
      })
    ),
);

onWasm(
  "train() that blanks squares, and starts attacks from the memory beside them, is continued to the byte",
  (backend) =>
    inRunFolder((whole) =>
      inRunFolder(async (runDir) => {
        const flags = { cutout: 16, attackStart: "memory", epochs: 3 } as const;
        const recipe = smallRecipe({ variant: "v1", ...flags });
        await trainIn(whole, recipe, backend);
        await trainUntil(runDir, recipe, backend, 2, 1);
        await trainIn(runDir, recipe, backend);
        assert.deepEqual(await resultOf(runDir), await resultOf(whole));
      })
    ),
);

onWasm(
  "train() attacks a batch in parts as it would the whole",
  (backend) =>
    inRunFolder((whole) =>
      inRunFolder(async (runDir) => {
        const flags = { variant: "v1", select: "none", epochs: 1, batchSize: 20 } as const;
        await trainIn(whole, smallRecipe(flags), backend);
        await trainIn(runDir, smallRecipe({ ...flags, microBatch: 6 }), backend);
        const [all, cut] = [await resultOf(whole), await resultOf(runDir)];
        const memory = ({ files }: typeof all) =>
          Object.entries(files).filter(([path]) => /^memory\/.*\.bin$/.test(path));
        assert.ok(memory(all).length > 0);
        assert.deepEqual(memory(cut), memory(all));
        const metrics = ({ log }: typeof all) => log as unknown as EpochMetrics[];
        const [, one] = metrics(all), [, other] = metrics(cut);
        for (const part of ["lossBefore", "lossAfter"] as const) {
          const [value, expected] = [other!.attack![part], one!.attack![part]];
          assert.ok(Math.abs(value / expected - 1) < 1e-5, `${part} ${value}, ${expected}`);
          const [ofParts, ofAll] = [other!.attack!.sampled![part], one!.attack!.sampled![part]];
          assert.ok(Math.abs(ofParts / ofAll - 1) < 1e-5, `sampled ${part} ${ofParts}, ${ofAll}`);
        }
        // Batch norm alone tells the losses apart.
        assert.notEqual(other!.loss, one!.loss);
        assert.ok(Math.abs(other!.loss / one!.loss - 1) < 0.5, `${other!.loss}, ${one!.loss}`);
      })
    ),
);

onWasm(
  "train() that re-estimates the statistics of averaged weights is continued to the byte, and averages no others",
  (backend) =>
    inRunFolder((whole) =>
      inRunFolder(async (runDir) => {
        const flags = { variant: "trades", weightAverage: "ema", select: "none" } as const;
        const recipe = smallRecipe({ ...flags, averageBatchNorm: "reestimated" });
        await trainIn(whole, recipe, backend);
        await trainUntil(runDir, recipe, backend, 2, 1);
        await trainIn(runDir, recipe, backend);
        assert.deepEqual(await resultOf(runDir), await resultOf(whole));
        await inRunFolder(async (averaging) => {
          await trainIn(averaging, smallRecipe(flags), backend);
          const tensors = async (directory: string, weights: "average" | "raw") =>
            (await readSubject(directory, "last", weights) as WeightsSubject).tensors;
          for (const weights of ["average", "raw"] as const) {
            const own = await tensors(whole, weights), others = await tensors(averaging, weights);
            for (const [name, { data }] of own) {
              const ofAverage = weights === "average" || name.startsWith("optimizer.average.");
              const differs = ofAverage && name.includes("running_");
              assert.equal(
                `${data}` !== `${others.get(name)!.data}`,
                differs,
                `${weights} ${name}`,
              );
            }
          }
        });
      })
    ),
);

for (const weightAverage of ["ema", "swa"] as const) {
  onWasm(
    `train() that averages its weights, ${weightAverage}, is continued to the byte and selects the average`,
    (backend) =>
      inRunFolder((whole) =>
        inRunFolder(async (runDir) => {
          const flags = { weightAverage, select: "test", limitTest: 8, epochs: 3 } as const;
          const recipe = smallRecipe({ variant: "v2", ...flags });
          await trainIn(whole, recipe, backend);
          for (const [epoch, step] of [[1, 2], [3, 1]] as const) {
            await trainUntil(runDir, recipe, backend, epoch, step);
          }
          await trainIn(runDir, recipe, backend);
          assert.deepEqual(await resultOf(runDir), await resultOf(whole));
          const last = await readSubject(whole, "last") as WeightsSubject;
          const raw = await readSubject(whole, "last", "raw") as WeightsSubject;
          assert.deepEqual([last.weights, raw.weights], ["average", "raw"]);
          const values = ({ tensors }: WeightsSubject) => tensors.get("conv1.weight")!.data;
          // The swa of three epochs begins with the third, whose end alone counts.
          assert.equal(weightAverage === "swa", `${values(last)}` === `${values(raw)}`);
          const log = await readLog(whole) as unknown as { cleanAccuracy?: number }[];
          const { cleanAccuracy } = log.at(-1)!;
          const accuracies: number[] = [];
          for (const subject of [last, raw]) {
            const model = freezeSubject(subject, architectureOf(subject));
            const settings = { backend, dataset: smallData().test, ids: firstIndices(8, 8) };
            const { attack, seed } = { attack: recipe.threat, seed: recipe.seed };
            const given = { ...settings, batchSize: 8, attack, seed };
            accuracies.push((await evaluateAccuracy("clean", model, given)).accuracy);
            model.dispose();
          }
          assert.equal(accuracies[0], cleanAccuracy);
        })
      ),
  );
}
