import assert from "node:assert/strict";
import type * as tf from "@tensorflow/tfjs";
import {
  attackInputs,
  attackStepsIn,
  noteShortAttacks,
  refuseShortStarts,
  startsFromMemory,
  trainingAttack,
} from "../../src/train/inner_attack.ts";
import type { RecipeInput } from "../../src/recipe/recipe.ts";
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

Deno.test("startsFromMemory() is false until there is a memory, and where examples are from before a reset", () => {
  const epochs = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const flags = { attackStart: "memory", attackSteps: 3, firstSteps: 7 } as const;
  for (
    const [more, expected] of [
      [{}, [2, 3, 4, 5, 6, 7, 8, 9]],
      [{ memoryReset: 4 }, [2, 3, 4, 6, 7, 8]],
      [{ memoryAge: 2, memoryReset: 4 }, [3, 4, 7, 8]], // in 6, examples are those of 4
    ] as const
  ) {
    const recipe = smallRecipe({ ...flags, ...more });
    assert.deepEqual(epochs.filter((epoch) => startsFromMemory(recipe, epoch)), expected);
    const long = epochs.filter((epoch) => attackStepsIn(recipe, epoch) === 7);
    assert.deepEqual(
      long,
      epochs.filter((epoch) => !(expected as readonly number[]).includes(epoch)),
    );
    assert.ok(expected.every((epoch) => attackStepsIn(recipe, epoch) === 3));
  }
  const usual = smallRecipe({ attackSteps: 3 });
  assert.deepEqual([startsFromMemory(usual, 2), attackStepsIn(usual, 1)], [false, 3]);
  assert.equal(attackStepsIn(smallRecipe({ variant: "standard" }), 1), undefined);
});

Deno.test("noteShortAttacks() says where the steps that train or select cannot cross the ball", () => {
  const notes = (recipe: RecipeInput) => noteShortAttacks(resolveRecipe(recipe));
  const select = "none",
    attack = (steps: number) => ({ steps }),
    threat = (n: number) => ({ epsilon: n / 255 });
  assert.deepEqual(notes({ variant: "v1" }), []);
  assert.deepEqual(notes({ variant: "v1", select, attack: attack(4) }), []); // 4 × 2/255
  assert.deepEqual(notes({ variant: "v1", select, attack: attack(3) }), [
    "--attack-steps: 3 of 2/255 go 6/255 from the start at most, less than the radius of 8/255, which is not what is " +
    "trained for then.",
  ]);
  const far = { variant: "v1", threat: threat(64) } as const;
  assert.match(notes({ ...far, select }).join(), /^--attack-steps: 10 of 2\/255 go 20\/255 from/);
  assert.equal(
    notes({ ...far, attack: { stepSize: 8 / 255 } }).join(),
    "--select val: pgd20 goes 40/255 from its start at most, less than the radius of 64/255: accuracies under it are too high.",
  );
  // Attacks that go on from the memory's are as long as the first ones.
  const short = { start: "memory", steps: 2, firstSteps: 10 } as const;
  assert.deepEqual(notes({ variant: "v1", attack: short }), []);
  for (const variant of ["n-fgsm", "fgsm-pgi"] as const) {
    assert.deepEqual(notes({ variant, select }), []);
  }
  assert.deepEqual(notes({ variant: "standard", select }), []);
  assert.deepEqual(notes({ variant: "v1", select, threat: { norm: "l2", epsilon: 4 } }), []);
});

Deno.test("refuseShortStarts() refuses auxiliary images few steps from noise, and nothing else", () => {
  const auxData = "made.npz";
  const recipe = (attack: RecipeInput["attack"], more: RecipeInput = { auxData }) =>
    resolveRecipe({ variant: "v1", ...more, attack });
  assert.throws(
    () => refuseShortStarts(recipe({ start: "memory", steps: 2 })),
    { name: "UsageError", message: /2 steps from noise, not 10: / },
  );
  refuseShortStarts(recipe({ start: "memory", steps: 2, firstSteps: 2 }));
  refuseShortStarts(recipe({ steps: 2 }));
  refuseShortStarts(recipe({ start: "memory", steps: 2 }, {}));
  refuseShortStarts(resolveRecipe({ variant: "fgsm-pgi", auxData }));
  refuseShortStarts(resolveRecipe({ variant: "standard", auxData }));
});
