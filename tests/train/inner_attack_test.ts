import assert from "node:assert/strict";
import type * as tf from "@tensorflow/tfjs";
import { attackInputs, trainingAttack } from "../../src/train/inner_attack.ts";
import { smallRecipe } from "../testing/runs.ts";

Deno.test("trainingAttack() takes the recipe's bounds and effort", () => {
  const recipe = smallRecipe({
    attackNorm: "l2",
    attackEps: 0.25,
    attackStep: 0.1,
    attackSteps: 7,
  });
  assert.deepEqual(trainingAttack(recipe), { norm: "l2", epsilon: 0.25, stepSize: 0.1, steps: 7 });
});

Deno.test("attackInputs() has memory examples for the loss that looks at them only", () => {
  const [nat, adv, mem] = [1, 2, 3].map((id) => ({ id }) as unknown as tf.Tensor4D);
  const [labels, memoryRows] = [4, 5].map((id) => ({ id }) as unknown as tf.Tensor2D);
  const inputs = { images: { nat: nat!, adv: adv!, mem: mem! }, labels: labels! };
  const partial = { ...inputs, memoryRows: memoryRows! };
  const [kl, memoryKl] = (["kl", "memory-kl"] as const).map((attackLoss) =>
    smallRecipe({ variant: "v1", attackLoss })
  );
  assert.deepEqual(attackInputs(partial, kl!), { images: { nat }, labels });
  assert.deepEqual(attackInputs(inputs, memoryKl!), { images: { nat, mem }, labels });
  assert.deepEqual(attackInputs(partial, memoryKl!), { images: { nat, mem }, labels, memoryRows });
  const first = { images: { nat: nat! }, labels: labels! };
  assert.deepEqual(attackInputs(first, memoryKl!), first);
});
