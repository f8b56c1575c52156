import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import type { AutoAttackMember } from "../../../src/attack/autoattack/versions.ts";
import type { LogitsFunction } from "../../../src/attack/pgd.ts";
import type { Backend } from "../../../src/backend/backend.ts";
import { loadBatch } from "../../../src/data/batches.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { Interrupted, UsageError } from "../../../src/errors.ts";
import type { AttackedImages } from "../../../src/evaluate/autoattack/attacked_images.ts";
import { confusionOf } from "../../../src/evaluate/confusion.ts";
import { autoAttack, type AutoAttackOptions } from "../../../src/evaluate/autoattack/autoattack.ts";
import { Journal } from "../../../src/evaluate/autoattack/journal.ts";
import { imageTensor } from "../../../src/model/inputs.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { onOneThread, onWasm } from "../../testing/device.ts";
import { SHAPE, VALUES } from "../../testing/images.ts";
import { read } from "../../testing/tensors.ts";

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

/** The images `ids` of the data set, or all, and how they are attacked. */
function settings(
  backend: Backend,
  members: readonly AutoAttackMember[],
  { ids = Uint32Array.from({ length: N }, (_, i) => i), dataset = DATASET, ...more }:
    & AutoAttackOptions
    & { readonly ids?: Uint32Array; readonly dataset?: Dataset } = {},
): [AttackedImages, AutoAttackOptions] {
  const { x, y } = loadBatch(dataset, ids);
  const options = { backend, batchSize: 8, seed: 3, epsilon: 0.004, members, ...more };
  return [{ x, y, ids, shape: SHAPE, classes: CLASSES }, { version: "custom", ...options }];
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
    autoAttack(network, ...settings(backend, members))
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
  // What the network says of the images that it left: of broken ones the class that they were broken to.
  const { confusion } = await withModel(async (network) => {
    const predicted = tf.tidy(() => tf.argMax(network(imageTensor(adversarial, SHAPE)), 1));
    return { confusion: confusionOf(DATASET.labels, await read(predicted), CLASSES) };
  });
  assert.deepEqual(result.confusion, confusion);
  assert.deepEqual(result.warnings, []);
});

onWasm("autoAttack() finds what is robust with FAB-T alone, and in L2", async (backend) => {
  const { result } = await withModel((network) =>
    autoAttack(network, ...settings(backend, ["fab-t"]))
  );
  assert.equal(result.correct, trulyRobust(0.004));
  const l2 = { ids: FEW, norm: "l2", epsilon: 0.15 } as const;
  const both = await withModel(async (network) => [
    (await autoAttack(network, ...settings(backend, ["fab-t"], l2))).result,
    (await autoAttack(network, ...settings(backend, ["apgd-t"], l2))).result,
  ]);
  assert.ok(both[0]!.correct > 0 && both[0]!.correct < FEW.length);
  assert.equal(both[0]!.correct, both[1]!.correct);
  assert.ok(both.every(({ perturbation }) => perturbation.largest <= 0.15 + 1e-6));
});

onWasm("autoAttack() plus runs every member with restarts, FAB untargeted too", async (backend) => {
  const ids = Uint32Array.from({ length: 6 }, (_, i) => i);
  const plus = { ids, version: "plus" } as const;
  const { result } = await withModel((network) =>
    autoAttack(network, ...settings(backend, [], { ...plus, epsilon: 0.003 }))
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
      ...settings(backend, ["fab"], { ids, norm: "linf", epsilon: 0.003 }),
    )
  );
  assert.equal(fab.result.correct, result.correct);
});

