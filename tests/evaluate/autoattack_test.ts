import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import type { AutoAttackMember } from "../../src/attack/autoattack/versions.ts";
import type { LogitsFunction } from "../../src/attack/pgd.ts";
import type { Backend } from "../../src/backend/backend.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { Interrupted, UsageError } from "../../src/errors.ts";
import { autoAttack, type AutoAttackSettings } from "../../src/evaluate/autoattack.ts";
import { Journal } from "../../src/evaluate/journal.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";
import { onOneThread, onWasm } from "../testing/device.ts";
import { SHAPE, VALUES } from "../testing/images.ts";

onOneThread();

const N = 24, CLASSES = 5;
/** Some images, where nothing depends on how many: every one that stays robust costs thousands of queries. */
const FEW = Uint32Array.from({ length: 8 }, (_, i) => i);
const stream = new Stream(7, Purpose.synthetic);
const WEIGHTS = Float32Array.from({ length: VALUES * CLASSES }, () => stream.normal());

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Grey images with noise; their labels are what the linear model says of them. */
function makeDataset(): Dataset {
  const images = Uint8Array.from({ length: N * VALUES }, () => 96 + stream.integer(64));
  const labels = Uint8Array.from({ length: N }, (_, row) => {
    const scores = new Float64Array(CLASSES);
    for (let i = 0; i < VALUES; i++) {
      const value = images[row * VALUES + i]! / 255;
      for (let c = 0; c < CLASSES; c++) scores[c]! += value * WEIGHTS[i * CLASSES + c]!;
    }
    return scores.indexOf(Math.max(...scores));
  });
  const classes = Array.from({ length: CLASSES }, (_, c) => `class ${c}`);
  return { name: "grey", classes, shape: SHAPE, n: N, images, labels };
}

const DATASET = makeDataset();

/** Gives `run` the linear model, after `prepare` has changed its images. */
async function withModel<T>(
  run: (network: LogitsFunction) => Promise<T>,
  prepare: (x: tf.Tensor4D) => tf.Tensor = (x) => x,
): Promise<T> {
  const weights = tf.tensor2d(WEIGHTS, [VALUES, CLASSES]);
  try {
    return await run((x) => tf.matMul(tf.reshape(prepare(x), [-1, VALUES]), weights));
  } finally {
    weights.dispose();
  }
}

function settings(
  backend: Backend,
  members: readonly AutoAttackMember[],
  more: Partial<AutoAttackSettings> = {},
): AutoAttackSettings {
  return {
    backend,
    dataset: DATASET,
    ids: Uint32Array.from({ length: N }, (_, i) => i),
    batchSize: 8,
    seed: 3,
    attack: { norm: "linf", epsilon: 0.004 },
    version: "custom",
    members,
    ...more,
  };
}

/** How many of the first `n` images the model still classifies as labelled at the worst point of the L∞ ball, which is known exactly. */
function trulyRobust(epsilon: number, n = N): number {
  let robust = 0;
  for (let row = 0; row < n; row++) {
    const label = DATASET.labels[row]!;
    const standing = Array.from({ length: CLASSES }, (_, c) => {
      let margin = 0;
      for (let i = 0; i < VALUES; i++) {
        const slope = WEIGHTS[i * CLASSES + label]! - WEIGHTS[i * CLASSES + c]!;
        margin += DATASET.images[row * VALUES + i]! / 255 * slope - epsilon * Math.abs(slope);
      }
      return c === label || margin > 0;
    });
    robust += +standing.every(Boolean);
  }
  return robust;
}

