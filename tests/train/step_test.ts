import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { type Pass, passesOf } from "../../src/method/method.ts";
import { methodOf, type Variant } from "../../src/method/methods.ts";
import { freeze } from "../../src/model/frozen.ts";
import { disposeAll, type TensorMap } from "../../src/model/parameters.ts";
import { exportState, exportTensors } from "../../src/weights/state_dict.ts";
import { rateTensor, Sgd, zeroMomenta } from "../../src/optimise/sgd.ts";
import {
  lossAndGradients,
  passesMade,
  type StepInputs,
  type StepResult,
} from "../../src/train/step.ts";
import { eachBackend } from "../testing/backends.ts";
import { onOneThread, onWasm } from "../testing/device.ts";
import { assertClose } from "../testing/numbers.ts";
import { published, STEPPED } from "../testing/objectives.ts";
import { labelsOf } from "../testing/tensors.ts";
import {
  assertTensors,
  disposeState,
  GRADIENT_TOLERANCE,
  makeInputs,
  RATES,
  REFERENCE,
  start,
  UPDATE_TOLERANCE,
  W2,
} from "./steps_w2.ts";

onOneThread();

/** Frees everything a step yields but its gradients. */
function disposeResult({ terms, weights, logits }: StepResult): void {
  tf.dispose([{ ...terms }, weights ?? [], { ...logits }]);
}

/** The optimiser's step along `gradients`, which are freed with what it replaces. */
function follow(sgd: Sgd, parameters: TensorMap, gradients: TensorMap): void {
  const replaced = [...parameters.values(), ...sgd.momenta.values()], rates = rateTensor(RATES);
  sgd.step(parameters, gradients, rates);
  tf.dispose([replaced, rates]);
  disposeAll(gradients);
}

/** One step of `variant` from the fixture's start, everything it computes and everything it leaves behind. */
async function assertStep(variant: Variant): Promise<void> {
  const state = start();
  const inputs = { ...makeInputs(), helperLabels: labelsOf(REFERENCE, "y_help") };
  const sgd = new Sgd({ weightDecay: 5e-4, nesterov: false }, zeroMomenta(state.parameters));
  const frozen = freeze(W2, state);
  const evaluated = frozen.logits(inputs.images.nat!);
  frozen.dispose();
  const result = lossAndGradients(W2, state, published(variant), inputs);
  tf.dispose({ ...inputs });
  const gradients = await exportTensors(result.gradients);
  follow(sgd, state.parameters, result.gradients);

  const loss = await result.terms.loss.data();
  assertClose(loss, REFERENCE.values(`${variant}.loss`), 1e-5, "loss");
  const passes: Record<string, tf.Tensor> = { eval: evaluated, ...result.logits };
  const made = passesOf(methodOf(variant));
  assert.deepEqual(Object.keys(passes), ["eval", ...made]);
  for (const [pass, logits] of Object.entries(passes)) {
    const expected = REFERENCE.values(`${variant}.logits_${pass}`);
    assertClose(await logits.data(), expected, 1e-5, `logits of ${pass}`);
  }
  assertTensors(gradients, `${variant}.grad.`, GRADIENT_TOLERANCE);
  state.batchesTracked += made.length; // which the step leaves to its caller
  assertTensors(await exportState(state), `${variant}.after.`, UPDATE_TOLERANCE);
  assertTensors(await exportTensors(sgd.momenta), `${variant}.momentum.`, UPDATE_TOLERANCE);
  disposeResult(result);
  evaluated.dispose();
  disposeAll(sgd.momenta);
  disposeState(state);
}

for (const variant of STEPPED) {
  const register = variant === "v1" ? eachBackend : onWasm;
  register(
    `lossAndGradients() and Sgd make PyTorch's step of ${variant}`,
    () => assertStep(variant),
  );
}

onWasm("lossAndGradients() and Sgd make PyTorch's two Nesterov steps of v1", async () => {
  const state = start(), inputs = makeInputs();
  const sgd = new Sgd({ weightDecay: 5e-4, nesterov: true }, zeroMomenta(state.parameters));
  for (let step = 0; step < 2; step++) {
    const result = lossAndGradients(W2, state, published("v1"), inputs);
    follow(sgd, state.parameters, result.gradients);
    disposeResult(result);
    state.batchesTracked += 3;
  }
  tf.dispose({ ...inputs });
  assertTensors(await exportState(state), "v1-nesterov.after2.", UPDATE_TOLERANCE);
  assertTensors(await exportTensors(sgd.momenta), "v1-nesterov.momentum2.", UPDATE_TOLERANCE);
  disposeAll(sgd.momenta);
  disposeState(state);
});

