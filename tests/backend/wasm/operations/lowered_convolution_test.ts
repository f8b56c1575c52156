import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import type { TensorEngine } from "../../../../src/backend/wasm/tensors.ts";
import { onWasm } from "../../../testing/device.ts";
import { largestError } from "../../../testing/numbers.ts";
import { read } from "../../../testing/tensors.ts";
import { normals } from "../assembly/kernels_support.ts";

/** Largest error as a share of the largest value. */
const TOLERANCE = 5e-5;

/** Any convolution of NHWC images that tfjs can differentiate. */
interface Convolution {
  readonly images: readonly [batch: number, height: number, width: number, channels: number];
  readonly filter: readonly [height: number, width: number];
  readonly outputs: number;
  readonly strides: readonly [number, number];
  readonly pad: "same" | "valid";
}

/** The result, and both gradients of `Σ dy · conv(x, w)`, in float64: every product of the sums, term by term. */
function reference(
  { images: [batch, height, width, inputs], filter: [fh, fw], outputs, strides, pad }: Convolution,
  [high, wide]: readonly [number, number],
  [x, w, dy]: readonly [Float32Array, Float32Array, Float32Array],
) {
  const lost = (size: number, out: number, f: number, stride: number) =>
    pad === "valid" ? 0 : Math.floor(Math.max(0, (out - 1) * stride + f - size) / 2);
  const [sh, sw] = strides, top = lost(height, high, fh, sh), left = lost(width, wide, fw, sw);
  const y = new Float64Array(dy.length), dx = new Float64Array(x.length);
  const dw = new Float64Array(w.length);
  for (let n = 0; n < batch; n++) {
    for (let at = 0; at < high * wide * outputs; at++) {
      const o = at % outputs, column = Math.floor(at / outputs) % wide;
      const row = Math.floor(at / (outputs * wide)), place = n * high * wide * outputs + at;
      for (let tap = 0; tap < fh * fw; tap++) {
        const iy = row * sh - top + Math.floor(tap / fw), ix = column * sw - left + tap % fw;
        if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
        for (let i = 0; i < inputs; i++) {
          const pixel = ((n * height + iy) * width + ix) * inputs + i;
          const weight = (tap * inputs + i) * outputs + o;
          y[place]! += x[pixel]! * w[weight]!;
          dx[pixel]! += dy[place]! * w[weight]!;
          dw[weight]! += dy[place]! * x[pixel]!;
        }
      }
    }
  }
  return { y, dx, dw };
}

const anyConvolution: fc.Arbitrary<Convolution> = fc.record({
  images: fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 5, max: 9 }),
    fc.integer({ min: 5, max: 9 }),
    fc.integer({ min: 1, max: 5 }),
  ),
  filter: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
  outputs: fc.integer({ min: 1, max: 9 }),
  strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  pad: fc.constantFrom("same" as const, "valid" as const),
});

async function assertConvolution(made: Convolution): Promise<void> {
  const { images, filter, outputs, strides, pad } = made;
  const x = normals(images.reduce((a, b) => a * b), 1);
  const w = normals(filter[0] * filter[1] * images[3] * outputs, 2);
  const tensors = [
    tf.tensor4d(x, [...images]),
    tf.tensor4d(w, [...filter, images[3], outputs]),
  ] as const;
  const convolve = (x: tf.Tensor, w: tf.Tensor) =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, [...strides], pad);
  const shape = tf.tidy(() => convolve(...tensors).shape);
  const dy = normals(shape.reduce((a, b) => a * b), 3), slope = tf.tensor4d(dy, shape);
  const { value, grads: [dx, dw] } = tf.valueAndGrads(convolve)([...tensors], slope);
  tf.dispose([...tensors, slope]);
  const expected = reference(made, [shape[1], shape[2]], [x, w, dy]);
  for (const [name, tensor] of Object.entries({ y: value, dx: dx!, dw: dw! })) {
    const error = largestError(await read(tensor), expected[name as "y"]);
    assert.ok(error <= TOLERANCE, `${name} of ${JSON.stringify(made)}: error ${error}`);
  }
}

onWasm(
  "the CPU engine's convolutions of any kind agree with float64, and so do their gradients",
  async () => {
    await fc.assert(fc.asyncProperty(anyConvolution, assertConvolution), { seed: 1, numRuns: 80 });
  },
);

onWasm("the CPU engine's convolutions of any kind take many images in several groups", async () => {
  const images = [24, 32, 32, 8] as const; // 16 MiB hold the rows of 20
  await assertConvolution({ images, filter: [5, 5], outputs: 2, strides: [1, 1], pad: "same" });
});

onWasm("the CPU engine packs a filter that two kinds of convolution share for each", async () => {
  const x = normals(2 * 6 * 6 * 3, 1), w = normals(9 * 3 * 4, 2);
  const results = (prepare: (x: tf.Tensor4D, w: tf.Tensor4D) => tf.Tensor) =>
    tf.tidy(() => {
      const image = tf.tensor4d(x, [2, 6, 6, 3]), filter = tf.tensor4d(w, [3, 3, 3, 4]);
      prepare(image, filter);
      return tf.conv2d(image, filter, 1, "valid");
    });
  const alone = await read(results((x) => x));
  const shared = await read(results((x, w) => tf.conv2d(x, w, 1, "same")));
  assert.deepEqual(shared, alone);
});

onWasm(
  "the CPU engine's fused convolution is the convolution, its bias and its activation",
  async () => {
    const { heap } = tf.backend() as TensorEngine, used = heap.usedBytes;
    for (const activation of ["linear", "relu", "relu6", "elu", "sigmoid"] as const) {
      for (const pad of ["same", "valid"] as const) {
        const [fused, composed] = tf.tidy(() => {
          const x = tf.tensor4d(normals(2 * 6 * 7 * 3, 1), [2, 6, 7, 3]);
          const filter = tf.tensor4d(normals(27 * 5, 2), [3, 3, 3, 5]);
          const bias = tf.tensor1d(normals(5, 3));
          const sum = tf.add(tf.conv2d(x, filter, 1, pad), bias);
          return [
            tf.fused.conv2d({ x, filter, strides: 1, pad, bias, activation }),
            activation === "linear" ? sum : tf[activation](sum),
          ];
        });
        const error = largestError(await read(fused!), await read(composed!));
        assert.ok(error <= 1e-5, `${activation}, ${pad}: error ${error}`);
        assert.equal(heap.usedBytes, used, `${activation}, ${pad} leaves nothing on the heap`);
      }
    }
  },
);
