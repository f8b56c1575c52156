import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { ATTACK_LOSSES, ATTACK_NORMS, type AttackNorm } from "../../src/attack/options.ts";
import { pgd } from "../../src/attack/pgd.ts";
import { gaussianStart, normalNoise } from "../../src/attack/start.ts";
import type { Backend } from "../../src/backend/backend.ts";
import { type Batch, loadBatch } from "../../src/data/batches.ts";
import { methodOf } from "../../src/method/methods.ts";
import { freeze } from "../../src/model/frozen.ts";
import { imageTensor, oneHot } from "../../src/model/inputs.ts";
import type { RecipeFlags } from "../../src/recipe/fields.ts";
import type { Recipe } from "../../src/recipe/recipe.ts";
import { attackBatch, measuresAttack } from "../../src/train/adversary.ts";
import { attackLoss, trainingAttack } from "../../src/train/inner_attack.ts";
import type { StepInputs } from "../../src/train/step.ts";
import { SINGLE } from "../testing/objectives.ts";
import { onOneThread, onWasm } from "../testing/device.ts";
import { smallData, smallRecipe } from "../testing/runs.ts";
import { makeLearner, W2 } from "./steps_w2.ts";
import { SHAPE, VALUES } from "../testing/images.ts";

onOneThread();

const ATTACKED = SINGLE.filter((variant) => methodOf(variant).attack);
const N = 6, EPOCH = 2;
/** The batch rows that have a memory example. */
const REMEMBERED = [0, 2, 5];

function makeBatch(): Batch {
  const batch = loadBatch(smallData().train, Uint32Array.from({ length: N }, (_, id) => id));
  batch.x.set(new Float32Array(500).fill(1)); // values at both ends of the range
  batch.x.set(new Float32Array(500), 500);
  return batch;
}

/** The batch on the device, some of its rows with a memory example. */
function makeInputs({ x, y }: Batch): StepInputs {
  const remembered = REMEMBERED.flatMap((row) => [
    ...x.subarray(row * VALUES, (row + 1) * VALUES).map((value) => value * 0.9),
  ]);
  const matrix = REMEMBERED.map((row) => Array.from({ length: N }, (_, i) => i === row ? 1 : 0));
  return {
    images: { nat: imageTensor(x, SHAPE), mem: imageTensor(Float32Array.from(remembered), SHAPE) },
    labels: oneHot(y, 10),
    memoryRows: tf.tensor2d(matrix),
  };
}

/** `x'` of {@linkcode makeBatch} under `recipe`. */
async function attacked(recipe: Recipe, backend: Backend): Promise<Float32Array> {
  const learner = makeLearner(backend, recipe), batch = makeBatch(), inputs = makeInputs(batch);
  const { images } = await attackBatch(learner, batch, inputs, { recipe, epoch: EPOCH, backend });
  tf.dispose([Object.values(inputs.images), inputs.labels, inputs.memoryRows!]);
  learner.dispose();
  return images;
}

/** How far each image went, in its norm. */
function distances(x: Float32Array, adversarial: Float32Array, norm: AttackNorm): number[] {
  return Array.from({ length: N }, (_, row) => {
    const deltas = Array.from(
      { length: VALUES },
      (_, i) => Math.abs(adversarial[row * VALUES + i]! - x[row * VALUES + i]!),
    );
    return norm === "linf" ? Math.max(...deltas) : Math.hypot(...deltas);
  });
}

