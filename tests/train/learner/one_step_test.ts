import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { ATTACK_NORMS, type AttackNorm } from "../../../src/attack/options.ts";
import type { Backend } from "../../../src/backend/backend.ts";
import type { Batch } from "../../../src/data/batches.ts";
import { oneHot } from "../../../src/model/inputs.ts";
import { disposeAll } from "../../../src/model/parameters.ts";
import type { Recipe } from "../../../src/recipe/recipe.ts";
import { attackBatch, attackStart } from "../../../src/train/adversary.ts";
import { exportState, exportTensors } from "../../../src/weights/state_dict.ts";
import { eachBackend } from "../../testing/backends.ts";
import { onOneThread } from "../../testing/device.ts";
import { fixture } from "../../testing/fixture.ts";
import { SHAPE } from "../../testing/images.ts";
import { assertClose } from "../../testing/numbers.ts";
import { smallRecipe } from "../../testing/runs.ts";
import { upload } from "../../testing/tensors.ts";
import {
  assertTensors,
  descendWith,
  disposeInputs,
  disposeState,
  makeLearner,
  RATES,
  REFERENCE,
  UPDATE_TOLERANCE,
} from "../steps_w2.ts";

onOneThread();

/** What PyTorch makes of the images and the network of `steps_w2` by a single step of attack, and a training step after it. */
const ONE_STEP = fixture("one_step_w2");
/** Neither the first nor one where FGSM-PGI begins afresh. */
const EPOCH = 2;
const VARIANTS = ["fgsm-pgi", "n-fgsm"] as const;

const float32 = (values: ArrayLike<number>) => Float32Array.from(values);

function makeBatch(): Batch {
  const y = Uint8Array.from(REFERENCE.integers("y")), ids = Uint32Array.from(y.keys());
  const views = Array.from(ids, () => ({ top: 0, left: 0, flip: false }));
  return { ids, views, x: float32(REFERENCE.values("x")), y, shape: SHAPE };
}

/** `x'` by the learner's step from `start`, at the model before the training step. */
async function attacked(recipe: Recipe, backend: Backend, start: Float32Array) {
  const learner = makeLearner(backend, recipe), batch = makeBatch();
  const inputs = {
    images: { nat: upload<tf.Rank.R4>(REFERENCE, "x") },
    labels: oneHot(batch.y, 10),
  };
  const context = { recipe, epoch: EPOCH, backend, start };
  const { images } = await attackBatch(learner, batch, inputs, context);
  disposeInputs(inputs);
  learner.dispose();
  return images;
}

function assertAttacked(actual: Float32Array, name: string, norm: AttackNorm): void {
  const expected = ONE_STEP.values(`${name}.x_adv`), start = ONE_STEP.values(`${name}.start`);
  if (norm === "l2") {
    const moves = (images: ArrayLike<number>) =>
      Array.from(images, (value, i) => value - start[i]!);
    assertClose(moves(actual), moves(expected), 1e-3, "moves");
    return;
  }
  // Where no gradient arrives, kernels may leave rounding errors, which have a sign.
  const slopes = ONE_STEP.values(`${name}.grad`);
  const climbed = [...actual.keys()].filter((i) => slopes[i] !== 0);
  const equal = climbed.filter((i) => Math.abs(actual[i]! - expected[i]!) <= 1e-6).length;
  assert.ok(climbed.length > 0.9 * actual.length, `${climbed.length} values have a gradient`);
  assert.ok(equal >= 0.999 * climbed.length, `${equal} of ${climbed.length} values are equal`);
}

for (const variant of VARIANTS) {
  for (const norm of ATTACK_NORMS) {
    const name = `${variant}.${norm}`;
    const recipe = smallRecipe({ variant, attackNorm: norm, attackSteps: 1 });

    eachBackend(
      `attackBatch() makes PyTorch's single step of ${variant} in ${norm}`,
      async (backend) => {
        const start = float32(ONE_STEP.values(`${name}.start`));
        assertAttacked(await attacked(recipe, backend, start), name, norm);
      },
    );

    eachBackend(
      `Learner makes PyTorch's step of ${variant} after its own attack in ${norm}`,
      async (backend) => {
        const learner = makeLearner(backend, recipe), { y } = makeBatch();
        const inputs = {
          images: {
            nat: upload<tf.Rank.R4>(REFERENCE, "x"),
            adv: upload<tf.Rank.R4>(ONE_STEP, `${name}.x_adv`),
            mem: upload<tf.Rank.R4>(ONE_STEP, `${name}.start`),
          },
          labels: oneHot(y, 10),
        };
        const { terms, weights } = await descendWith(learner, inputs);
        assertClose(await terms.loss.data(), ONE_STEP.values(`${name}.loss`), 1e-5, "loss");
        // The fixture's step is one of plain momentum; from rest, Nesterov's goes 1 + μ times as far.
        await learner.update({ ...RATES, lr: RATES.lr / (1 + RATES.momentum) });
        const state = learner.snapshot(), momenta = learner.momenta();
        const after = [`${name}.after.`, UPDATE_TOLERANCE, ONE_STEP] as const;
        const momentum = [`${name}.momentum.`, UPDATE_TOLERANCE, ONE_STEP] as const;
        assertTensors(await exportState(state), ...after);
        assertTensors(await exportTensors(momenta), ...momentum);
        disposeState(state);
        disposeAll(momenta);
        tf.dispose([{ ...terms }, weights ?? []]);
        disposeInputs(inputs);
        learner.dispose();
      },
    );
  }
}

for (const norm of ATTACK_NORMS) {
  Deno.test(`attackStart() brings x'' into the ball as PyTorch does, ${norm}`, () => {
    const recipe = smallRecipe({ variant: "fgsm-pgi", attackNorm: norm, attackSteps: 1 });
    const batch = makeBatch(), rows = [...batch.ids];
    const memory = { images: float32(REFERENCE.values("x_adv")), rows };
    const start = attackStart(recipe, batch, EPOCH, memory)!;
    const expected = ONE_STEP.values(`fgsm-pgi.${norm}.start`);
    const error = Math.max(...start.map((value, i) => Math.abs(value - expected[i]!)));
    assert.ok(error <= 1e-7, `${error}`);
  });
}
