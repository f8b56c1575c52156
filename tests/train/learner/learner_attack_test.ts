import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { pgd } from "../../../src/attack/pgd.ts";
import { freeze } from "../../../src/model/frozen.ts";
import type { RecipeFlags } from "../../../src/recipe/fields.ts";
import { attackLoss, trainingAttack } from "../../../src/train/inner_attack.ts";
import type { StepInputs } from "../../../src/train/step.ts";
import { eachBackend } from "../../testing/backends.ts";
import { assertClose } from "../../testing/numbers.ts";
import { read, upload } from "../../testing/tensors.ts";
import {
  attackedBy,
  disposeInputs,
  disposeState,
  makeInputs,
  makeLearner,
  REFERENCE,
  smallV1,
  start,
  W2,
} from "../steps_w2.ts";

const ATTACKS: RecipeFlags[] = [{ attackLoss: "ce" }, { attackNorm: "l2" }, {
  attackLoss: "memory-kl",
}];

for (const input of ATTACKS) {
  const recipe = smallV1(input), how = trainingAttack(recipe)!, { norm } = how.pgd;
  eachBackend(`Learner.attack() follows pgd(), ${norm}, ${how.loss}`, async (backend) => {
    const { images, labels } = makeInputs(),
      learner = makeLearner(backend, recipe),
      state = start();
    const rows = [5, 0, 2];
    const inputs: StepInputs = {
      images: { nat: images.nat!, mem: tf.gather(images.mem!, rows) },
      labels,
      memoryRows: tf.tensor2d(rows.map((row) => Array.from({ length: 6 }, (_, i) => +(i === row)))),
    };
    const from = upload<tf.Rank.R4>(REFERENCE, "pgd.start"), { nat } = inputs.images;
    const noise = norm === "l2" ? [1, 2, 3].map(() => tf.zerosLike(from)) : [];
    const { adversarial, losses } = await learner.attack(inputs, from, noise);
    const [reached] = await read(await learner.attackLoss(inputs, adversarial));
    // Not the rectifier itself: on every engine, the network is made layer by layer.
    const model = freeze(W2, state, (x) => tf.relu(x));
    const { expected, ...seen } = tf.tidy(() => {
      const loss = attackLoss(model, inputs, how);
      const noiseOf = (step: number) => noise[step]!;
      const first = { ...how.pgd, steps: how.pgd.steps - 1 };
      const later = pgd(model.logits, nat!, from, loss, first, noiseOf);
      const expected = pgd(model.logits, nat!, from, loss, how.pgd, noiseOf);
      const end = loss(model.logits(adversarial));
      return { expected, first: loss(model.logits(from)), last: loss(model.logits(later)), end };
    });
    const values = [(await read(seen.first))[0]!, (await read(seen.last))[0]!];
    for (const [i, scalar] of losses.entries()) {
      const value = (await read(scalar))[0]!;
      // Beside the image the divergence is next to nothing; later, rounding may have changed the signs of steps.
      assert.ok(
        Math.abs(value - values[i]!) < 2e-2 * values[i]! + 1e-6,
        `loss ${value}, not ${values[i]}`,
      );
    }
    const [end] = await read(seen.end);
    assert.ok(Math.abs(reached! - end!) < 1e-4 * end!, `${reached} at the end, not ${end}`);
    assert.ok(reached! > values[1]!, `${reached} at the end, after ${values[1]}`);
    model.dispose();
    disposeState(state);
    const [actual, reference] = [await read(adversarial), await read(expected)];
    // Where rounding switches a ReLU, gradients differ by a hundredth, and those about zero take the other sign.
    if (norm === "linf") {
      const equal = actual.filter((value, i) => Math.abs(value - reference[i]!) <= 1e-6).length;
      assert.ok(equal >= 0.9 * actual.length, `${equal} of ${actual.length} values are equal`);
    } else {
      const clean = REFERENCE.values("x");
      const perturbation = (values: Float32Array) => values.map((value, i) => value - clean[i]!);
      assertClose(perturbation(actual), perturbation(reference), 3e-2, "perturbations");
    }
    disposeInputs(inputs);
    tf.dispose([images.adv, images.mem, from, noise]);
    learner.dispose();
  });
}

eachBackend(
  "Learner.attack() goes along each step's noise where gradients vanish",
  async (backend) => {
    const recipe = smallV1({ attackNorm: "l2", attackEps: 0.5, attackStep: 0.1, attackSteps: 2 });
    const learner = makeLearner(backend, recipe), { images, labels } = makeInputs();
    const { parameters } = learner.state;
    const flatten = learner.deviceState.compile(() => {
      parameters.set("linear.weight", tf.zerosLike(parameters.get("linear.weight")!));
      return {};
    });
    await flatten({});
    const nat = tf.fill<tf.Rank.R4>([6, 32, 32, 3], 0.5);
    // The first image goes 0.1 along (3, −4)/5, then 0.1 along (0, 2)/2; every other one likewise.
    const noise = [[3, -4], [0, 2]].map((pair) =>
      tf.tensor4d(
        Float32Array.from({ length: 6 * 3072 }, (_, i) => pair[i % 3072] ?? 0),
        nat.shape,
      )
    );
    const adversarial = await read(
      await attackedBy(learner, { images: { nat }, labels }, nat, noise),
    );
    const expected = adversarial.map((_, i) => 0.5 + ([0.06, -0.08 + 0.1][i % 3072] ?? 0));
    assertClose(adversarial, expected, 1e-6, "moved images");
    tf.dispose([nat, noise, { ...images }, labels]);
    learner.dispose();
  },
);
