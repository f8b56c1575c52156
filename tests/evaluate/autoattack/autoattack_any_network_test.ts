import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { AutoAttackMember } from "../../../src/attack/autoattack/versions.ts";
import { type ImageShape, valuesPerImage } from "../../../src/data/dataset.ts";
import { autoAttack } from "../../../src/evaluate/autoattack/autoattack.ts";
import { checkClasses, refuseTargets } from "../../../src/evaluate/autoattack/sanity.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { onOneThread, onWasm } from "../../testing/device.ts";

onOneThread();

/** Most targets of the targeted members. */
const TARGETS = 9;

/** Images that a linear model of its own tells apart, and how many of them no attack can bring to a target. */
function makeProblem(shape: ImageShape, classes: number, n: number, epsilon: number) {
  const values = valuesPerImage(shape), stream = new Stream(classes, Purpose.synthetic);
  const weights = Float32Array.from({ length: values * classes }, () => stream.normal());
  // Without a class that grey is likeliest of.
  for (let c = 0; c < classes; c++) {
    let mean = 0;
    for (let i = 0; i < values; i++) mean += weights[i * classes + c]! / values;
    for (let i = 0; i < values; i++) weights[i * classes + c]! -= mean;
  }
  // Far enough from 0 and 1 that these bounds never matter.
  const x = Float32Array.from({ length: n * values }, () => 0.4 + 0.2 * stream.uniform());
  const scores = Array.from({ length: n }, (_, row) =>
    Array.from({ length: classes }, (_, c) => {
      let score = 0;
      for (let i = 0; i < values; i++) score += x[row * values + i]! * weights[i * classes + c]!;
      return score;
    }));
  const y = Uint16Array.from(scores, (row) => row.indexOf(Math.max(...row)));
  const robust = scores.filter((row, image) => {
    const label = y[image]!;
    const targets = row.map((_, c) => c).filter((c) => c !== label)
      .sort((a, b) => row[b]! - row[a]!).slice(0, TARGETS);
    return targets.every((c) => {
      let margin = row[label]! - row[c]!;
      for (let i = 0; i < values; i++) {
        margin -= epsilon * Math.abs(weights[i * classes + label]! - weights[i * classes + c]!);
      }
      return margin > 0;
    });
  }).length;
  return { images: { x, y, shape, classes }, weights, robust };
}

const grey: ImageShape = { height: 5, width: 9, channels: 1 };
const small: ImageShape = { height: 4, width: 6, channels: 3 };
const CASES: readonly {
  readonly classes: number;
  readonly shape: ImageShape;
  readonly n: number;
  readonly epsilon: number;
  readonly members: readonly AutoAttackMember[];
  readonly iterations: number;
}[] = [
  {
    classes: 2,
    shape: grey,
    n: 12,
    epsilon: 0.0123,
    members: ["apgd-ce", "fab-t"],
    iterations: 30,
  },
  { classes: 3, shape: grey, n: 12, epsilon: 0.014, members: ["apgd-dlr"], iterations: 40 },
  { classes: 6, shape: small, n: 12, epsilon: 0.0075, members: ["apgd-t"], iterations: 30 },
  {
    classes: 1000,
    shape: small,
    n: 6,
    epsilon: 0.003,
    members: ["apgd-t", "fab-t"],
    iterations: 8,
  },
];

for (const { classes, shape, n, epsilon, members, iterations } of CASES) {
  const { height, width, channels } = shape;
  onWasm(
    `autoAttack() leaves what ${members} cannot break of ${classes} classes of ${height}×${width}×${channels} images`,
    async (backend) => {
      const { images, weights, robust } = makeProblem(shape, classes, n, epsilon);
      assert.ok(robust > 0 && robust < n, `${robust} of ${n} are robust`);
      const matrix = tf.tensor2d(weights, [valuesPerImage(shape), classes]);
      const network = (x: tf.Tensor4D) =>
        tf.matMul<tf.Tensor2D>(tf.reshape(x, [x.shape[0], -1]), matrix);
      const { result } = await autoAttack(network, images, {
        ...{ backend, batchSize: 8, seed: 3, epsilon, version: "custom", members },
        effort: { restarts: 1, iterations },
      });
      matrix.dispose();
      assert.equal(result.clean.correct, n);
      assert.equal(result.correct, robust);
      assert.deepEqual(result.warnings, []);
    },
  );
}

Deno.test("checkClasses() leaves out what compares more classes than there are, unless it was chosen", () => {
  const standard = ["apgd-ce", "apgd-t", "fab-t", "square"] as const;
  assert.deepEqual(checkClasses(standard, 4, false), { members: standard });
  assert.deepEqual(checkClasses(standard, 3, false), {
    members: ["apgd-ce", "fab-t", "square"],
    warning:
      "apgd-t cannot attack a network of 3 classes and was left out: the robust accuracy is that of the other attacks.",
  });
  assert.deepEqual(checkClasses(["apgd-dlr", "apgd-t", "fab"], 2, false).members, ["fab"]);
  assert.deepEqual(checkClasses(["apgd-dlr"], 3, true), { members: ["apgd-dlr"] });
  assert.throws(() => checkClasses(["fab", "apgd-dlr"], 2, true), {
    name: "UsageError",
    message: "AutoAttack's apgd-dlr compares 3 classes, and there are 2: leave it out.",
  });
});

Deno.test("refuseTargets() refuses more targets than other classes, and autoAttack() asks it before the network", async () => {
  refuseTargets({ targets: 3 }, 4);
  refuseTargets({ iterations: 7 }, 2);
  const refused = {
    name: "UsageError",
    message: "AutoAttack's targets must be at most 3, as many as there are other classes, not 4.",
  };
  assert.throws(() => refuseTargets({ targets: 4 }, 4), refused);
  const shape = { height: 1, width: 1, channels: 1 };
  const images = { x: Float32Array.of(0.5), y: Uint8Array.of(0), shape, classes: 4 };
  const custom = { version: "custom", members: ["fab-t"], effort: { targets: 4 } } as const;
  await assert.rejects(
    autoAttack(() => assert.fail("the network is asked"), images, custom),
    refused,
  );
});
