import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { crossEntropyAttack, klAttack } from "../../src/attack/attack_loss.ts";
import type { PgdOptions } from "../../src/attack/options.ts";
import { pgd } from "../../src/attack/pgd.ts";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import { freeze, type FrozenModel } from "../../src/model/frozen.ts";
import { disposeAll } from "../../src/model/parameters.ts";
import { importState } from "../../src/weights/state_dict.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";
import { eachBackend } from "../testing/backends.ts";
import { onOneThread, onWasm } from "../testing/device.ts";
import { fixture } from "../testing/fixture.ts";
import { assertClose } from "../testing/numbers.ts";
import { labelsOf, read, softplus, upload } from "../testing/tensors.ts";

onOneThread();

const REFERENCE = fixture("steps_w2");
const LINF = { norm: "linf", epsilon: 8 / 255, stepSize: 2 / 255 } as const;
const L2 = { norm: "l2", epsilon: 128 / 255, stepSize: 25.6 / 255 } as const;
/** The fixture's width-2 model with softplus, in evaluation mode. */
function openModel(): FrozenModel {
  const architecture = resnet18({ width: 2, classes: 10 });
  const state = importState(REFERENCE.under("start."), architecture, "steps_w2");
  const model = freeze(architecture, state, softplus);
  disposeAll(state.parameters);
  disposeAll(state.buffers);
  return model;
}

/** Every adversarial image is within its ball and in [0,1], on the values read back. */
function assertInside(
  x: ArrayLike<number>,
  adversarial: Float32Array,
  { norm, epsilon }: Pick<PgdOptions, "norm" | "epsilon">,
  images: number,
): void {
  assert.ok(adversarial.every((value) => value >= 0 && value <= 1));
  const size = adversarial.length / images;
  for (let image = 0; image < images; image++) {
    const deltas = Array.from({ length: size }, (_, i) => image * size + i)
      .map((i) => Math.abs(adversarial[i]! - x[i]!));
    const distance = norm === "linf" ? Math.max(...deltas) : Math.hypot(...deltas);
    assert.ok(distance <= epsilon + 1e-6, `image ${image} lies ${distance} away`);
  }
}

/** For attacks whose gradients never vanish. */
const noNoise = () => assert.fail("no gradient vanishes here");

const ATTACKS = [["linf", "kl", LINF], ["ce", "ce", LINF], ["l2", "kl", L2]] as const;

for (const [name, lossName, bounds] of ATTACKS) {
  eachBackend(`pgd() follows PyTorch's ${name} attack for three and for eight steps`, async () => {
    const model = openModel();
    const x = upload<tf.Rank.R4>(REFERENCE, "x"),
      start = upload<tf.Rank.R4>(REFERENCE, "pgd.start");
    const labels = labelsOf(REFERENCE), nat = model.logits(x);
    const loss = lossName === "ce" ? crossEntropyAttack(labels) : klAttack(nat);
    const clean = REFERENCE.values("x");
    const noise = bounds.norm === "l2" ? () => tf.zerosLike(x) : noNoise;
    const adversarial = [3, 8].map((steps) =>
      [steps, pgd(model.logits, x, start, loss, { ...bounds, steps }, noise)] as const
    );
    tf.dispose([x, start, labels, nat]);
    model.dispose();
    for (const [steps, tensor] of adversarial) {
      const actual = await read(tensor), expected = REFERENCE.values(`pgd.${name}.adv${steps}`);
      assertInside(clean, actual, bounds, 6);
      if (bounds.norm === "linf") {
        // A gradient of about zero may take the other sign, and its pixel another way.
        const equal = actual.filter((value, i) => Math.abs(value - expected[i]!) <= 1e-6).length;
        assert.ok(equal >= 0.99 * actual.length, `${equal} of ${actual.length} values are equal`);
      } else {
        assertClose(actual, expected, 1e-4, "images");
        const perturbation = (values: ArrayLike<number>) =>
          Array.from(values, (value, i) => value - clean[i]!);
        assertClose(perturbation(actual), perturbation(expected), 1e-3, "perturbations");
      }
    }
  });
}

eachBackend("pgd() climbs PyTorch's gradient of the KL divergence near its minimum", async () => {
  const model = openModel();
  const x = upload<tf.Rank.R4>(REFERENCE, "x"), start = upload<tf.Rank.R4>(REFERENCE, "pgd.start");
  const nat = model.logits(x);
  const gradient = tf.grad((start) => klAttack(nat)(model.logits(start as tf.Tensor4D)))(start);
  tf.dispose([x, start, nat]);
  model.dispose();
  // It is a difference of two distributions a thousandth apart: three digits of float32 are lost.
  assertClose(await read(gradient), REFERENCE.values("pgd.grad1"), 1e-3, "gradient");
});