for (const variant of ATTACKED) {
  const losses = ATTACK_LOSSES.filter((loss) =>
    loss !== "memory-kl" ||
    ["beta", "betaPrime"].every((name) => name in methodOf(variant).coefficients)
  );
  for (const attackNorm of ATTACK_NORMS) {
    onWasm(
      `attackBatch() uses the ball and stays in it and in [0,1], ${variant}, ${attackNorm}`,
      async (backend) => {
        for (const attackLoss of losses) {
          const noisy = methodOf(variant).attack!.noise !== undefined;
          const attackSteps = noisy ? 1 : 10; // which is not projected
          const recipe = smallRecipe({ variant, attackNorm, attackLoss, attackSteps });
          const { epsilon } = trainingAttack(recipe)!.pgd;
          assert.equal(epsilon / recipe.threat.epsilon, noisy ? 3 : 1);
          const adversarial = await attacked(recipe, backend);
          assert.ok(adversarial.every((value) => value >= 0 && value <= 1), attackLoss);
          for (const distance of distances(makeBatch().x, adversarial, attackNorm)) {
            const share = distance / epsilon;
            assert.ok(
              distance <= epsilon + 1e-6,
              `${attackLoss}: ${share} of the radius`,
            );
            // An L2 step that [0,1] cuts off is lost, and the first image is made for that.
            assert.ok(share > (noisy ? 0.6 : 0.7), `${attackLoss}: ${share} of the radius`);
          }
        }
      },
    );
  }
}

onWasm(
  "attackBatch() starts pgd-at and n-fgsm anywhere in the ball, and the others beside the image",
  async (backend) => {
    for (const variant of ATTACKED) {
      const still = smallRecipe({ variant, attackSteps: 1, attackStep: 1e-9 });
      const far = distances(makeBatch().x, await attacked(still, backend), "linf");
      for (const distance of far) {
        const { start, startRadius } = trainingAttack(still)!;
        assert.ok(
          start === "uniform" ? distance > 0.99 * startRadius : distance < 0.006,
          `${distance}`,
        );
      }
    }
  },
);

onWasm(
  "attackBatch() looks at the memory for memory-kl alone, and there at the rows that have one",
  async (backend) => {
    const input: RecipeFlags = { variant: "v1" };
    const [plain, withMemory, without] = await Promise.all([
      attacked(smallRecipe({ ...input, attackLoss: "kl" }), backend),
      attacked(smallRecipe({ ...input, attackLoss: "memory-kl" }), backend),
      attacked(smallRecipe({ ...input, attackLoss: "memory-kl", betaPrime: 0 }), backend),
    ]);
    const changed = Array.from({ length: N }, (_, row) => row).filter((row) => {
      const [first, last] = [row * VALUES, (row + 1) * VALUES];
      return withMemory.subarray(first, last).some((value, i) => value !== plain[first + i]);
    });
    assert.deepEqual(changed, REMEMBERED);
    assert.deepEqual(without, plain);
  },
);

for (const attackNorm of ATTACK_NORMS) {
  onWasm(
    `attackBatch() makes in parts what it would make at once, ${attackNorm}`,
    async (backend) => {
      // Steps so short that every one of them counts.
      const recipe = smallRecipe({
        ...{ variant: "v1", attackNorm, attackLoss: "kl", attackSteps: 53 },
        attackStep: attackNorm === "linf" ? 0.5 / 255 : 5 / 255,
      });
      const parts = await attacked(recipe, backend);
      const learner = makeLearner(backend, recipe), batch = makeBatch(), { x, ids } = batch;
      const inputs = makeInputs(batch), how = trainingAttack(recipe)!;
      const noises: tf.Tensor4D[] = [];
      const whole = learner.deviceState.compile(({ start }) => {
        const model = freeze(W2, learner.state), { nat } = inputs.images;
        const loss = attackLoss(model, inputs, how);
        const noise = (step: number) => {
          noises.push(imageTensor(normalNoise(ids, VALUES, recipe.seed, EPOCH, step), SHAPE));
          return noises.at(-1)!;
        };
        const adversarial = pgd(model.logits, nat!, start as tf.Tensor4D, loss, how.pgd, noise);
        model.dispose();
        return { adversarial };
      });
      const start = imageTensor(gaussianStart(x, ids, recipe.seed, EPOCH), SHAPE);
      const { adversarial } = await whole({ start });
      assert.deepEqual(parts, await adversarial!.data());
      tf.dispose([start, adversarial!, inputs.labels, inputs.memoryRows!, noises]);
      tf.dispose(Object.values(inputs.images));
      learner.dispose();
    },
  );
}

