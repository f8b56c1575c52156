import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../src/backend/backend.ts";
import { loadBatch } from "../../src/data/batches.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { Interrupted } from "../../src/errors.ts";
import {
  evaluateAccuracy,
  type EvaluationName,
  type EvaluationSettings,
  pgdImages,
} from "../../src/evaluate/evaluate.ts";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import { freeze, type FrozenModel } from "../../src/model/frozen.ts";
import { oneHot } from "../../src/model/inputs.ts";
import { disposeAll } from "../../src/model/parameters.ts";
import { importState } from "../../src/weights/state_dict.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";
import { eachBackend } from "../testing/backends.ts";
import { onOneThread, onWasm } from "../testing/device.ts";
import { fixture } from "../testing/fixture.ts";
import { SHAPE, VALUES } from "../testing/images.ts";

onOneThread();

const LINF = { norm: "linf", epsilon: 8 / 255 } as const;
const L2 = { norm: "l2", epsilon: 128 / 255 } as const;
const BRIGHT = 0, DARK = 1;
/** The one value of an image that the hand-made model looks at. */
const PIXEL = 1234;

/** Images that are black but for {@linkcode PIXEL}, given as [its value in 0..255, label]. */
function pixelImages(pixels: readonly (readonly [number, number])[]): Dataset {
  const images = new Uint8Array(pixels.length * VALUES);
  pixels.forEach(([value], row) => images[row * VALUES + PIXEL] = value);
  const labels = Uint8Array.from(pixels, ([, label]) => label);
  const classes = ["bright", "dark"];
  return { name: "made", classes, shape: SHAPE, n: pixels.length, images, labels };
}

/** Calls an image bright when the pixel is over `threshold` (in 1/255): logits `±20 (pixel − threshold)`. */
function pixelModel(threshold: number): FrozenModel {
  const values = new Float32Array(2 * VALUES);
  values.set([20, -20], 2 * PIXEL);
  const weight = tf.tensor2d(values, [VALUES, 2]);
  const bias = tf.tensor1d([-20 * threshold / 255, 20 * threshold / 255]);
  return {
    logits: (x) =>
      tf.tidy(() => tf.add(tf.matMul(tf.reshape(x, [-1, VALUES]) as tf.Tensor2D, weight), bias)),
    dispose: () => tf.dispose([weight, bias]),
  };
}

function settings(
  backend: Backend,
  dataset: Dataset,
  more: Partial<EvaluationSettings> = {},
): EvaluationSettings {
  const ids = Uint32Array.from({ length: dataset.n }, (_, id) => id);
  return { backend, dataset, ids, batchSize: 4, seed: 1, attack: LINF, ...more };
}

eachBackend("evaluateAccuracy() counts what an L∞ attacker of 8/255 leaves", async (backend) => {
  // Against the threshold 128.5, a pixel can be moved across it from 8 away but not from 9.
  const dataset = pixelImages([
    ...[[255, BRIGHT], [137, BRIGHT], [120, DARK], [0, DARK]] as const, // out of reach
    ...[[136, BRIGHT], [129, BRIGHT], [121, DARK], [128, DARK], [130, BRIGHT]] as const, // in reach
    ...[[128, BRIGHT], [129, DARK]] as const, // wrong already
  ]);
  const model = pixelModel(128.5);
  const all = settings(backend, dataset);
  const clean = await evaluateAccuracy("clean", model, all);
  assert.deepEqual(clean, {
    ...{ accuracy: 9 / 11, correct: 9, n: 11, verdicts: "11111111100" },
    confusion: [[5, 1], [1, 4]],
  });
  const robust = await evaluateAccuracy("pgd20", model, all);
  assert.deepEqual(robust, {
    ...{ accuracy: 4 / 11, correct: 4, n: 11, verdicts: "11110000000" },
    confusion: [[2, 4], [3, 2]],
  });
  const some = { ...all, ids: Uint32Array.of(10, 1, 5) };
  assert.equal((await evaluateAccuracy("clean", model, some)).correct, 2);
  assert.deepEqual(await evaluateAccuracy("pgd20", model, some), {
    accuracy: 1 / 3,
    correct: 1,
    n: 3,
    verdicts: "010", // in the order of the ids
    confusion: [[1, 1], [1, 0]],
  });
  model.dispose();
});

