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
  partOf,
  RATES,
  UPDATE_TOLERANCE,
} from "../steps_w2.ts";

onOneThread();

/** The fixture's steps: what differs from the defaults, and on how many engines. */
const CASES: readonly {
  readonly flags: RecipeFlags & { readonly variant: Variant };
  /** What the fixture calls it; the variant unless given. */
  readonly as?: string;
  readonly register: typeof onWasm;
}[] = [
  { flags: { variant: "v1", awp: 0.01 }, register: eachBackend },
  { flags: { variant: "mart", awp: 0.01 }, register: onWasm },
  { flags: { variant: "hat+v1", awp: 0.01 }, register: onWasm },
  { flags: { variant: "trades", awp: 0.005 }, as: "trades with awp", register: eachBackend },
  { flags: { variant: "trades", clipGradNorm: 0.5 }, register: onWasm },
  {
    flags: {
      ...{ variant: "standard", awp: 0.05, weightDecay: 0.2 },
      ...{ clipGradNorm: 0.5, labelSmoothing: 0.1 },
    },
    register: eachBackend,
  },
];
const GAMMA = 0.01;

/**
 * The loss of the last of `steps` steps, and what they leave behind, as a checkpoint has it.
 *
 * @param ends where the parts of a batch end, which all of it is unless given
 */
async function walk(
  backend: Backend,
  flags: RecipeFlags,
  steps: readonly boolean[],
  ends: readonly number[] = [],
) {
  const learner = makeLearner(backend, smallRecipe(flags)), inputs = makeInputs();
  const parts = ends.map((end, i) => partOf(inputs, ends[i - 1] ?? 0, end));
  let loss: Float32Array = Float32Array.of(), weighed = 0;
  for (const perturbed of steps) {
    const given = parts.length === 0 ? inputs : parts;
    const { terms, weights } = await descendWith(learner, given, perturbed);
    loss = await read(terms.loss);
    weighed = weights?.size ?? 0;
    tf.dispose([{ ...terms }, weights ?? []]);
    await learner.update(RATES);
  }
  const state = learner.snapshot(), momenta = learner.momenta();
  const left = { state: await exportState(state), momenta: await exportTensors(momenta) };
  disposeState(state);
  disposeAll(momenta);
  disposeInputs(inputs, ...parts);
  learner.dispose();
  return { loss, weighed, ...left };
}

for (const { flags, as = flags.variant, register } of CASES) {
  const { variant, ...changes } = flags;
  const title = `Learner makes PyTorch's step of ${variant} with ${Object.keys(changes)}`;
  register(title, async (backend) => {
    const { loss, state, momenta } = await walk(backend, flags, [flags.awp !== undefined]);
    const expected = OPTIMISER_REFERENCE, under = `step.${as}.`;
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

eachBackend(
  "Learner makes PyTorch's step of a batch in parts of 4 and 2 images, with awp, clipping and smooth labels",
  async (backend) => {
    const flags = { variant: "v1", microBatch: 4, awp: 0.002 } as const;
    const others = { clipGradNorm: 0.5, labelSmoothing: 0.1 };
    const { loss, weighed, state, momenta } = await walk(
      ...[backend, { ...flags, ...others }, [true], [4, 6]] as const,
    );
    const expected = OPTIMISER_REFERENCE, under = "step.v1 in parts.";
    assertClose(loss, expected.values(`${under}loss`), 1e-4, "loss");
    assert.equal(weighed, 6, "the weights of both parts' examples");
    assertTensors(state, `${under}after.`, UPDATE_TOLERANCE, expected);
    assertTensors(momenta, `${under}momentum.`, UPDATE_TOLERANCE, expected);
  },
);

onWasm(
  "Learner whose batches are no larger than a part is one without parts, to the bit",
  async (backend) => {
    const whole = await walk(backend, { variant: "v1" }, [false, false]);
    assert.deepEqual(
      await walk(backend, { variant: "v1", microBatch: 6 }, [false, false]),
      whole,
    );
  },
);

onWasm("Learner that cuts no batch refuses parts of one", async (backend) => {
  const learner = makeLearner(backend), inputs = makeInputs();
  await assert.rejects(() => learner.descend([inputs, inputs]), TypeError);
  disposeInputs(inputs);
  learner.dispose();
});

onWasm("Learner without AWP refuses to perturb", async (backend) => {
  const learner = makeLearner(backend), inputs = makeInputs();
  await assert.rejects(() => learner.descend([inputs], true), TypeError);
  disposeInputs(inputs);
  learner.dispose();
});
