import {
  crossEntropy,
  crossEntropyGradient,
  klDivergence,
  klDivergenceGradient,
  labelProbability,
  labelProbabilityGradient,
} from "../../../../src/backend/webgpu/operations/softmax_losses.ts";
import { assertSnapshot } from "../../../testing/snapshot.ts";
import { LOSSES, makeLossInputs, referenceLoss } from "../../../testing/naive/softmax_losses.ts";
import { assertWithin, onBench, textOf } from "./support.ts";

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

Deno.test("the losses and their gradients write this WGSL", async () => {
  for (const [name, [loss, gradient]] of Object.entries(OPERATIONS)) {
    const text = `${textOf(loss([5, 10]))}\n${textOf(gradient([5, 10]))}`;
    await assertSnapshot(import.meta.url, `${name}.wgsl`, text);
  }
});