onWasm("autoAttack() rand averages twenty gradients at every point", async (backend) => {
  const count = async (version: "rand" | "custom") => {
    let asked = 0;
    const { result } = await withModel((network) =>
      autoAttack(
        (x) => {
          asked += x.shape[0];
          return network(x);
        },
        ...settings(backend, ["apgd-ce", "apgd-dlr"], {
          version,
          ids: Uint32Array.of(0),
          epsilon: 0.0005, // which does not break it
        }),
      )
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

/** Images that lean towards two classes of the centred linear model, and no two of which rank its classes alike. */
function makeVariedDataset(): Dataset {
  const n = 8, stream = new Stream(8, Purpose.synthetic);
  const labels = Uint8Array.from({ length: n }, (_, row) => row % CLASSES);
  const images = new Uint8Array(n * VALUES);
  for (const [row, label] of labels.entries()) {
    const second = (label + 1 + row % 3) % CLASSES;
    for (let i = 0; i < VALUES; i++) {
      const lean = 5 * WEIGHTS[i * CLASSES + label]! + 4 * WEIGHTS[i * CLASSES + second]!;
      images[row * VALUES + i] = Math.round(120 + lean + 15 * stream.uniform());
    }
  }
  return { ...DATASET, name: "varied", n, images, labels };
}

onWasm("autoAttack() does not depend on how images are packed", async (backend) => {
  const dataset = makeVariedDataset(), n = dataset.n;
  const centred = (x: tf.Tensor4D) => tf.sub(x, 0.5);
  const order = Array.from({ length: n }, (_, row) => row);
  const logits = await withModel((network) => {
    const images = Float32Array.from(dataset.images, (value) => value / 255);
    const answers = tf.tidy(() => network(tf.tensor4d(images, [n, 32, 32, 3])).arraySync());
    return Promise.resolve(answers as number[][]);
  }, centred);
  const ranked = logits.map((row) => [...row.keys()].sort((a, b) => row[b]! - row[a]!));
  assert.deepEqual(ranked.map(([label]) => label), [...dataset.labels]);
  assert.equal(new Set(ranked.map(String)).size, n, "each image has its own order of targets");
  for (const member of ["apgd-ce", "apgd-t", "fab-t", "square"] as const) {
    const attacked = async (ids: number[], batchSize: number) => {
      const more = { dataset, ids: Uint32Array.from(ids), batchSize };
      // Enough that no image stays robust: only a changed one shows how it was attacked.
      const epsilon = member === "square" ? 0.05 : 0.008;
      const { result, adversarial } = await withModel(
        (network) => autoAttack(network, ...settings(backend, [member], { ...more, epsilon })),
        centred,
      );
      assert.equal(result.perAttack[member]!.broken, n, `${member} breaks all of them`);
      return new Map(
        ids.map((id, row) => [id, adversarial.slice(row * VALUES, (row + 1) * VALUES)] as const),
      );
    };
    // One by one, or three side by side from the last to the first, each of which makes room when it is done.
    const alone = await attacked(order, 1), packed = await attacked(order.toReversed(), 3);
    for (const id of order) assert.deepEqual(packed.get(id), alone.get(id), `${member}, ${id}`);
  }
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
          ...settings(backend, ["apgd-t", "square"], {
            ids: FEW,
            norm: "linf",
            epsilon: 0.02,
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
    // There is nothing to compare it with where it stands first, and nobody else is warned of.
    const turned = await withModel(
      (network) =>
        autoAttack(
          network,
          ...settings(backend, ["square", "apgd-t"], { ids: FEW, norm: "linf", epsilon: 0.008 }),
        ),
    );
    const { square: first, "apgd-t": second } = turned.result.perAttack;
    assert.ok(first!.broken > 0 && second!.broken > 0, `${first!.broken}, ${second!.broken}`);
    assert.deepEqual(turned.result.warnings, []);
    assert.match(
      lines.join("\n"),
      /^initial accuracy: 100\.00%\nwarning: .+\nrobust accuracy after APGD-T/,
    );
  },
);

onWasm(
  "autoAttack() attacks a network whose gradients are no numbers in places",
  async (backend) => {
    // A root at 0 where an image is at least as bright as this: its value is 0 there, and its gradient 0 · ∞.
    const rooted = (x: tf.Tensor4D) => {
      const corner = tf.slice(x, [0, 0, 0, 0], [-1, 1, 1, 1]);
      const hidden = tf.sqrt(tf.relu(tf.sub(0.02, corner)));
      return tf.add(x, hidden) as tf.Tensor4D;
    };
    for (
      const { norm, epsilon } of [{ norm: "linf", epsilon: 0.02 }, {
        norm: "l2",
        epsilon: 0.3,
      }] as const
    ) {
      const members = ["apgd-ce", "apgd-t", "fab-t"] as const;
      const run = (given?: typeof rooted) =>
        withModel(
          (network) =>
            autoAttack(network, ...settings(backend, members, { ids: FEW, norm, epsilon })),
          given,
        );
      const [plain, holed] = [(await run()).result, (await run(rooted)).result];
      assert.ok(plain.perAttack["apgd-ce"]!.broken > 0);
      assert.match(
        holed.warnings[0]!,
        /^[1-8] of 8 images have a gradient with values that are no/,
      );
      assert.ok(holed.perAttack["apgd-ce"]!.broken > 0, "is attacked by what is left");
    }
  },
);

onWasm("autoAttack() warns of probabilities and of randomised models", async (backend) => {
  const run = (network: LogitsFunction) => autoAttack(network, ...settings(backend, []));
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
        const whole = await autoAttack(network, ...settings(backend, members, { ids: FEW }));
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
              ...settings(backend, members, {
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

onWasm("autoAttack() refuses images that it cannot attack", async (backend) => {
  const [images, options] = settings(backend, []);
  const refused = (change: Partial<AttackedImages>, message: RegExp) =>
    assert.rejects(
      withModel((network) => autoAttack(network, { ...images, ...change }, options)),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  await refused({ classes: 1 }, /needs two classes or more, and there is 1\.$/);
  await refused({ classes: 4 }, /was given the label 4, and there are 4 classes\.$/);
  await refused({ classes: 6 }, /^The network gives 5 logits, and there are 6 classes\.$/);
  await refused({ y: images.y.slice(1) }, /needs one label and 3072 values for every image/);
  await refused({ x: images.x.slice(1) }, /needs one label and 3072 values for every image/);
  await refused({ ids: images.ids!.slice(1) }, / and 23 ids\.$/);
  const [, twice] = settings(backend, ["square", "apgd-ce", "square"]);
  await assert.rejects(withModel((network) => autoAttack(network, images, twice)), {
    name: "UsageError",
    message: "AutoAttack's square is named twice: leave one out.",
  });
});

onWasm("autoAttack() names the first image whose logits are not finite", async (backend) => {
  for (const bad of [NaN, Infinity]) {
    // The third batch's second image.
    const broken = (network: LogitsFunction): LogitsFunction => (x) =>
      tf.tidy(() => {
        const marked = tf.equal(tf.slice(x, [0, 0, 0, 0], [-1, 1, 1, 1]), 1);
        const row = tf.reshape(marked, [-1, 1]);
        return tf.where(tf.tile(row, [1, CLASSES]), bad, network(x)) as tf.Tensor2D;
      });
    const [images, options] = settings(backend, ["apgd-ce"]);
    const x = images.x.slice();
    x[17 * VALUES] = 1;
    await assert.rejects(
      withModel((network) => autoAttack(broken(network), { ...images, x }, options)),
      {
        name: "RunError",
        message: `The model's logits on image 17 are not finite (${bad}): ` +
          "its weights are damaged or it has diverged.",
      },
    );
  }
});