/** The loss, every gradient in a row, and the passes of one step from the start: announced and made. */
async function stepOn(variant: Variant, change: (inputs: StepInputs) => StepInputs) {
  const state = start(), before = state.batchesTracked;
  const inputs = makeInputs(), changed = change(inputs);
  const passes = passesMade(methodOf(variant), changed.images);
  const result = lossAndGradients(W2, state, published(variant), changed);
  assert.equal(state.batchesTracked, before);
  tf.dispose([
    { ...inputs.images },
    { ...changed.images },
    inputs.labels,
    changed.labels,
    changed.helperLabels ?? [],
    changed.memoryRows ?? [],
  ]);
  const gradients = [...(await exportTensors(result.gradients)).values()];
  const loss = (await result.terms.loss.data())[0]!;
  const made = Object.keys(result.logits) as Pass[];
  disposeResult(result);
  disposeAll(result.gradients);
  disposeState(state);
  return {
    loss,
    passes,
    made,
    slopes: gradients.flatMap(({ data }) => Array.from(data as Float32Array)),
  };
}

onWasm("lossAndGradients() matches memory examples to batch rows by the selection", async () => {
  const order = [4, 2, 0, 5, 1, 3];
  const straight = await stepOn("v1", (inputs) => inputs);
  const shuffled = await stepOn("v1", ({ images, labels }) => ({
    images: { ...images, mem: tf.gather(images.mem!, order) },
    labels,
    memoryRows: tf.tensor2d(order.map((row) => order.map((_, i) => +(i === row)))),
  }));
  assertClose([shuffled.loss], [straight.loss], 1e-6, "loss");
  assertClose(shuffled.slopes, straight.slopes, 1e-3, "gradients");
});

onWasm("lossAndGradients() makes the step of TRADES while there is no memory", async () => {
  const first = await stepOn("v1", ({ images: { nat, adv }, labels }) => ({
    images: { nat: nat!, adv: adv! },
    labels,
  }));
  const [trades, all] = [["nat", "adv"], ["nat", "adv", "mem"]];
  assert.deepEqual([first.passes, first.made], [trades, trades]);
  const full = await stepOn("v1", (inputs) => inputs);
  assert.deepEqual([full.passes, full.made], [all, all]);
  assert.ok(full.loss > first.loss);
});

onWasm(
  "lossAndGradients() makes PGD-AT's step, without clean images, while a memory on it is empty",
  async () => {
    const withoutMemory = ({ images: { nat, adv }, labels }: StepInputs) => ({
      images: { nat: nat!, adv: adv! },
      labels,
    });
    const first = await stepOn("pgd-at+v1", withoutMemory);
    assert.deepEqual([first.passes, first.made], [["adv"], ["adv"]]);
    assert.deepEqual(first, await stepOn("pgd-at", withoutMemory));
  },
);

for (const variant of ["trades", "v1", "v2", "v3", "mart+v1", "hat+v1"] as const) {
  onWasm(
    `lossAndGradients() of ${variant} is the same for a batch of repeated images`,
    async () => {
      // 144 images have so many logits that the engine keeps them on its heap.
      const repeat = <R extends tf.Rank>(tensor: tf.Tensor<R>) =>
        tf.concat(Array<tf.Tensor<R>>(24).fill(tensor));
      const helpers = () => labelsOf(REFERENCE, "y_help");
      const once = await stepOn(variant, (inputs) => ({ ...inputs, helperLabels: helpers() }));
      const often = await stepOn(variant, ({ images: { nat, adv, mem }, labels }) => ({
        images: { nat: repeat(nat!), adv: repeat(adv!), mem: repeat(mem!) },
        labels: repeat(labels),
        helperLabels: tf.tidy(() => repeat(helpers())),
      }));
      assertClose([often.loss], [once.loss], 1e-5, "loss");
      assertClose(often.slopes, once.slopes, 1e-3, "gradients");
    },
  );
}
