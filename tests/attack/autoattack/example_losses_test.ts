import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  crossEntropyLoss,
  dlrLoss,
  type ExampleLoss,
  marginLoss,
  targetDifference,
  targetedDlrLoss,
} from "../../../src/attack/autoattack/example_losses.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { eachBackend } from "../../testing/backends.ts";

const N = 16, CLASSES = 10;

/** The losses in float64, of one example. */
const FORMULAS: Record<string, (z: number[], y: number, t: number) => number> = {
  crossEntropyLoss: (z, y) => {
    const largest = Math.max(...z);
    return largest + Math.log(z.reduce((sum, v) => sum + Math.exp(v - largest), 0)) - z[y]!;
  },
  marginLoss: (z, y) => Math.max(...z.filter((_, c) => c !== y)) - z[y]!,
  dlrLoss: (z, y) => {
    const [first, , third] = z.toSorted((a, b) => b - a) as [number, number, number];
    return (Math.max(...z.filter((_, c) => c !== y)) - z[y]!) / (first - third + 1e-12);
  },
  targetDifference: (z, y, t) => z[t]! - z[y]!,
  targetedDlrLoss: (z, y, t) => {
    const [first, , third, fourth] = z.toSorted((a, b) => b - a) as number[];
    return (z[t]! - z[y]!) / (first! - (third! + fourth!) / 2 + 1e-12);
  },
};

const LOSSES: Record<string, ExampleLoss> = {
  crossEntropyLoss,
  marginLoss,
  dlrLoss,
  targetDifference,
  targetedDlrLoss,
};

/** Central differences in float64, of a step that no two logits are apart by less than. */
function slope(formula: (z: number[]) => number, z: number[]): number[] {
  const step = 1e-5;
  return z.map((value, c) =>
    (formula(z.with(c, value + step)) - formula(z.with(c, value - step))) / (2 * step)
  );
}

for (const [name, loss] of Object.entries(LOSSES)) {
  eachBackend(`${name} has the values and gradients of its formula`, async () => {
    const stream = new Stream(9, Purpose.synthetic);
    const logits = Array.from(
      { length: N },
      () => Array.from({ length: CLASSES }, () => Math.fround(4 * stream.normal())),
    );
    const labels = Array.from({ length: N }, (_, row) => row % CLASSES);
    const targets = labels.map((label) => (label + 1 + stream.integer(CLASSES - 1)) % CLASSES);
    const formula = FORMULAS[name]!;
    const [values, gradients] = tf.tidy(() => {
      const oneHot = (classes: number[]) =>
        tf.oneHot(tf.tensor1d(classes, "int32"), CLASSES).toFloat() as tf.Tensor2D;
      const [y, t] = [oneHot(labels), oneHot(targets)];
      const sum = (z: tf.Tensor) => tf.sum(loss(z as tf.Tensor2D, y, t)) as tf.Scalar;
      const z = tf.tensor2d(logits);
      return [loss(z, y, t), tf.grad(sum)(z)] as const;
    });
    const [value, gradient] = [await values.data(), await gradients.data()];
    tf.dispose([values, gradients]);
    logits.forEach((z, row) => {
      const [y, t] = [labels[row]!, targets[row]!];
      const expected = formula(z, y, t);
      assert.ok(Math.abs(value[row]! - expected) <= 1e-5 * Math.max(1, Math.abs(expected)));
      slope((each) => formula(each, y, t), z).forEach((wanted, c) => {
        const error = Math.abs(gradient[row * CLASSES + c]! - wanted);
        assert.ok(error <= 1e-4 * Math.max(1, Math.abs(wanted)), `example ${row}, class ${c}`);
      });
    });
  });
}
