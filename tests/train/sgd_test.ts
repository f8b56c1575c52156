import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { disposeAll, type TensorMap } from "../../src/model/parameters.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";
import { Sgd, WEIGHT_DECAY } from "../../src/train/sgd.ts";
import { eachBackend, onWasm } from "../testing/backends.ts";
import { assertClose } from "../testing/numbers.ts";
import { read } from "../testing/tensors.ts";

const SHAPES = new Map([["conv.weight", [3, 3, 2, 5]], ["bn.bias", [5]], ["linear.weight", [
  5,
  4,
]]]);
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
    const sgd = new Sgd(nesterov);
    gradients.forEach((values, step) => sgd.step(parameters, upload(values), RATES[step]!));
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

onWasm("Sgd.step() frees the gradients and the tensors that it replaces", () => {
  const parameters = upload(makeValues(1)), sgd = new Sgd(true);
  const weight = parameters.get("bn.bias")!, before = tf.memory().numTensors;
  for (const rates of RATES) {
    const gradients = upload(makeValues(2));
    sgd.step(parameters, gradients, rates);
    assert.equal(gradients.size, 0);
    assert.equal(tf.memory().numTensors, before + SHAPES.size); // the momentum buffers
  }
  assert.ok(weight.isDisposed);
  sgd.dispose();
  assert.equal(sgd.momenta.size, 0);
  disposeAll(parameters);
});

onWasm("Sgd goes on from momentum buffers that it is given", async () => {
  const run = async (split: boolean) => {
    const parameters = upload(makeValues(1));
    let sgd = new Sgd(true);
    sgd.step(parameters, upload(makeValues(2)), RATES[0]!);
    if (split) sgd = new Sgd(true, new Map(sgd.momenta));
    sgd.step(parameters, upload(makeValues(3)), RATES[1]!);
    sgd.dispose();
    const values = await parameters.get("conv.weight")!.data();
    disposeAll(parameters);
    return values;
  };
  assert.deepEqual(await run(true), await run(false));
});
