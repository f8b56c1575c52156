import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { describeAdapters, openWebGpu } from "../../../src/backend/webgpu/open.ts";
import { oneHot } from "../../../src/model/inputs.ts";
import { disposeAll } from "../../../src/model/parameters.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { Learner } from "../../../src/train/learner/learner.ts";
import { importState } from "../../../src/weights/state_dict.ts";
import { preactivation } from "../../model/preactivation.ts";
import { randomStateDict } from "../../model/random_weights.ts";
import { assertClose, relativeError } from "../../testing/numbers.ts";
import { smallRecipe } from "../../testing/runs.ts";
import { read } from "../../testing/tensors.ts";
import { attackedBy, descendWith, RATES, UPDATE_TOLERANCE } from "../steps_w2.ts";
import { onBoth, type Values } from "./on_both.ts";

const NETWORK = preactivation({ width: 4, classes: 10 });
/** Of a difference of images, and of what a ReLU that rounding switches may move; of all else it is 1e-5. */
const TOLERANCES: Record<string, number> = { perturbation: 1e-4, momenta: UPDATE_TOLERANCE };
const SHAPE: [number, number, number, number] = [3, 8, 8, 3];

/** Images of noise, another for each `seed`. */
function noise(seed: number): tf.Tensor4D {
  const stream = new Stream(seed, Purpose.synthetic);
  const values = Float32Array.from(
    { length: tf.util.sizeFromShape(SHAPE) },
    () => stream.uniform(),
  );
  return tf.tensor4d(values, SHAPE);
}

/** The engine as it is, with whatever convolutions it chooses. */
async function openWhole() {
  const [adapter] = await describeAdapters();
  return await openWebGpu(adapter!, { tune: false });
}

onBoth(
  "Learner attacks, descends and updates a network with layers of batch norm alone on WebGPU as the CPU engine does",
  async (backend) => {
    const recipe = smallRecipe({
      variant: "v1",
      attackLoss: "kl",
      attackNorm: "l2",
      attackSteps: 3,
    });
    const state = importState(randomStateDict(NETWORK), NETWORK, "made");
    const learner = new Learner(recipe, NETWORK, backend, state);
    const nat = noise(1), mem = noise(2), begin = noise(3), still = tf.zeros<tf.Rank.R4>(SHAPE);
    const start = tf.tidy(() => tf.add(tf.mul(nat, 0.99), tf.mul(begin, 0.01)) as tf.Tensor4D);
    const labels = oneHot(Uint8Array.of(1, 7, 4), 10);
    const noises = [still, still, still];
    const adv = await attackedBy(learner, { images: { nat }, labels }, start, noises);
    const perturbation = tf.sub(adv, nat);
    const results: Values = { perturbation: await read(perturbation) };
    // Of what either engine has attacked the other need not make the same.
    const images = { nat, adv: begin, mem };
    const { terms, weights } = await descendWith(learner, { images, labels });
    for (const [name, term] of Object.entries(terms)) results[name] = await read(term);
    await learner.update(RATES);
    const { parameters, buffers } = learner.snapshot(), momenta = learner.momenta();
    for (const [kind, tensors] of Object.entries({ momenta, parameters, buffers })) {
      for (const [name, tensor] of tensors) {
        results[`${kind}: ${name}`] = await read(tensor.clone());
      }
    }
    [parameters, buffers, momenta].forEach(disposeAll);
    tf.dispose([nat, mem, begin, still, start, adv, perturbation, labels, terms, weights ?? []]);
    learner.dispose();
    return results;
  },
  (expected, actual) => {
    assert.ok(relativeError(expected.perturbation!, new Float32Array(576)) > 0.1, "it attacks");
    for (const [name, values] of Object.entries(actual)) {
      const reference = expected[name]!;
      if (values.length > 1) {
        assertClose(values, reference, TOLERANCES[name.split(":")[0]!] ?? 1e-5, name);
      } else {
        // Its error is that of the loss, of which it may be a small part.
        const error = Math.abs(values[0]! - reference[0]!) / expected.loss![0]!;
        assert.ok(error <= 1e-5, `${name}: error ${error}`);
      }
    }
  },
  openWhole,
);
