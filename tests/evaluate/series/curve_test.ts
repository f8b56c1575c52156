import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { type Curve, evaluateCurve } from "../../../src/evaluate/series/curve.ts";
import { evaluateAccuracy, type EvaluationSettings } from "../../../src/evaluate/evaluate.ts";
import type { FrozenModel } from "../../../src/model/frozen.ts";
import type { Backend } from "../../../src/backend/backend.ts";
import { onOneThread, onWasm } from "../../testing/device.ts";
import { SHAPE, VALUES } from "../../testing/images.ts";

onOneThread();

/** So far over the threshold 100.5 the one value is that the model below looks at, in steps of a byte. */
const DISTANCES = [-0.5, 0.5, 1.5, 3.5, 7.5, 9.5, 15.5, 40.5];

function settings(backend: Backend, norm: "linf" | "l2"): EvaluationSettings {
  const n = DISTANCES.length, images = new Uint8Array(n * VALUES);
  DISTANCES.forEach((distance, row) => images[row * VALUES] = 100.5 + distance);
  const labels = new Uint8Array(n).fill(1), classes = ["dark", "bright"];
  const dataset = { name: "made", classes, shape: SHAPE, n, images, labels };
  const ids = Uint32Array.from({ length: n }, (_, id) => id);
  const attack = { norm, epsilon: 8 / 255 };
  return { backend, dataset, ids, batchSize: 3, seed: 1, attack };
}

/** Calls an image bright when its first value is over 100.5/255. */
function makeModel(): FrozenModel {
  const values = new Float32Array(2 * VALUES);
  values.set([-20, 20]);
  const weight = tf.tensor2d(values, [VALUES, 2]);
  const bias = tf.tensor1d([20 * 100.5 / 255, -20 * 100.5 / 255]);
  return {
    logits: (x) =>
      tf.tidy(() => tf.add(tf.matMul(tf.reshape(x, [-1, VALUES]) as tf.Tensor2D, weight), bias)),
    dispose: () => tf.dispose([weight, bias]),
  };
}

const correct = ({ points }: Curve) => points.map((point) => point.correct);

onWasm(
  "evaluateCurve() counts at each radius exactly what lies farther from the boundary",
  async (backend) => {
    const model = makeModel(), all = settings(backend, "linf"), told: number[][] = [];
    const curve = await evaluateCurve(model, all, (...progress) => told.push(progress));
    const bytes = [0, 1, 2, 3, 4, 6, 8, 10, 12, 14, 16];
    assert.equal(curve.attack, "pgd20");
    assert.deepEqual(
      curve.points.map(({ epsilon }) => Math.round(1e9 * 255 * epsilon) / 1e9),
      bytes,
    );
    assert.deepEqual(
      correct(curve),
      bytes.map((radius) => DISTANCES.filter((d) => d > radius).length),
    );
    assert.ok(curve.points.every(({ n }) => n === DISTANCES.length));
    // The point at 8/255 is pgd20's.
    assert.equal(correct(curve)[6], (await evaluateAccuracy("pgd20", model, all)).correct);
    assert.deepEqual(
      told.map(([done]) => done),
      bytes.flatMap((_, i) => [3, 6, 8].map((d) => 8 * i + d)),
    );
    assert.ok(told.every(([, n]) => n === 8 * bytes.length));
    model.dispose();
  },
);

onWasm("evaluateCurve() takes radii sixteen times as large in L2", async (backend) => {
  const model = makeModel(), { points } = await evaluateCurve(model, settings(backend, "l2"));
  assert.deepEqual(points.map(({ epsilon }) => Math.round(255 * epsilon)).slice(-3), [
    192,
    224,
    256,
  ]);
  assert.deepEqual(points.map((point) => point.correct), [7, 1, 1, ...Array(8).fill(0)]);
  model.dispose();
});