onWasm("autoAttack() leaves exactly what is robust on a linear model", async (backend) => {
  const exact = trulyRobust(0.004);
  assert.ok(exact > 2 && exact < N - 2, `${exact} of ${N} are robust`);
  const members = ["apgd-ce", "apgd-t"] as const;
  const { result, adversarial } = await withModel((network) =>
    autoAttack(network, settings(backend, members))
  );
  assert.equal(result.clean.correct, N);
  assert.equal(result.correct, exact);
  assert.equal(result.n, N);
  const { largest, nan, max, min } = result.perturbation;
  assert.ok(largest > 0.0039 && largest <= 0.004 + 1e-6 && nan === 0 && max <= 1 && min >= 0);
  const changed = Array.from({ length: N }, (_, row) => row).filter((row) =>
    adversarial.subarray(row * VALUES, (row + 1) * VALUES)
      .some((value, i) => value !== Math.fround(DATASET.images[row * VALUES + i]! / 255))
  );
  assert.equal(changed.length, N - exact);
  const broken = [...result.verdicts].flatMap((verdict, row) => verdict === "0" ? [row] : []);
  assert.deepEqual(broken, changed);
  assert.deepEqual(result.warnings, []);
});

onWasm("autoAttack() finds what is robust with FAB-T alone, and in L2", async (backend) => {
  const { result } = await withModel((network) =>
    autoAttack(network, settings(backend, ["fab-t"]))
  );
  assert.equal(result.correct, trulyRobust(0.004));
  const l2 = { ids: FEW, attack: { norm: "l2", epsilon: 0.15 } } as const;
  const both = await withModel(async (network) => [
    (await autoAttack(network, settings(backend, ["fab-t"], l2))).result,
    (await autoAttack(network, settings(backend, ["apgd-t"], l2))).result,
  ]);
  assert.ok(both[0]!.correct > 0 && both[0]!.correct < FEW.length);
  assert.equal(both[0]!.correct, both[1]!.correct);
  assert.ok(both.every(({ perturbation }) => perturbation.largest <= 0.15 + 1e-6));
});

onWasm("autoAttack() plus runs every member with restarts, FAB untargeted too", async (backend) => {
  const ids = Uint32Array.from({ length: 6 }, (_, i) => i);
  const plus = { ids, version: "plus" } as const;
  const { result } = await withModel((network) =>
    autoAttack(network, {
      ...settings(backend, []),
      ...plus,
      attack: { norm: "linf", epsilon: 0.003 },
    })
  );
  const order = ["apgd-ce", "apgd-dlr", "fab", "square", "apgd-t", "fab-t"];
  assert.deepEqual(Object.keys(result.perAttack), order);
  const left = Object.values(result.perAttack).map(({ correct }) => correct);
  assert.deepEqual(left, left.toSorted((a, b) => b - a));
  assert.equal(result.correct, trulyRobust(0.003, ids.length));
  assert.ok(result.correct > 0, "nothing is left for the last members");
  // FAB alone, from three further starts in the ball.
  const fab = await withModel((network) =>
    autoAttack(
      network,
      settings(backend, ["fab"], { ids, attack: { norm: "linf", epsilon: 0.003 } }),
    )
  );
  assert.equal(fab.result.correct, result.correct);
});

onWasm("autoAttack() rand averages twenty gradients at every point", async (backend) => {
  const count = async (version: "rand" | "custom") => {
    let asked = 0;
    const { result } = await withModel((network) =>
      autoAttack((x) => {
        asked += x.shape[0];
        return network(x);
      }, {
        ...settings(backend, ["apgd-ce", "apgd-dlr"]),
        version,
        ids: Uint32Array.of(0),
        attack: { norm: "linf", epsilon: 0.0005 }, // which does not break it
      })
    );
    return { asked, result };
  };
  const rand = await count("rand"), once = await count("custom");
  assert.deepEqual(Object.keys(rand.result.perAttack), ["apgd-ce", "apgd-dlr"]);
  assert.equal(rand.result.correct, once.result.correct);
  // Twenty gradients at each point, but one restart instead of five.
  const ratio = rand.asked / once.asked;
  assert.ok(ratio > 3.8 && ratio < 4.2, `${ratio}`);
});

