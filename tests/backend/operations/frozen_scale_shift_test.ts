import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  frozenFeatures,
  type FrozenLayer,
  sizeLayers,
} from "../../../src/backend/operations/frozen_network.ts";
import { onWasm } from "../../testing/device.ts";
import { normals } from "../../testing/naive/convolutions.ts";
import { onNaiveWebGpu } from "../../testing/naive/engine.ts";
import { randomWeights, referenceFeatures } from "../../testing/naive/frozen_network.ts";
import { largestError } from "../../testing/numbers.ts";
import { read } from "../../testing/tensors.ts";

const CONVOLUTION = { kind: "convolution", kernel: 3, stride: 1, bias: true, relu: false } as const;

/**
 * Pre-activated blocks: value 1 is read by a scale-shift and added, value 5 is a strided block's input, and the last layer
 * stands before the pool. `relu` is the stem's: what is scaled and added is then rectified itself.
 */
const preactivated = (relu: boolean): FrozenLayer[] => [
  { ...CONVOLUTION, name: "stem", input: 0, bias: relu, relu },
  { kind: "scale-shift", name: "before", input: 1 },
  { ...CONVOLUTION, name: "first", input: 2, relu: true },
  { ...CONVOLUTION, name: "second", input: 3, add: 1, bias: false },
  { kind: "scale-shift", name: "strided", input: 4 },
  { ...CONVOLUTION, name: "shortcut", kernel: 1, stride: 2, input: 5, bias: false },
  { ...CONVOLUTION, name: "third", stride: 2, input: 5, relu: true },
  { ...CONVOLUTION, name: "fourth", input: 7, add: 6, bias: false },
  { kind: "scale-shift", name: "last", input: 8 },
];

/** Largest error as a share of the largest value. No rectifier's input is so near to zero that rounding could open it. */
const FLOAT64_TOLERANCE = 1e-5;

/** Holds the engine's features and input gradient of the network against float64. */
async function assertPreactivated(relu: boolean, width: number, batch: number): Promise<void> {
  const layers = preactivated(relu), shape = [batch, 7, 5, 3] as const;
  const channels = { stem: width, first: width + 1, second: width };
  const wide = { shortcut: 2 * width, third: 2 * width, fourth: 2 * width };
  const weights = randomWeights(layers, { ...channels, ...wide }, 3);
  const x = normals(batch * 7 * 5 * 3, 10), dy = normals(batch * 2 * width, 11);
  const tensors = Object.fromEntries(
    Object.entries(weights).map(([name, { values, shape }]) => [name, tf.tensor(values, shape)]),
  );
  const [images, slopes] = [tf.tensor4d(x, [...shape]), tf.tensor2d(dy, [batch, 2 * width])];
  const { value, grad } = tf.valueAndGrad((x) => frozenFeatures(layers, tensors, x as tf.Tensor4D))(
    images,
    slopes,
  );
  tf.dispose([images, slopes, tensors]);
  const expected = referenceFeatures(layers, weights, shape, x, dy);
  const [features, gradient] = [await read(value), await read(grad)];
  for (
    const [what, actual, reference] of [
      ["features", features, expected.features],
      ["gradient", gradient, expected.dx],
    ] as const
  ) {
    const error = largestError(actual, reference);
    assert.ok(error <= FLOAT64_TOLERANCE, `${what} of width ${width}, batch ${batch}: ${error}`);
    assert.ok(actual.some((value) => value !== 0), what);
  }
}

for (const relu of [false, true]) {
  const title = "frozenFeatures() agrees with float64 where scale and shift stand before " +
    `convolutions and the pool, ${relu ? "" : "not "}behind a rectifier`;
  onWasm(title, async () => {
    for (const [width, batch] of [[3, 1], [5, 3], [8, 17], [20, 5]] as const) {
      await assertPreactivated(relu, width, batch);
    }
  });
  onNaiveWebGpu(title, async () => {
    for (const [width, batch] of [[5, 3], [8, 2]] as const) {
      await assertPreactivated(relu, width, batch);
    }
  });
}

const square = () => [3, 3, 4, 4];

Deno.test("sizeLayers() refuses a network that reads a value again after it was added", () => {
  const again: FrozenLayer[] = [...preactivated(false), { ...CONVOLUTION, name: "more", input: 1 }];
  assert.throws(() => sizeLayers(again, square, [1, 8, 8, 4]), {
    name: "RangeError",
    message: "The value that second adds is read by a later layer.",
  });
});

Deno.test("sizeLayers() refuses images of other channels than the first filter has", () => {
  assert.throws(() => sizeLayers(preactivated(false), square, [1, 8, 8, 3]), {
    name: "RangeError",
    message: "stem takes 4 channels, and is given 3.",
  });
});
