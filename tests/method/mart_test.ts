import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { evaluateObjective } from "../../src/method/objective.ts";
import { oneHot } from "../../src/model/inputs.ts";
import { eachBackend } from "../testing/backends.ts";
import { assertClose } from "../testing/numbers.ts";
import { published } from "../testing/objectives.ts";
import { read } from "../testing/tensors.ts";

/** Logits of a row, with a label: nearly certain of another class, of the label, of nothing. */
const ROWS: [nat: number[], adv: number[], label: number][] = [
  [[1, 0, -1], [14, 0, 1], 1],
  [[0, 15, 2], [-3, 12, 1], 1],
  [[0, 0, 0.5], [0.1, 0, 0], 2],
];

function softmax(logits: readonly number[]): number[] {
  const powers = logits.map(Math.exp), sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** The formula as it was published, in float64. */
function loss(rows: typeof ROWS): number {
  return rows.reduce((sum, [nat, adv, y]) => {
    const p = softmax(nat), q = softmax(adv);
    const rival = Math.max(...q.filter((_, c) => c !== y));
    const boosted = -Math.log(q[y]!) - Math.log(1.0001 - rival + 1e-12);
    const divergence = p.reduce((sum, p, c) => sum + p * Math.log(p / q[c]!), 0);
    return sum + boosted + 6 * divergence * (1.0000001 - p[y]!);
  }, 0) / rows.length;
}

/** The slope of {@linkcode loss} along every logit of `which`, by central differences. */
function slopes(which: 0 | 1): number[] {
  const step = 1e-5;
  return ROWS.flatMap((row, i) =>
    row[which].map((_, c) => {
      const [up, down] = [step, -step].map((move) => {
        const moved = structuredClone(ROWS);
        moved[i]![which][c]! += move;
        return loss(moved);
      });
      return (up! - down!) / (2 * step);
    })
  );
}

eachBackend("MART's loss is the published formula for certain predictions too", async () => {
  const [nat, adv] = [0, 1].map((which) => tf.tensor2d(ROWS.map((row) => row[which] as number[])));
  const labels = oneHot(Uint8Array.from(ROWS, ([, , label]) => label), 3);
  const { value, grads } = tf.valueAndGrads((nat, adv) => {
    const logits = { nat: nat as tf.Tensor2D, adv: adv as tf.Tensor2D };
    return evaluateObjective(published("mart"), logits, labels).loss;
  })([nat!, adv!]);
  tf.dispose([nat!, adv!, labels]);
  assertClose(await read(value), [loss(ROWS)], 1e-6, "loss");
  assertClose(await read(grads[0]!), slopes(0), 1e-5, "gradient with respect to nat");
  assertClose(await read(grads[1]!), slopes(1), 1e-5, "gradient with respect to adv");
});

eachBackend("MART's rival is one class where two are equally likely", async () => {
  const adv = tf.tensor2d([[0, 3, 3]]), labels = oneHot(Uint8Array.of(0), 3);
  const slope = tf.grad((adv) => {
    const logits = { nat: adv as tf.Tensor2D, adv: adv as tf.Tensor2D };
    return evaluateObjective(published("mart"), logits, labels).loss;
  })(adv);
  tf.dispose([adv, labels]);
  const [, first, second] = await read(slope);
  assert.ok(Math.abs(first! - second!) > 0.1, `${first} and ${second}`);
});