onWasm("autoAttack() does not depend on how images are packed", async (backend) => {
  const members = ["apgd-ce", "fab-t"] as const;
  const images = (batchSize: number) =>
    withModel((network) =>
      autoAttack(network, settings(backend, members, { ids: FEW, batchSize }))
    );
  // One by one, or three side by side, of which each makes room for the next when it is done.
  assert.deepEqual((await images(1)).adversarial, (await images(3)).adversarial);
});

onWasm(
  "autoAttack() warns of masked gradients, and Square finds what APGD misses",
  async (backend) => {
    const quantised = (x: tf.Tensor4D) =>
      tf.customGrad((input) => ({
        value: tf.div(tf.round(tf.mul(input as tf.Tensor, 255)), 255),
        gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
      }))(x);
    const lines: string[] = [];
    const { result } = await withModel(
      (network) =>
        autoAttack(
          network,
          settings(backend, ["apgd-t", "square"], {
            ids: FEW,
            attack: { norm: "linf", epsilon: 0.02 },
            onLine: (line) => lines.push(line),
          }),
        ),
      quantised,
    );
    const { "apgd-t": apgd, square } = result.perAttack;
    assert.ok(square!.correct < apgd!.correct, "Square breaks images that APGD could not");
    assert.equal(result.warnings.length, 2);
    assert.match(result.warnings[0]!, /^8 of 8 images have a gradient of zero/);
    assert.match(result.warnings[1]!, /^Square took [\d.]+ points/);
    assert.match(
      lines.join("\n"),
      /^initial accuracy: 100\.00%\nWarning: .+\nrobust accuracy after APGD-T/,
    );
  },
);

onWasm("autoAttack() warns of probabilities and of randomised models", async (backend) => {
  const run = (network: LogitsFunction) => autoAttack(network, settings(backend, []));
  const soft = await withModel((network) => run((x) => tf.softmax(network(x))));
  assert.match(soft.result.warnings.join(), /look like probabilities/);
  const noisy = await withModel((network) =>
    run((x) => tf.add(network(x), tf.randomNormal([x.shape[0], CLASSES])) as tf.Tensor2D)
  );
  assert.match(noisy.result.warnings.join(), /randomised, so use --attack-version rand/);
});

onWasm(
  "autoAttack() continues where it was stopped, to the same result",
  (backend) =>
    inFolder(async (folder) => {
      const members = ["apgd-ce", "fab-t"] as const;
      const withoutTimes = (result: unknown) =>
        JSON.parse(JSON.stringify(result, (key, value) => key === "seconds" ? 0 : value));
      await withModel(async (network) => {
        const whole = await autoAttack(network, settings(backend, members, { ids: FEW }));
        const path = join(folder, "state");
        let stops = 0, finished: typeof whole | undefined;
        for (let limit = 60; finished === undefined; limit += 240) {
          const journal = await Journal.open(path, "key", VALUES);
          const controller = new AbortController();
          let batches = 0;
          const onProgress = () => ++batches > limit && controller.abort();
          try {
            finished = await autoAttack(
              network,
              settings(backend, members, {
                ...{ ids: FEW, journal, onProgress },
                signal: controller.signal,
              }),
            );
            await journal.remove();
          } catch (error) {
            assert.ok(error instanceof Interrupted);
            journal.close();
            stops++;
            // A kill may tear the last line.
            const log = join(path, "verdicts.jsonl");
            const text = await Deno.readTextFile(log);
            if (text.split("\n").length > 3) await Deno.writeTextFile(log, text.slice(0, -5));
          }
        }
        assert.ok(stops >= 2, `${stops} stops`);
        assert.deepEqual(withoutTimes(finished.result), withoutTimes(whole.result));
        assert.deepEqual(finished.adversarial, whole.adversarial);
      });
    }),
);

onWasm("autoAttack() refuses fewer than four classes", async (backend) => {
  const dataset = { ...DATASET, classes: ["a", "b", "c"] };
  await assert.rejects(
    withModel((network) => autoAttack(network, settings(backend, [], { dataset }))),
    (error) => error instanceof UsageError && /needs four classes/.test(error.message),
  );
});
