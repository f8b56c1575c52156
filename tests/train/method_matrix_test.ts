import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { ATTACK_LOSSES, ATTACK_NORMS } from "../../src/attack/options.ts";
import type { Backend } from "../../src/backend/backend.ts";
import type { Batch } from "../../src/data/batches.ts";
import { UsageError } from "../../src/errors.ts";
import { needsHelper, termsOf } from "../../src/method/method.ts";
import { methodOf, type Variant, VARIANTS } from "../../src/method/methods.ts";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import { imageTensor, oneHot } from "../../src/model/inputs.ts";
import { disposeAll, initialise } from "../../src/model/parameters.ts";
import type { RecipeFlags } from "../../src/recipe/fields.ts";
import type { Recipe } from "../../src/recipe/recipe.ts";
import { attackBatch } from "../../src/train/adversary.ts";
import { trainingAttack } from "../../src/train/inner_attack.ts";
import { Learner } from "../../src/train/learner/learner.ts";
import { exportTensors } from "../../src/weights/state_dict.ts";
import { onOneThread, onWasm } from "../testing/device.ts";
import { onNaiveWebGpu } from "../testing/naive/engine.ts";
import { smallRecipe } from "../testing/runs.ts";

onOneThread();

const NETWORK = resnet18({ width: 1, classes: 10 });
const SHAPE = { height: 8, width: 8, channels: 3 }, N = 2, VALUES = N * 192;

/** Two images of noise. */
function makeBatch(): Batch {
  const x = Float32Array.from({ length: VALUES }, (_, i) => (i * i * 37 % 251) / 250);
  const views = [0, 0].map(() => ({ top: 0, left: 0, flip: false }));
  return { ids: Uint32Array.of(3, 8), views, x, y: Uint8Array.of(1, 7), shape: SHAPE } as Batch;
}

/**
 * The parameters after a step of `recipe` and how far they moved, and what its loss is the sum of.
 *
 * @param perturbed whether the gradient is taken where the recipe's adversary moves the weights
 */
async function takeStep(recipe: Recipe, backend: Backend, perturbed = false) {
  const helper = () => ({ architecture: NETWORK, state: initialise(NETWORK, 9) });
  const extras = needsHelper(methodOf(recipe.variant)) ? { helper: helper() } : {};
  const state = initialise(NETWORK, 2);
  const learner = new Learner(recipe, NETWORK, backend, state, undefined, extras);
  const batch = makeBatch(), { x, y } = batch;
  const images = {
    nat: imageTensor(x, SHAPE),
    mem: imageTensor(x.map((value) => 0.98 * value), SHAPE),
  };
  const labels = oneHot(y, 10);
  const attacked = recipe.attack &&
    await attackBatch(learner, batch, { images, labels }, { recipe, epoch: 2, backend });
  const adv = attacked && { adv: imageTensor(attacked.images, SHAPE) };
  const inputs = { images: { ...images, ...adv }, labels };
  const { terms, weights, fooled } = await learner.descend([inputs], perturbed);
  const { loss, ...others } = terms as { loss: tf.Scalar; [term: string]: tf.Scalar };
  const value = (await loss.data())[0]!;
  const before = learner.snapshot();
  await learner.update({ lr: 0.1, momentum: 0.9 });
  const after = learner.snapshot();
  const far = tf.tidy(() =>
    [...before.parameters].map(([name, tensor]) =>
      tf.sum(tf.abs(tf.sub(after.parameters.get(name)!, tensor)))
    ).reduce((sum, each) => tf.add(sum, each))
  );
  const left = await exportTensors(after.parameters);
  const moved = (await far.data())[0]!;
  for (const { parameters, buffers } of [before, after]) [parameters, buffers].forEach(disposeAll);
  tf.dispose([far, { ...images, ...adv }, labels, { ...terms }, weights ?? [], fooled ?? []]);
  learner.dispose();
  return { value, moved, left, terms: Object.keys(others), attacked };
}

