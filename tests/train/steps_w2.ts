/**
 * The fixture `steps_w2`: a width-2 ResNet-18 before and after PyTorch's training steps.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../src/backend/backend.ts";
import type { SafeTensor } from "../../src/format/safetensors.ts";
import { needsHelper } from "../../src/method/method.ts";
import { methodOf } from "../../src/method/methods.ts";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import { disposeAll, type ModelState } from "../../src/model/parameters.ts";
import { importState } from "../../src/weights/state_dict.ts";
import type { RecipeFlags } from "../../src/recipe/fields.ts";
import type { Helper } from "../../src/run/weights/helper.ts";
import type { Recipe } from "../../src/recipe/recipe.ts";
import type { Descent } from "../../src/train/learner/compiled_descent.ts";
import { Learner } from "../../src/train/learner/learner.ts";
import type { StepInputs } from "../../src/train/step.ts";
import { fixture } from "../testing/fixture.ts";
import { assertClose } from "../testing/numbers.ts";
import { smallRecipe } from "../testing/runs.ts";
import { labelsOf, upload } from "../testing/tensors.ts";

export const W2 = resnet18({ width: 2, classes: 10 });
export const REFERENCE = fixture("steps_w2");
/** `optimiser_w2`: steps from the same start with AWP, clipping and smooth labels. */
export const OPTIMISER_REFERENCE = fixture("optimiser_w2");
export const RATES = { lr: 0.1, momentum: 0.9 };
/** A gradient may differ where rounding switches a ReLU; what the step leaves behind is held tighter. */
export const GRADIENT_TOLERANCE = 1e-2, UPDATE_TOLERANCE = 1e-3;

/** The model before the step. */
export function start(): ModelState {
  return importState(REFERENCE.under("start."), W2, "steps_w2");
}

export function makeInputs(): Required<Pick<StepInputs, "images" | "labels">> {
  return {
    images: {
      nat: upload<tf.Rank.R4>(REFERENCE, "x"),
      adv: upload<tf.Rank.R4>(REFERENCE, "x_adv"),
      mem: upload<tf.Rank.R4>(REFERENCE, "x_mem"),
    },
    labels: labelsOf(REFERENCE),
  };
}

/** Copies of the images `first` to `end` (exclusive) of `inputs`, in which every image has a memory example. */
export function partOf({ images, labels }: StepInputs, first: number, end: number): StepInputs {
  const rows = <R extends tf.Rank>(tensor: tf.Tensor<R>) => tf.slice(tensor, first, end - first);
  const cut = Object.entries(images).map(([pass, tensor]) => [pass, rows(tensor)]);
  return { images: Object.fromEntries(cut), labels: rows(labels) };
}

/** A learner of the model before the step. */
export function makeLearner(backend: Backend, recipe: Recipe = smallV1()): Learner {
  return new Learner(recipe, W2, backend, start(), undefined, { helper: helperOf(recipe) });
}

/** The helper of a `recipe` that takes one: in the fixture, the model before the step. */
export function helperOf({ variant }: Recipe): Helper | undefined {
  return needsHelper(methodOf(variant)) ? { architecture: W2, state: start() } : undefined;
}

/** A recipe of V1 with three steps of attack. */
export function smallV1(input: RecipeFlags = {}): Recipe {
  return smallRecipe({ variant: "v1", attackSteps: 3, ...input });
}

/** The images of {@linkcode Learner.attack}, without its losses. */
export async function attackedBy(
  learner: Learner,
  ...args: Parameters<Learner["attack"]>
): Promise<tf.Tensor4D> {
  const { adversarial, losses } = await learner.attack(...args);
  tf.dispose([...losses]);
  return adversarial;
}

/** What {@linkcode Learner.descend} yields, without the number of those fooled. */
export async function descendWith(
  learner: Learner,
  inputs: StepInputs | readonly StepInputs[],
  perturbed?: boolean,
): Promise<Pick<Descent, "terms" | "weights">> {
  const { fooled, ...rest } = await learner.descend([inputs].flat(), perturbed);
  fooled?.dispose();
  return rest;
}

export function disposeInputs(...all: StepInputs[]): void {
  for (const { images, labels, memoryRows } of all) {
    tf.dispose([{ ...images }, labels, memoryRows ?? []]);
  }
}

export function disposeState(state: ModelState): void {
  disposeAll(state.parameters);
  disposeAll(state.buffers);
}

/** Every tensor of `actual` against the one that the fixture calls `prefix` and its name. */
export function assertTensors(
  actual: ReadonlyMap<string, SafeTensor>,
  prefix: string,
  tolerance: number,
  reference = REFERENCE,
): void {
  const expected = reference.under(prefix);
  assert.deepEqual(new Set(actual.keys()), new Set(expected.keys()));
  for (const [name, { data, dtype }] of expected) {
    const values = actual.get(name)!.data;
    if (dtype === "I64") assert.deepEqual(values, data, prefix + name);
    else assertClose(values as Float32Array, data as Float32Array, tolerance, prefix + name);
  }
}
