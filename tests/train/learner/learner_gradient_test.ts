import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../../src/backend/backend.ts";
import { disposeAll } from "../../../src/model/parameters.ts";
import { exportState, exportTensors } from "../../../src/weights/state_dict.ts";
import type { Variant } from "../../../src/method/methods.ts";
import type { RecipeFlags } from "../../../src/recipe/fields.ts";
import { onOneThread, onWasm } from "../../testing/device.ts";
import { eachBackend } from "../../testing/backends.ts";
import { assertClose } from "../../testing/numbers.ts";
import { smallRecipe } from "../../testing/runs.ts";
import { read } from "../../testing/tensors.ts";
import {
  assertTensors,
  descendWith,
  disposeInputs,
  disposeState,
  makeInputs,
  makeLearner,
  OPTIMISER_REFERENCE,
  RATES,
  UPDATE_TOLERANCE,
} from "../steps_w2.ts";

onOneThread();

/** The fixture's steps: what differs from the defaults. */
const CASES: readonly (RecipeFlags & { variant: Variant })[] = [
  { variant: "v1", awp: 0.01 },
  { variant: "mart", awp: 0.01 },
  { variant: "hat+v1", awp: 0.01 },
  { variant: "trades", clipGradNorm: 0.5 },
  { variant: "standard", awp: 0.05, weightDecay: 0.2, clipGradNorm: 0.5, labelSmoothing: 0.1 },
];
const GAMMA = 0.01;

/** The loss of the last of `steps` steps, and what they leave behind, as a checkpoint has it. */
async function walk(
  backend: Backend,
  flags: RecipeFlags,
  steps: readonly boolean[],
) {
  const learner = makeLearner(backend, smallRecipe(flags)), inputs = makeInputs();
  let loss: Float32Array = Float32Array.of();
  for (const perturbed of steps) {
    const { terms, weights } = await descendWith(learner, inputs, perturbed);
    loss = await read(terms.loss);
    tf.dispose([{ ...terms }, weights ?? []]);
    await learner.update(RATES);
  }
  const state = learner.snapshot(), momenta = learner.momenta();
  const result = { loss, state: await exportState(state), momenta: await exportTensors(momenta) };
  disposeState(state);
  disposeAll(momenta);
  disposeInputs(inputs);
  learner.dispose();
  return result;
}

for (const flags of CASES) {
  const { variant, ...changes } = flags;
  // The one of least passes on the GPU: the others differ in their losses, which are tested there.
  const register = variant === "standard" ? eachBackend : onWasm;
  const title = `Learner makes PyTorch's step of ${variant} with ${Object.keys(changes)}`;
  register(title, async (backend) => {
    const { loss, state, momenta } = await walk(backend, flags, [flags.awp !== undefined]);
    const expected = OPTIMISER_REFERENCE, under = `step.${variant}.`;
    assertClose(loss, expected.values(`${under}loss`), 1e-4, "loss");
    assertTensors(state, `${under}after.`, UPDATE_TOLERANCE, expected);
    assertTensors(momenta, `${under}momentum.`, UPDATE_TOLERANCE, expected);
  });
}

onWasm(
  "Learner that could perturb its weights and does not is one without AWP, to the bit",
  async (backend) => {
    const plain = await walk(backend, { variant: "v1" }, [false, false]);
    const warming = await walk(backend, { variant: "v1", awp: GAMMA }, [false, false]);
    assert.deepEqual(warming, plain);
    // A perturbed step leaves nothing behind that a later step would see.
    const after = await walk(backend, { variant: "v1", awp: GAMMA }, [true, false]);
    assert.notDeepEqual(after, plain);
  },
);

onWasm("Learner without AWP refuses to perturb", async (backend) => {
  const learner = makeLearner(backend), inputs = makeInputs();
  await assert.rejects(() => learner.descend(inputs, true), TypeError);
  disposeInputs(inputs);
  learner.dispose();
});