/** Why `variant` has no attack that maximises `loss`; undefined if it has. */
function refusal(variant: Variant, loss: string): RegExp | undefined {
  const { attack, coefficients: { beta, betaPrime } } = methodOf(variant);
  if (attack === undefined) return /^--attack-loss has no meaning for --variant standard\.$/;
  if (loss !== "memory-kl" || beta !== undefined && betaPrime !== undefined) return undefined;
  return /^--attack-loss memory-kl weighs by β'\/β: it needs a variant with both \(v1, .*hat\+v3\)/;
}

onWasm(
  "every method takes a step with every attack loss in every norm, or says why it cannot",
  async (backend) => {
    let taken = 0;
    for (const variant of VARIANTS) {
      for (const attackNorm of ATTACK_NORMS) {
        for (const attackLoss of ATTACK_LOSSES) {
          const name = `${variant}, ${attackLoss}, ${attackNorm}`;
          const ask = () => smallRecipe({ variant, attackNorm, attackLoss });
          const why = refusal(variant, attackLoss);
          if (why) {
            const says = (error: unknown) => error instanceof UsageError && why.test(error.message);
            assert.throws(ask, says, name);
            continue;
          }
          const recipe = ask();
          const { value, moved, terms, attacked } = await takeStep(recipe, backend);
          assert.ok(Number.isFinite(value) && value > 0, `${name}: loss ${value}`);
          assert.ok(Number.isFinite(moved) && moved > 0, `${name}: moved ${moved}`);
          assert.deepEqual(terms, termsOf(methodOf(variant)).map(({ name }) => name), name);
          const { norm, epsilon } = trainingAttack(recipe)!.pgd, { x } = makeBatch();
          assert.equal(norm, attackNorm);
          const deltas = attacked!.images.map((pixel, i) => Math.abs(pixel - x[i]!));
          const far = norm === "linf" ? Math.max(...deltas) : Math.hypot(...deltas.subarray(192));
          assert.ok(far > 0.2 * epsilon && far <= epsilon + 1e-6, `${name}: went ${far}`);
          taken++;
        }
      }
    }
    // Of 22 methods one does not attack, and twelve of the others lack β or β'.
    assert.equal(taken, 2 * (21 * 3 - 12));
  },
);

onWasm(
  "every method takes a step with AWP, which leads elsewhere than the one without",
  async (backend) => {
    for (const variant of VARIANTS) {
      const recipe = smallRecipe({ variant, awp: 0.01 });
      const plain = await takeStep(recipe, backend), found = await takeStep(recipe, backend, true);
      const { value, moved, terms } = found;
      assert.ok(Number.isFinite(value) && value > plain.value, `${variant}: loss ${value}`);
      assert.ok(Number.isFinite(moved) && moved > 0, `${variant}: moved ${moved}`);
      assert.deepEqual(terms, plain.terms, variant);
      // No adversary moves a bias: it was the gradient that was another one.
      const [without, after] = [plain, found].map(({ left }) => left.get("linear.bias")!.data);
      assert.notDeepEqual(after, without, variant);
    }
  },
);

/** Of both norms one, with the attack loss that takes the most inputs, on terms of several methods. */
const ON_WEBGPU: readonly RecipeFlags[] = [
  { variant: "v1", attackLoss: "memory-kl", attackNorm: "l2" },
  { variant: "hat+v3", attackLoss: "memory-kl", attackNorm: "linf" },
];

onNaiveWebGpu("methods take a step with attack losses and norms", async (backend) => {
  for (const flags of ON_WEBGPU) {
    const recipe = smallRecipe(flags), { x } = makeBatch(), name = Object.values(flags).join(", ");
    const { value, moved, terms, attacked } = await takeStep(recipe, backend);
    assert.ok(Number.isFinite(value) && value > 0, `${name}: loss ${value}`);
    assert.ok(Number.isFinite(moved) && moved > 0, `${name}: moved ${moved}`);
    assert.deepEqual(terms, termsOf(methodOf(recipe.variant)).map(({ name }) => name), name);
    const { norm, epsilon } = trainingAttack(recipe)!.pgd;
    const deltas = attacked!.images.map((pixel, i) => Math.abs(pixel - x[i]!));
    const far = norm === "linf" ? Math.max(...deltas) : Math.hypot(...deltas.subarray(192));
    assert.ok(far > 0.2 * epsilon && far <= epsilon + 1e-6, `${name}: went ${far}`);
  }
});