onWasm(
  "attackBatch() measures the loss at x' where it is told to, and makes the same x'",
  async (backend) => {
    const batch = makeBatch(), inputs = makeInputs(batch);
    for (const attackSteps of [1, 3, 26]) {
      const recipe = smallRecipe({ variant: "v1", attackSteps });
      const learner = makeLearner(backend, recipe), context = { recipe, epoch: EPOCH, backend };
      const plain = await attackBatch(learner, batch, inputs, context);
      assert.equal(plain.lossReached, undefined);
      const { images, lossReached, ...rest } = await attackBatch(learner, batch, inputs, {
        ...context,
        measured: true,
      });
      assert.deepEqual({ images, ...rest }, plain);
      // An attack that begins there meets that loss first.
      const start = imageTensor(images, SHAPE);
      const again = await learner.attack(inputs, start, [], Math.min(attackSteps, 25));
      const [first] = await again.losses[0].data();
      assert.ok(Math.abs(lossReached! * N / first! - 1) < 1e-5, `${lossReached}, ${first! / N}`);
      assert.ok(lossReached! > 2 * rest.lossBefore, `${rest.lossBefore} to ${lossReached}`);
      tf.dispose([start, again.adversarial, ...again.losses]);
      learner.dispose();
    }
    tf.dispose([Object.values(inputs.images), inputs.labels, inputs.memoryRows!]);
  },
);

Deno.test("measuresAttack() is true in an epoch's first step and every sixteenth after it", () => {
  const measured = Array.from({ length: 40 }, (_, i) => i + 1).filter(measuresAttack);
  assert.deepEqual(measured, [1, 17, 33]);
});

onWasm("attackBatch() hears the signal between two parts", async (backend) => {
  const batch = makeBatch(), inputs = makeInputs(batch);
  for (const [attackSteps, ended] of [[25, true], [26, false]] as const) {
    const recipe = smallRecipe({ attackSteps }), learner = makeLearner(backend, recipe);
    const stopped = AbortSignal.abort();
    const attack = attackBatch(learner, batch, inputs, {
      recipe,
      epoch: EPOCH,
      backend,
      signal: stopped,
    });
    if (ended) await attack;
    else await assert.rejects(attack, { name: "Interrupted" });
    learner.dispose();
  }
  tf.dispose([Object.values(inputs.images), inputs.labels, inputs.memoryRows!]);
});

onWasm("attackBatch() leaves it to the loss to tell that the model diverged", async (backend) => {
  const batch = makeBatch(), inputs = makeInputs(batch);
  for (const attackNorm of ["linf", "l2"] as const) {
    const recipe = smallRecipe({ variant: "trades", attackNorm });
    const learner = makeLearner(backend, recipe), { parameters } = learner.state;
    const spoil = learner.deviceState.compile(() => {
      parameters.set("linear.weight", tf.mul(parameters.get("linear.weight")!, NaN));
      return {};
    });
    await spoil({});
    const { images: adversarial } = await attackBatch(learner, batch, inputs, {
      recipe,
      epoch: EPOCH,
      backend,
    });
    learner.dispose();
    assert.ok(adversarial.every((value) => value >= 0 && value <= 1), attackNorm);
  }
  tf.dispose([Object.values(inputs.images), inputs.labels, inputs.memoryRows!]);
});

onWasm("attackBatch() refuses images that come back from outside the ball", async (backend) => {
  const recipe = smallRecipe(), batch = makeBatch(), inputs = makeInputs(batch);
  const learner = makeLearner(backend, recipe);
  const wrong = batch.x.map((value, i) =>
    i === VALUES + 1 ? (value > 0.5 ? value - 0.1 : value + 0.1) : value
  );
  const faulty = { ...backend, guard: <T>(_: Promise<T>) => Promise.resolve(wrong as T) };
  await assert.rejects(
    attackBatch(learner, batch, inputs, { recipe, epoch: EPOCH, backend: faulty }),
    {
      name: "RunError",
      message: /^The attack on image 1 went 0\.\d+ far, beyond its radius 0\.0313\d+\.$/,
    },
  );
  tf.dispose([Object.values(inputs.images), inputs.labels, inputs.memoryRows!]);
  learner.dispose();
});
