import {
  crossEntropy,
  crossEntropyGradient,
  klDivergence,
  klDivergenceGradient,
  labelProbability,
  labelProbabilityGradient,
  softmaxRows,
} from "../../../../src/backend/webgpu/operations/softmax_losses.ts";
import { assertSnapshot } from "../../../testing/snapshot.ts";
import { LOSSES, makeLossInputs, referenceLoss } from "../../../testing/naive/softmax_losses.ts";
import { assertWithin, normals, onBench, textOf } from "./support.ts";

const OPERATIONS = {
  crossEntropy: [crossEntropy, crossEntropyGradient],
  labelProbability: [labelProbability, labelProbabilityGradient],
  klDivergence: [klDivergence, klDivergenceGradient],
} as const;

for (const [name, [loss, gradient]] of Object.entries(OPERATIONS)) {
  onBench(`${name}() and its gradient agree with float64`, async (bench) => {
    for (const [rows, classes] of [[1, 7], [37, 10]] as const) {
      const inputs = makeLossInputs(rows, classes, rows);
      const { p, q, labels, dy } = inputs;
      const given = [p, name === "klDivergence" ? q : labels];
      const { values, gradients } = referenceLoss(LOSSES[name]!, inputs);
      const [value] = await bench.run(loss([rows, classes]), given, [rows]);
      assertWithin(value!, values, `${name} of [${rows},${classes}]`);
      const sizes = gradients.map(() => rows * classes);
      const slopes = await bench.run(gradient([rows, classes]), [...given, dy], sizes);
      gradients.forEach((expected, i) => assertWithin(slopes[i]!, expected, `gradient ${i}`));
    }
  });
}

onBench("softmaxRows() agrees with float64, for certain predictions too", async (bench) => {
  const logits = normals(70, 1).map((value) => 3 * value);
  logits[10] = 200;
  const [actual] = await bench.run(softmaxRows([7, 10]), [logits], [70]);
  const expected = Array.from({ length: 7 }, (_, row) => {
    const own = Array.from(logits.subarray(10 * row, 10 * row + 10));
    const powers = own.map((logit) => Math.exp(logit - Math.max(...own)));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  });
  assertWithin(actual!, expected.flat(), "softmax");
});

Deno.test("the losses and their gradients write this WGSL", async () => {
  await assertSnapshot(import.meta.url, "softmax.wgsl", textOf(softmaxRows([5, 10])));
  for (const [name, [loss, gradient]] of Object.entries(OPERATIONS)) {
    const text = `${textOf(loss([5, 10]))}\n${textOf(gradient([5, 10]))}`;
    await assertSnapshot(import.meta.url, `${name}.wgsl`, text);
  }
});