/** Images of 4×4×3 to logits: `scale` per image times the image by `weights` `[48,C]`. */
function linear(weights: tf.Tensor2D, scale: number[]): (x: tf.Tensor4D) => tf.Tensor2D {
  return (x) =>
    tf.mul(tf.matMul(tf.reshape(x, [-1, 48]), weights), tf.tensor2d(scale, [scale.length, 1]));
}

const sum = (logits: tf.Tensor2D) => tf.sum(logits) as tf.Scalar;

eachBackend("pgd() leaves the start in place where the gradient is zero", async () => {
  const x = tf.fill<tf.Rank.R4>([2, 4, 4, 3], 0.5), start = tf.add(x, 0.0125) as tf.Tensor4D;
  const weights = tf.zeros<tf.Rank.R2>([48, 10]);
  const flat = linear(weights, [1, 1]);
  const moved = pgd(flat, x, start, sum, { ...LINF, steps: 3 }, noNoise);
  const expected = await read(start);
  assert.deepEqual(await read(moved), expected);
  tf.dispose([x, weights]);
});

eachBackend("pgd() takes the sign of a gradient however small", async () => {
  const x = tf.fill<tf.Rank.R4>([1, 4, 4, 3], 0.5);
  const slopes = Array.from({ length: 48 }, (_, i) => (i % 2 ? -1 : 1) * 10 ** -(i % 31));
  const weights = tf.tensor2d(slopes, [48, 1]);
  const moved = pgd(linear(weights, [1]), x, x, sum, { ...LINF, steps: 1 }, noNoise);
  const expected = slopes.map((slope) => 0.5 + Math.sign(slope) * LINF.stepSize);
  assertClose(await read(moved), expected, 1e-7, "moved images");
  tf.dispose([x, weights]);
});

eachBackend(
  "pgd() replaces a vanished L2 gradient, and no other, by the noise of its step",
  async () => {
    const x = tf.fill<tf.Rank.R4>([2, 4, 4, 3], 0.5);
    const weights = tf.ones<tf.Rank.R2>([48, 1]);
    const directions = [[3, -4], [0, 2]].map((pair) =>
      Float32Array.from({ length: 96 }, (_, i) => pair[i % 48] ?? 0)
    );
    const steps: number[] = [];
    const noise = (step: number) => {
      steps.push(step);
      return tf.tensor4d(directions[step]!, [2, 4, 4, 3]);
    };
    const bounds = { norm: "l2", epsilon: 0.5, stepSize: 0.1, steps: 2 } as const;
    const moved = await read(pgd(linear(weights, [0, 1]), x, x, sum, bounds, noise));
    assert.deepEqual(steps, [0, 1]);
    // The first image goes 0.1 along (3, −4)/5, then 0.1 along (0, 2)/2; the second goes uphill all the while.
    const first = Array.from({ length: 48 }, (_, i) => 0.5 + ([0.06, -0.08 + 0.1][i] ?? 0));
    const second = new Array<number>(48).fill(0.5 + 0.2 / Math.sqrt(48));
    assertClose(moved, [...first, ...second], 1e-6, "moved images");
    tf.dispose([x, weights]);
  },
);

/** Pixels, many of them at an end of [0,1]. */
const pixel = fc.oneof(fc.constantFrom(0, 1), fc.float({ min: 0, max: 1, noNaN: true }));
const anyAttack = fc.record({
  pixels: fc.array(pixel, { minLength: 144, maxLength: 144 }),
  norm: fc.constantFrom("linf", "l2"),
  epsilon: fc.double({ min: 1e-3, max: 0.5, noNaN: true }),
  pace: fc.double({ min: 0.1, max: 3, noNaN: true }),
  steps: fc.integer({ min: 1, max: 5 }),
  seed: fc.nat(),
});

onWasm("pgd() ends within its ball and in [0,1], wherever it starts", async () => {
  await fc.assert(
    fc.asyncProperty(anyAttack, async ({ pixels, norm, epsilon, pace, steps, seed }) => {
      const stream = new Stream(seed, Purpose.synthetic);
      const normals = (n: number) => Float32Array.from({ length: n }, () => stream.normal());
      const x = tf.tensor4d(pixels, [3, 4, 4, 3]), weights = tf.tensor2d(normals(480), [48, 10]);
      const start = tf.tensor4d(normals(144), [3, 4, 4, 3]);
      const labels = tf.tensor2d(Float32Array.from({ length: 30 }, (_, i) => +(i % 10 === 3)), [
        3,
        10,
      ]);
      const options = { norm, epsilon, stepSize: pace * epsilon, steps };
      const model = linear(weights, [1, 1, 1]);
      const adversarial = tf.tidy(() =>
        pgd(model, x, start, crossEntropyAttack(labels), options, () => tf.onesLike(x))
      );
      assertInside(Float32Array.from(pixels), await read(adversarial), options, 3);
      tf.dispose([x, weights, start, labels]);
    }),
    { seed: 1, numRuns: 60 },
  );
});
