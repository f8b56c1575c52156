import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { SafeTensor } from "../../src/format/safetensors.ts";
import type { Objective } from "../../src/loss/objective.ts";
import { type Pass, type Variant, VARIANT_TRAITS, VARIANTS } from "../../src/loss/variants.ts";
import { resnet18 } from "../../src/model/architecture.ts";
import { freeze } from "../../src/model/frozen.ts";
import {
  disposeAll,
  exportState,
  exportTensors,
  importState,
  type ModelState,
} from "../../src/model/parameters.ts";
import { Sgd } from "../../src/train/sgd.ts";
import { lossAndGradients, type StepInputs, type StepResult } from "../../src/train/step.ts";
import { eachBackend, onWasm } from "../testing/backends.ts";
import { fixture } from "../testing/fixture.ts";
import { assertClose } from "../testing/numbers.ts";
import { labelsOf, upload } from "../testing/tensors.ts";

const W2 = resnet18({ width: 2, classes: 10 });
const REFERENCE = fixture("steps_w2");
const RATES = { lr: 0.1, momentum: 0.9 };
/** A gradient may differ where rounding switches a ReLU; what the step leaves behind is held tighter. */
const GRADIENT_TOLERANCE = 1e-2, UPDATE_TOLERANCE = 1e-3;

function start(): ModelState {
  return importState(REFERENCE.under("start."), W2, "steps_w2");
}

function makeInputs(): Required<Omit<StepInputs, "memoryRows">> {
  return {
    images: {
      nat: upload<tf.Rank.R4>(REFERENCE, "x"),
      adv: upload<tf.Rank.R4>(REFERENCE, "x_adv"),
      mem: upload<tf.Rank.R4>(REFERENCE, "x_mem"),
    },
    labels: labelsOf(REFERENCE),
  };
}

function published(variant: Variant): Objective {
  const { beta = 0, betaPrime = 0, memoryWeights } = VARIANT_TRAITS[variant];
  return { variant, beta, betaPrime, memoryWeight: memoryWeights[0] ?? "uniform" };
}

/** Frees everything a step yields but its gradients, which the optimiser frees. */
function disposeResult({ terms, logits }: StepResult): void {
  tf.dispose([{ ...terms }, { ...logits }]);
}

function disposeState(state: ModelState): void {
  disposeAll(state.parameters);
  disposeAll(state.buffers);
}

/** Every tensor of `actual` against the one that the fixture calls `prefix` and its name. */
function assertTensors(
  actual: ReadonlyMap<string, SafeTensor>,
  prefix: string,
  tolerance: number,
): void {
  const expected = REFERENCE.under(prefix);
  assert.deepEqual(new Set(actual.keys()), new Set(expected.keys()));
  for (const [name, { data, dtype }] of expected) {
    const values = actual.get(name)!.data;
    if (dtype === "I64") assert.deepEqual(values, data, prefix + name);
    else assertClose(values as Float32Array, data as Float32Array, tolerance, prefix + name);
  }
}

/** One step of `variant` from the fixture's start, everything it computes and everything it leaves behind. */
async function assertStep(variant: Variant): Promise<void> {
  const state = start(), inputs = makeInputs(), sgd = new Sgd(false);
  const frozen = freeze(W2, state);
  const evaluated = frozen.logits(inputs.images.nat!);
  frozen.dispose();
  const result = lossAndGradients(W2, state, published(variant), inputs);
  tf.dispose({ ...inputs });
  const gradients = await exportTensors(result.gradients);
  sgd.step(state.parameters, result.gradients, RATES);

  const loss = await result.terms.loss.data();
  assertClose(loss, REFERENCE.values(`${variant}.loss`), 1e-5, "loss");
  const passes: Record<string, tf.Tensor> = { eval: evaluated, ...result.logits };
  const made = VARIANT_TRAITS[variant].passes;
  assert.deepEqual(Object.keys(passes), ["eval", ...made]);
  for (const [pass, logits] of Object.entries(passes)) {
    const expected = REFERENCE.values(`${variant}.logits_${pass}`);
    assertClose(await logits.data(), expected, 1e-5, `logits of ${pass}`);
  }
  assertTensors(gradients, `${variant}.grad.`, GRADIENT_TOLERANCE);
  assertTensors(await exportState(state), `${variant}.after.`, UPDATE_TOLERANCE);
  assertTensors(await exportTensors(sgd.momenta), `${variant}.momentum.`, UPDATE_TOLERANCE);
  disposeResult(result);
  evaluated.dispose();
  sgd.dispose();
  disposeState(state);
}

for (const variant of VARIANTS) {
  const register = variant === "v1" ? eachBackend : onWasm;
  register(
    `lossAndGradients() and Sgd make PyTorch's step of ${variant}`,
    () => assertStep(variant),
  );
}

onWasm("lossAndGradients() and Sgd make PyTorch's two Nesterov steps of v1", async () => {
  const state = start(), inputs = makeInputs(), sgd = new Sgd(true);
  for (let step = 0; step < 2; step++) {
    const result = lossAndGradients(W2, state, published("v1"), inputs);
    sgd.step(state.parameters, result.gradients, RATES);
    disposeResult(result);
  }
  tf.dispose({ ...inputs });
  assertTensors(await exportState(state), "v1-nesterov.after2.", UPDATE_TOLERANCE);
  assertTensors(await exportTensors(sgd.momenta), "v1-nesterov.momentum2.", UPDATE_TOLERANCE);
  sgd.dispose();
  disposeState(state);
});

/** The loss, every gradient in a row, and the number of passes of one step from the start. */
async function stepOn(variant: Variant, change: (inputs: StepInputs) => StepInputs) {
  const state = start(), before = state.batchesTracked;
  const inputs = makeInputs(), changed = change(inputs);
  const result = lossAndGradients(W2, state, published(variant), changed);
  tf.dispose([
    { ...inputs.images },
    { ...changed.images },
    inputs.labels,
    changed.memoryRows ?? [],
  ]);
  const gradients = [...(await exportTensors(result.gradients)).values()];
  const loss = (await result.terms.loss.data())[0]!;
  const passes = state.batchesTracked - before;
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
  assert.deepEqual([first.passes, first.made], [2, ["nat", "adv"]]);
  const full = await stepOn("v1", (inputs) => inputs);
  assert.deepEqual([full.passes, full.made], [3, ["nat", "adv", "mem"]]);
  assert.ok(full.loss > first.loss);
});
