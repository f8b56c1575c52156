import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { disposeAll, type TensorMap } from "../../src/model/parameters.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";
import type { Rates } from "../../src/optimise/schedule.ts";
import { rateTensor, Sgd, zeroMomenta } from "../../src/optimise/sgd.ts";
import { eachBackend } from "../testing/backends.ts";
import { onWasm } from "../testing/device.ts";
import { assertClose } from "../testing/numbers.ts";
import { read } from "../testing/tensors.ts";

const SHAPES = new Map([["conv.weight", [3, 3, 2, 5]], ["bn.bias", [5]], ["linear.weight", [
  5,
  4,
]]]);
const WEIGHT_DECAY = 3e-2;
const NESTEROV = { weightDecay: WEIGHT_DECAY, nesterov: true };
/** Rates that differ from step to step, as the one-cycle schedule's do. */
const RATES = [{ lr: 0.1, momentum: 0.95 }, { lr: 0.2, momentum: 0.85 }, {
  lr: 0.05,
  momentum: 0.9,
}];

/** Normal values for every shape, on the host. */
function makeValues(seed: number): Map<string, Float32Array> {
  const stream = new Stream(seed, Purpose.synthetic);
  return new Map(
    [...SHAPES].map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [name, Float32Array.from({ length: size }, () => stream.normal())];
    }),
  );
}

function upload(values: ReadonlyMap<string, Float32Array>): TensorMap {
  return new Map([...values].map(([name, data]) => [name, tf.tensor(data, SHAPES.get(name)!)]));
}

/** The step along `gradients`, which are freed with what it replaces. */
function step(sgd: Sgd, parameters: TensorMap, gradients: TensorMap, rates: Rates): void {
  const replaced = [...parameters.values(), ...sgd.momenta.values()], tensor = rateTensor(rates);
  sgd.step(parameters, gradients, tensor);
  tf.dispose([replaced, tensor]);
  disposeAll(gradients);
}

/** Weight and momentum buffer after `steps` steps, one number at a time in float64. */
function reference(weight: number, gradients: number[], nesterov: boolean): [number, number] {
  let velocity = 0;
  gradients.forEach((gradient, step) => {
    const { lr, momentum } = RATES[step]!;
    const decayed = gradient + WEIGHT_DECAY * weight;
    velocity = momentum * velocity + decayed;
    weight -= lr * (nesterov ? decayed + momentum * velocity : velocity);
  });
  return [weight, velocity];
}

for (const nesterov of [true, false]) {
  const kind = nesterov ? "Nesterov momentum" : "plain momentum";
  eachBackend(`Sgd.step() agrees with float64 over three steps of ${kind}`, async () => {
    const weights = makeValues(1), gradients = [2, 3, 4].map(makeValues);
    const parameters = upload(weights);
    const sgd = new Sgd({ weightDecay: WEIGHT_DECAY, nesterov }, zeroMomenta(parameters));
    gradients.forEach((values, i) => step(sgd, parameters, upload(values), RATES[i]!));
    assert.deepEqual([...sgd.momenta.keys()], [...SHAPES.keys()]);
    for (const [name, shape] of SHAPES) {
      const expected = Array.from(
        weights.get(name)!,
        (weight, i) => reference(weight, gradients.map((g) => g.get(name)![i]!), nesterov),
      );
      const weight = parameters.get(name)!, momentum = sgd.momenta.get(name)!;
      assert.deepEqual([weight.shape, momentum.shape], [shape, shape]);
      assertClose(await read(weight), expected.map(([weight]) => weight), 1e-6, name);
      assertClose(await read(momentum), expected.map(([, velocity]) => velocity), 1e-6, name);
    }
  });
}

onWasm("Sgd.step() leaves the gradients and the tensors that it replaces to the caller", () => {
  const parameters = upload(makeValues(1)), sgd = new Sgd(NESTEROV, zeroMomenta(parameters));
  const gradients = upload(makeValues(2));
  for (const rates of RATES) {
    const tensor = rateTensor(rates), before = tf.memory().numTensors;
    const given = [parameters, sgd.momenta].flatMap((map) => [...map.values()]);
    sgd.step(parameters, gradients, tensor);
    assert.equal(tf.memory().numTensors, before + 2 * SHAPES.size);
    const old = [...given, ...gradients.values()];
    assert.ok(old.every((tensor) => !tensor.isDisposed));
    const now = new Set([parameters, sgd.momenta].flatMap((map) => [...map.values()]));
    assert.ok(given.every((tensor) => !now.has(tensor)));
    tf.dispose([given, tensor]);
  }
  [parameters, gradients, sgd.momenta].forEach(disposeAll);
});

onWasm("Sgd goes on from momentum buffers that it is given", async () => {
  const run = async (split: boolean) => {
    const parameters = upload(makeValues(1));
    let sgd = new Sgd(NESTEROV, zeroMomenta(parameters));
    step(sgd, parameters, upload(makeValues(2)), RATES[0]!);
    if (split) sgd = new Sgd(NESTEROV, new Map(sgd.momenta));
    step(sgd, parameters, upload(makeValues(3)), RATES[1]!);
    const values = await parameters.get("conv.weight")!.data();
    [parameters, sgd.momenta].forEach(disposeAll);
    return values;
  };
  assert.deepEqual(await run(true), await run(false));
});

onWasm("zeroMomenta() has zeros in every parameter's shape", async () => {
  const parameters = upload(makeValues(1)), momenta = zeroMomenta(parameters);
  disposeAll(parameters);
  assert.deepEqual([...momenta].map(([name, { shape }]) => [name, shape]), [...SHAPES]);
  for (const tensor of momenta.values()) {
    assert.ok((await read(tensor)).every((value) => Object.is(value, 0)));
  }
});

onWasm("rateTensor() has learning rate and momentum, in this order", async () => {
  assert.deepEqual(await read(rateTensor(RATES[0]!)), Float32Array.of(0.1, 0.95));
});
