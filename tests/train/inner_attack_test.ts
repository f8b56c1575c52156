import assert from "node:assert/strict";
import type * as tf from "@tensorflow/tfjs";
import { attackInputs, trainingAttack } from "../../src/train/inner_attack.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";
import { smallRecipe } from "../testing/runs.ts";

Deno.test("trainingAttack() has the recipe's bounds and effort, and the method's start", () => {
  const flags = { attackNorm: "l2", attackEps: 0.25, attackStep: 0.1, attackSteps: 7 } as const;
  const recipe = smallRecipe(flags);
  const pgd = { norm: "l2", epsilon: 0.25, stepSize: 0.1, steps: 7 };
  const attack = { pgd, start: "gaussian", startRadius: 0.25, loss: "kl", memoryShare: 0 };
  assert.deepEqual(trainingAttack(recipe), { ...attack, memoryShare: 2 / 3 });
  const trades = smallRecipe({ ...flags, variant: "trades" });
  assert.deepEqual(trainingAttack(trades), attack);
  assert.equal(trainingAttack(smallRecipe({ variant: "standard" })), undefined);
  const fast = trainingAttack(resolveRecipe({ variant: "n-fgsm" }))!;
  assert.deepEqual(
    { ...fast, pgd: { ...fast.pgd, epsilon: Math.round(255 * fast.pgd.epsilon) } },
    {
      pgd: { norm: "linf", epsilon: 24, stepSize: 8 / 255, steps: 1 },
      ...{ start: "uniform", startRadius: 16 / 255, loss: "ce", memoryShare: 0 },
    },
  );
});

Deno.test("attackInputs() has memory examples for the loss that looks at them only", () => {
  const [nat, adv, mem] = [1, 2, 3].map((id) => ({ id }) as unknown as tf.Tensor4D);
  const [labels, memoryRows] = [4, 5].map((id) => ({ id }) as unknown as tf.Tensor2D);
  const inputs = { images: { nat: nat!, adv: adv!, mem: mem! }, labels: labels! };
  const partial = { ...inputs, memoryRows: memoryRows! };
  assert.deepEqual(attackInputs(partial, "kl"), { images: { nat }, labels });
  assert.deepEqual(attackInputs(inputs, "memory-kl"), { images: { nat, mem }, labels });
  assert.deepEqual(attackInputs(partial, "memory-kl"), {
    images: { nat, mem },
    labels,
    memoryRows,
  });
  const first = { images: { nat: nat! }, labels: labels! };
  assert.deepEqual(attackInputs(first, "memory-kl"), first);
});