onWasm("evaluateAccuracy() spends an L2 budget on the pixel that matters", async (backend) => {
  // All of 128/255 on one value; in L∞ it could move by 8/255 only.
  const dataset = pixelImages([[160, BRIGHT], [120, BRIGHT], [90, BRIGHT], [10, BRIGHT]]);
  const model = pixelModel(20.5);
  const robust = await evaluateAccuracy("pgd20", model, settings(backend, dataset, { attack: L2 }));
  assert.equal(robust.correct, 1);
  assert.equal((await evaluateAccuracy("pgd20", model, settings(backend, dataset))).correct, 3);
  model.dispose();
});

eachBackend(
  "evaluateAccuracy() names the first image whose logits are not finite",
  async (backend) => {
    const dataset = pixelImages(new Array(6).fill([0, 1]));
    for (const bad of [NaN, Infinity, -Infinity]) {
      const rows = [[0, 1], [2, 1], [0, bad], [bad, bad], [0, 1], [2, 1]];
      const model: FrozenModel = {
        logits: (x) => tf.tidy(() => tf.add(tf.tensor2d(rows), tf.mul(tf.sum(x), 0))),
        dispose: () => {},
      };
      const ids = Uint32Array.of(5, 4, 3, 2, 1, 0);
      const whole = settings(backend, dataset, { batchSize: 6, ids });
      for (const name of ["clean", "pgd20"] as const) {
        await assert.rejects(evaluateAccuracy(name, model, whole), {
          name: "RunError",
          message: `The model's logits on image 3 are not finite (${bad}): ` +
            "its weights are damaged or it has diverged.",
        });
      }
    }
  },
);

onWasm("evaluateAccuracy() says how far it is and stops between two batches", async (backend) => {
  const dataset = pixelImages(new Array(10).fill([0, DARK]));
  const model = pixelModel(128.5);
  const controller = new AbortController();
  const seen: [EvaluationName, number][] = [];
  const onProgress = (name: EvaluationName, done: number) => void seen.push([name, done]);
  const watched = settings(backend, dataset, { onProgress, signal: controller.signal });
  await evaluateAccuracy("clean", model, watched);
  assert.deepEqual(seen, [["clean", 4], ["clean", 8], ["clean", 10]]);
  const stopping = {
    ...watched,
    onProgress(name: EvaluationName, done: number) {
      onProgress(name, done);
      controller.abort();
    },
  };
  await assert.rejects(evaluateAccuracy("pgd20", model, stopping), Interrupted);
  assert.deepEqual(seen.slice(3), [["pgd20", 4]]);
  model.dispose();
});

const W2 = resnet18({ width: 2, classes: 10 });

/** Images of random bytes, labels in turn. */
function noise(n: number): Dataset {
  const stream = new Stream(5, Purpose.synthetic);
  const images = Uint8Array.from({ length: n * VALUES }, () => stream.integer(256));
  const labels = Uint8Array.from({ length: n }, (_, id) => id % 10);
  const classes = labels.slice(0, 10).join("").split("");
  return { name: "noise", classes, shape: SHAPE, n, images, labels };
}

/** The adversarial image of each id of `all`, as the model is last shown it. */
async function adversarialImages(
  model: FrozenModel,
  all: EvaluationSettings,
): Promise<Map<number, Float32Array>> {
  let shown = new Float32Array();
  const images = new Map<number, Float32Array>();
  await evaluateAccuracy("pgd20", {
    ...model,
    logits(x) {
      shown = new Float32Array(x.dataSync<"float32">());
      return model.logits(x);
    },
  }, {
    ...all,
    onProgress(_, done) {
      const rows = shown.length / VALUES;
      for (let row = 0; row < rows; row++) {
        const image = shown.slice(row * VALUES, (row + 1) * VALUES);
        images.set(all.ids[done - rows + row]!, image);
      }
    },
  });
  return images;
}

/** A model that no attack can move: the gradient vanishes, and L2 steps go by noise. */
const FLAT: FrozenModel = {
  logits: (x) =>
    tf.tidy(() => tf.add(tf.zeros<tf.Rank.R2>([x.shape[0], 10]), tf.mul(tf.sum(x), 0))),
  dispose: () => {},
};

