import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { disposeAll } from "../../../src/model/parameters.ts";
import type { RecipeFlags } from "../../../src/recipe/fields.ts";
import { Learner } from "../../../src/train/learner/learner.ts";
import type { StepInputs } from "../../../src/train/step.ts";
import { assertClose } from "../../testing/numbers.ts";
import { smallRecipe } from "../../testing/runs.ts";
import { read } from "../../testing/tensors.ts";
import {
  attackedBy,
  descendWith,
  disposeInputs,
  makeInputs,
  makeLearner,
  partOf,
  RATES,
  REFERENCE,
  start,
  UPDATE_TOLERANCE,
  W2,
} from "../steps_w2.ts";
import { onBoth, type Values } from "./on_both.ts";

/** Images of the fixture's batch, and those rows of them that have a memory example. */
const N = 3, REMEMBERED = [2, 0];

/** A step's inputs, a part of which has memory examples, in another order than the batch's. */
function partialInputs(): Required<Omit<StepInputs, "helperLabels">> {
  return tf.tidy(() => {
    const { images, labels } = makeInputs();
    const first = <R extends tf.Rank>(tensor: tf.Tensor<R>) => tf.slice(tensor, 0, N);
    const rows = REMEMBERED.map((row) => Array.from({ length: N }, (_, i) => Number(i === row)));
    return {
      images: {
        nat: first(images.nat!),
        adv: first(images.adv!),
        mem: tf.gather(images.mem!, REMEMBERED),
      },
      labels: first(labels),
      memoryRows: tf.tensor2d(rows),
    };
  });
}

/** In L∞ a single step: what the engines' rounding makes of a gradient of zero is a whole step, and leads elsewhere. */
const ATTACKS: readonly RecipeFlags[] = [
  { variant: "v1", attackLoss: "memory-kl", attackNorm: "linf" },
  { variant: "v2", attackLoss: "memory-kl", attackNorm: "l2" },
  { variant: "v3", attackLoss: "kl", attackNorm: "l2" },
  { variant: "v3", attackLoss: "ce", attackNorm: "l2" },
  { variant: "trades", attackLoss: "kl", attackNorm: "linf" },
  { variant: "pgd-at", attackLoss: "ce", attackNorm: "linf" },
];

onBoth(
  "Learner.attack() replayed on WebGPU moves images as the CPU engine does",
  async (backend) => {
    const results: Values = {};
    for (const input of ATTACKS) {
      const recipe = smallRecipe({ ...input, attackSteps: input.attackNorm === "l2" ? 3 : 1 });
      const learner = new Learner(recipe, W2, backend, start());
      const { images: { nat, adv, mem }, labels, memoryRows } = partialInputs();
      const noise = recipe.threat.norm === "l2" ? [1, 2, 3].map(() => tf.zerosLike(nat!)) : [];
      const inputs = { images: { nat: nat!, mem: mem! }, labels, memoryRows };
      const name = Object.values(input).join(", ");
      results[name] = await read(await attackedBy(learner, inputs, adv!, noise));
      tf.dispose([{ ...inputs.images }, adv!, labels, memoryRows, noise]);
      learner.dispose();
    }
    return results;
  },
  (expected, actual) => {
    const clean = REFERENCE.values("x"), began = Float32Array.from(REFERENCE.values("x_adv"));
    for (const [name, values] of Object.entries(actual)) {
      const reference = expected[name]!;
      if (name.endsWith("l2")) {
        const perturbation = (images: Float32Array) => images.map((value, i) => value - clean[i]!);
        assertClose(perturbation(values), perturbation(reference), 1e-5, name);
        continue;
      }
      // Where no gradient arrives, the CPU's Winograd convolutions leave rounding errors, which have a sign.
      const moved = [...values.keys()].filter((i) => values[i] !== began[i]);
      const equal = moved.filter((i) => Math.abs(values[i]! - reference[i]!) <= 1e-6);
      assert.ok(moved.length >= 0.5 * values.length, `${name}: ${moved.length} values moved`);
      const share = equal.length / moved.length;
      assert.ok(share >= 0.99, `${name}: ${share} of the values that moved are equal`);
    }
  },
);

const DESCENTS: readonly RecipeFlags[] = [
  { variant: "v1" },
  { variant: "v2" },
  { variant: "v3", memoryWeight: "misclassified" },
  { variant: "mart" },
  { variant: "fgsm-pgi" },
  { variant: "mart+v1" },
  { variant: "hat+v1" },
  { variant: "pgd-at+v1" },
  { variant: "trades", microBatch: 2 },
  { variant: "v1", microBatch: 2 },
];

/** Where the parts of a batch begin and end. */
const PARTS = [[0, 2], [2, N]] as const;

/** A step's inputs in parts, with the memory that there is of either. */
function partsOf({ images: { nat, adv, mem }, labels }: StepInputs): StepInputs[] {
  return PARTS.map(([first, end]) => {
    const places = [...REMEMBERED.keys()].filter((place) =>
      REMEMBERED[place]! >= first && REMEMBERED[place]! < end
    );
    const rows = places.map((place) =>
      Array.from({ length: end - first }, (_, i) => Number(first + i === REMEMBERED[place]))
    );
    const { images, labels: own } = partOf({ images: { nat, adv }, labels }, first, end);
    const memory = { images: { ...images, mem: tf.gather(mem!, places) } };
    return { ...memory, labels: own, memoryRows: tf.tensor2d(rows) };
  });
}

onBoth(
  "Learner.descend() replayed on WebGPU has the CPU engine's terms, gradients and statistics",
  async (backend) => {
    const results: Values = {};
    for (const input of DESCENTS) {
      const learner = makeLearner(backend, smallRecipe(input));
      const inputs = partialInputs();
      const parts = input.microBatch ? partsOf(inputs) : [];
      const { terms, weights } = await descendWith(learner, parts.length > 0 ? parts : inputs);
      disposeInputs(...parts);
      await learner.update(RATES); // from rest: the momenta are gradients and decay
      const { parameters, buffers } = learner.snapshot(), momenta = learner.momenta();
      const weighed = weights ? [["weights", weights] as const] : [];
      const named: (readonly [string, tf.Tensor])[] = [
        ...Object.entries(terms),
        ...weighed,
        ...momenta,
        ...buffers,
      ];
      for (const [name, tensor] of named) {
        results[`${Object.values(input)}: ${name}`] = await tensor.data<"float32">();
      }
      [parameters, buffers, momenta].forEach(disposeAll);
      tf.dispose([
        { ...terms },
        weights ?? [],
        { ...inputs.images },
        inputs.labels,
        inputs.memoryRows,
      ]);
      learner.dispose();
    }
    return results;
  },
  (expected, actual) => {
    for (const [name, values] of Object.entries(actual)) {
      const [variant] = name.split(":"), reference = expected[name]!;
      if (values.length === 1) {
        // Their error is that of the loss, of which they may be a small part.
        const error = Math.abs(values[0]! - reference[0]!) / expected[`${variant}: loss`]![0]!;
        assert.ok(error <= 1e-5, `${name}: error ${error}`);
      } else {
        const tolerance = name.includes("running") ? 1e-5 : UPDATE_TOLERANCE;
        assertClose(values, reference, tolerance, name);
      }
    }
  },
);
