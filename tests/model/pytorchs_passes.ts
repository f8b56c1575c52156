/**
 * A network held against what PyTorch made of the same weights and images: `passes` of `tests/fixtures/make_fixtures.py`.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../src/backend/backend.ts";
import { crossEntropy } from "../../src/method/divergence.ts";
import type { Architecture } from "../../src/model/architecture.ts";
import { freeze } from "../../src/model/frozen.ts";
import { disposeAll, type ModelState, parameterShapes } from "../../src/model/parameters.ts";
import { lossAndGradients } from "../../src/train/step.ts";
import { exportState, exportTensors, importState } from "../../src/weights/state_dict.ts";
import type { Fixture } from "../testing/fixture.ts";
import { assertClose } from "../testing/numbers.ts";
import { published } from "../testing/objectives.ts";
import { labelsOf, read, softplus, upload } from "../testing/tensors.ts";

/** The nonlinearities of the fixtures; undefined is the network's own. */
export const ACTIVATIONS = { softplus, relu: undefined, silu: undefined } as const;
/** The name of one. */
export type ActivationName = keyof typeof ACTIVATIONS;

/** How far values may be from PyTorch's: logits and statistics, and gradients. */
export interface Tolerances {
  readonly values: number;
  readonly gradients: number;
}

/** Frees what `state` holds. */
export function dispose({ parameters, buffers }: ModelState): void {
  disposeAll(parameters);
  disposeAll(buffers);
}

/** Logits and input gradient of the frozen network. */
export async function assertFrozen(
  architecture: Architecture,
  reference: Fixture,
  name: ActivationName,
  tolerances: Tolerances,
): Promise<void> {
  const state = importState(reference.stateDict(), architecture, "fixture");
  const model = freeze(architecture, state, ACTIVATIONS[name]);
  const x = upload<tf.Rank.R4>(reference, "x"), labels = labelsOf(reference);
  const loss = (x: tf.Tensor) =>
    tf.mean(crossEntropy(model.logits(x as tf.Tensor4D), labels)) as tf.Scalar;
  const logits = model.logits(x), gradient = tf.grad(loss)(x);
  tf.dispose([x, labels]);
  model.dispose();
  dispose(state);
  const expect = (what: string) => reference.values(`${name}.eval.${what}`);
  const { values, gradients } = tolerances, { title } = architecture;
  assertClose(await read(logits), expect("logits"), values, `${title}: logits`);
  assertClose(await read(gradient), expect("grad.x"), gradients, `${title}: input gradient`);
}

/** Logits, loss, gradients and running statistics of a step in training mode. */
export async function assertStep(
  backend: Backend,
  architecture: Architecture,
  reference: Fixture,
  name: ActivationName,
  tolerances: Tolerances,
): Promise<void> {
  const state = importState(reference.stateDict(), architecture, "fixture");
  const { parameters, buffers } = state;
  const gradients = new Map([...parameters].map(([key, tensor]) => [key, tf.zerosLike(tensor)]));
  const deviceState = backend.deviceState([parameters, buffers, gradients]);
  const descend = deviceState.compile(({ x, labels }) => {
    const inputs = { images: { nat: x as tf.Tensor4D }, labels: labels as tf.Tensor2D };
    const objective = published("standard"), activation = ACTIVATIONS[name];
    const result = lossAndGradients(architecture, state, objective, inputs, activation);
    for (const [key, gradient] of result.gradients) gradients.set(key, gradient);
    return { logits: result.logits.nat!, loss: result.terms.loss };
  });
  const x = upload(reference, "x"), labels = labelsOf(reference);
  const { logits, loss } = await descend({ x, labels });
  const expect = (what: string) => reference.values(`${name}.train.${what}`);
  const { title } = architecture;
  assertClose(await read(logits!), expect("logits"), tolerances.values, `${title}: logits`);
  const expected = [crossEntropyOf(expect("logits"), reference.integers("y"))];
  assertClose(await read(loss!), expected, tolerances.values, `${title}: loss`);
  const slopes = deviceState.snapshot(gradients);
  assert.equal(slopes.size, parameterShapes(architecture).size);
  for (const [key, { data }] of await exportTensors(slopes)) {
    const slope = data as Float32Array, what = `${title}: gradient of ${key}`;
    assertClose(slope, expect(`grad.${key}`), tolerances.gradients, what);
  }
  const after = {
    parameters: deviceState.snapshot(parameters),
    buffers: deviceState.snapshot(buffers),
    batchesTracked: 8,
  };
  for (const [key, { data }] of await exportState(after)) {
    if (/running_/.test(key)) {
      assertClose(data as Float32Array, expect(`after.${key}`), tolerances.values, key);
    }
  }
  tf.dispose([x, labels]);
  disposeAll(slopes);
  dispose(after);
  deviceState.dispose();
}

/** The mean cross-entropy of `labels` under `logits` `[N,10]`. */
function crossEntropyOf(logits: ArrayLike<number>, labels: Int32Array): number {
  return labels.reduce((sum, label, row) => {
    const values = Array.from({ length: 10 }, (_, c) => logits[row * 10 + c]!);
    const norm = Math.log(values.reduce((total, value) => total + Math.exp(value), 0));
    return sum + (norm - values[label]!) / labels.length;
  }, 0);
}