onWasm("evaluateAccuracy() draws by image: batches and order change nothing", async (backend) => {
  const state = importState(fixture("steps_w2").under("start."), W2, "steps_w2");
  const network = freeze(W2, state);
  const dataset = noise(18);
  for (const [model, attack] of [[network, LINF], [network, L2], [FLAT, L2]] as const) {
    const all = settings(backend, dataset, { batchSize: 16, attack });
    const reference = await adversarialImages(model, all);
    assert.equal(reference.size, 18);
    const ids = all.ids.toReversed();
    const packed = await adversarialImages(model, { ...all, ids, batchSize: 7 });
    for (const [id, image] of reference) assert.deepEqual(packed.get(id), image, `image ${id}`);
    const one = { ...all, ids: Uint32Array.of(3) };
    const [reseeded] = (await adversarialImages(model, { ...one, seed: 2 })).values();
    assert.notDeepEqual(reseeded, reference.get(3));
  }
  network.dispose();
  disposeAll(state.parameters);
  disposeAll(state.buffers);
});

eachBackend(
  "evaluateAccuracy() takes one step of the whole radius from the clean image in fgsm",
  async (backend) => {
    const dataset = pixelImages([[137, BRIGHT], [136, BRIGHT], [120, DARK], [121, DARK]]);
    const model = pixelModel(128.5), all = settings(backend, dataset, { restarts: 3 });
    const { verdicts } = await evaluateAccuracy("fgsm", model, all);
    assert.equal(verdicts, "1010");
    const batch = loadBatch(dataset, all.ids);
    for (const [attack, step] of [[LINF, 8], [L2, 128]] as const) {
      const images = await pgdImages("fgsm", model, batch, 0, { ...all, attack });
      // Nothing but the pixel that has a gradient moves.
      const expected = batch.x.slice();
      [137 - step, 136 - step, 120 + step, 121 + step].forEach((value, row) =>
        expected[row * VALUES + PIXEL] = Math.min(1, value / 255)
      );
      assert.ok(images.every((value, i) => Math.abs(value - expected[i]!) <= 1e-6));
    }
    model.dispose();
  },
);

onWasm(
  "evaluateAccuracy() counts what withstands every restart, and takes the rest for what first broke it",
  async (backend) => {
    const dataset = pixelImages([[0, DARK], [0, DARK], [255, BRIGHT]]);
    // What the model says of the three images in each run; they are attacked on another.
    const answers = [[BRIGHT, DARK, BRIGHT], [DARK, BRIGHT, BRIGHT], [DARK, DARK, BRIGHT]];
    const source = pixelModel(128.5);
    let runs = 0;
    const model: FrozenModel = {
      logits: () => oneHot(Uint8Array.from(answers[runs++]!), 2),
      dispose: () => {},
    };
    const all = settings(backend, dataset, { restarts: 3, source });
    assert.deepEqual(await evaluateAccuracy("pgd1", model, all), {
      ...{ accuracy: 1 / 3, correct: 1, n: 3, verdicts: "001" },
      confusion: [[1, 0], [2, 0]],
    });
    assert.equal(runs, 3);
    source.dispose();
  },
);

onWasm("evaluateAccuracy() shows a model what was attacked on another", async (backend) => {
  const dataset = pixelImages([[136, BRIGHT], [200, BRIGHT], [121, DARK], [3, DARK]]);
  const model = pixelModel(128.5), all = settings(backend, dataset);
  const alone = await evaluateAccuracy("pgd20", model, all);
  assert.equal(alone.verdicts, "0101");
  assert.deepEqual(await evaluateAccuracy("pgd20", model, { ...all, source: model }), alone);
  // This one takes bright for dark, so that attacks on it help.
  const opposite: FrozenModel = {
    logits: (x) => tf.tidy(() => tf.neg(model.logits(x))),
    dispose: () => {},
  };
  for (const name of ["fgsm", "pgd20"] as const) {
    const found = await evaluateAccuracy(name, model, { ...all, source: opposite });
    assert.equal(found.verdicts, "1111", name);
  }
  model.dispose();
});
