import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { Purpose, Stream } from "../../../../src/random/stream.ts";
import { onWasm } from "../../../testing/device.ts";
import { largestError } from "../../../testing/numbers.ts";
import { read } from "../../../testing/tensors.ts";

/** Largest error as a share of the largest value: direct convolutions, and Winograd's, which takes 3×3. */
const DIRECT_TOLERANCE = 5e-6, WINOGRAD_TOLERANCE = 5e-5;

/** A square convolution of NHWC images, padded by half its kernel as the network's are. */
interface Convolution {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: 1 | 3;
  readonly stride: 1 | 2;
}

/** `conv(x, w)` and both gradients of `Σ dy · conv(x, w)` in float64: every product of the sums, term by term. */
function reference(
  { batch, height, width, inputs, outputs, kernel, stride }: Convolution,
  x: Float32Array,
  w: Float32Array,
  dy: Float32Array,
) {
  const pad = (kernel - 1) / 2;
  const high = Math.ceil(height / stride), wide = Math.ceil(width / stride);
  const y = new Float64Array(dy.length);
  const dx = new Float64Array(x.length), dw = new Float64Array(w.length);
  for (let at = 0; at < dy.length; at++) {
    const o = at % outputs, column = Math.floor(at / outputs) % wide;
    const row = Math.floor(at / (outputs * wide)) % high;
    const image = Math.floor(at / (outputs * wide * high));
    for (let tap = 0; tap < kernel * kernel; tap++) {
      const y0 = row * stride + Math.floor(tap / kernel) - pad;
      const x0 = column * stride + tap % kernel - pad;
      if (y0 < 0 || y0 >= height || x0 < 0 || x0 >= width) continue;
      for (let i = 0; i < inputs; i++) {
        const pixel = ((image * height + y0) * width + x0) * inputs + i;
        const weight = (tap * inputs + i) * outputs + o;
        y[at]! += x[pixel]! * w[weight]!;
        dx[pixel]! += dy[at]! * w[weight]!;
        dw[weight]! += dy[at]! * x[pixel]!;
      }
    }
  }
  assert.equal(dy.length, batch * high * wide * outputs);
  return { y, dx, dw };
}

/** Random images, filter and slopes for `made`. */
function makeTensors(made: Convolution, seed: number) {
  const { batch, height, width, inputs, outputs, kernel, stride } = made;
  const stream = new Stream(seed, Purpose.synthetic);
  const normals = (shape: [number, number, number, number]) =>
    tf.tensor4d(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => stream.normal()),
      shape,
    );
  return {
    x: normals([batch, height, width, inputs]),
    w: normals([kernel, kernel, inputs, outputs]),
    dy: normals([batch, Math.ceil(height / stride), Math.ceil(width / stride), outputs]),
  };
}

async function assertConvolution(made: Convolution, seed: number): Promise<void> {
  const { x, w, dy } = makeTensors(made, seed);
  const pad = (made.kernel - 1) / 2;
  const { value: y, grads: [dx, dw] } = tf.valueAndGrads((x, w) =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, made.stride, pad)
  )([x, w], dy);
  assert.deepEqual([y.shape, dx!.shape, dw!.shape], [dy.shape, x.shape, w.shape]);
  // The way that frozen layers take, without the filter's gradient.
  const transposed = tf.conv2dTranspose(dy, w, x.shape, made.stride, pad);
  const expected = reference(made, await read(x), await read(w), await read(dy));
  const winograd = made.kernel === 3;
  const tolerance = winograd ? WINOGRAD_TOLERANCE : DIRECT_TOLERANCE;
  const close = async (tensor: tf.Tensor, values: Float64Array, what: string) => {
    const error = largestError(await read(tensor), values);
    assert.ok(error <= tolerance, `${what} of ${JSON.stringify(made)}: error ${error}`);
  };
  await close(y, expected.y, "result");
  await close(dx!, expected.dx, "input gradient");
  await close(transposed, expected.dx, "transposed convolution");
  await close(dw!, expected.dw, "filter gradient");
}

const size = fc.integer({ min: 1, max: 9 });
const channels = fc.integer({ min: 1, max: 11 });
const anyConvolution: fc.Arbitrary<Convolution> = fc.record({
  batch: fc.integer({ min: 1, max: 4 }),
  height: size,
  width: size,
  inputs: channels,
  outputs: channels,
  kernel: fc.constantFrom(1, 3),
  stride: fc.constantFrom(1, 2),
});

onWasm(
  "the CPU engine's convolutions and their gradients agree with float64 on any shape",
  async () => {
    await fc.assert(
      fc.asyncProperty(anyConvolution, fc.nat(), assertConvolution),
      { seed: 1, numRuns: 150 },
    );
  },
);

for (const kernel of [1, 3] as const) {
  for (const stride of [1, 2] as const) {
    const name = `a ${kernel}×${kernel} convolution of stride ${stride}`;
    onWasm(`the CPU engine differentiates ${name} of one odd image`, async () => {
      const made = { batch: 1, height: 7, width: 5, inputs: 3, outputs: 6, kernel, stride };
      await assertConvolution(made, 2);
      await assertConvolution({ ...made, height: 8, width: 6, batch: 3 }, 3);
    });
  }
}

onWasm(
  "the CPU engine's filter gradient adds up images that it takes in several groups",
  async () => {
    // 40 images of 64 tiles each are more than it transforms at once.
    const size = { batch: 40, height: 32, width: 32, inputs: 20, outputs: 20 } as const;
    await assertConvolution({ ...size, kernel: 3, stride: 1 }, 4);
  },
);

onWasm("the CPU engine convolves more channels than a block has room for", async () => {
  const many = { batch: 1, height: 2, width: 3, inputs: 20_003, outputs: 2, kernel: 3 } as const;
  await assertConvolution({ ...many, stride: 1 }, 5);
  await assertConvolution({ ...many, stride: 2 }, 6);
});

onWasm("the CPU engine refuses a layer that a thread has no room for, in a sentence", () => {
  tf.tidy(() => {
    const deep = 300_000, x = tf.zeros<tf.Rank.R4>([1, 1, 1, deep]);
    const filter = tf.zeros<tf.Rank.R4>([1, 1, deep, 1]);
    assert.throws(() => tf.conv2d(x, filter, 1, "valid"), {
      name: "RunError",
      message: /no room for a layer of 300,000 channels, only for 262,144/,
    });
    const slopes = tf.zeros<tf.Rank.R4>([1, 1, 1, 5000]),
      pixel = tf.zeros<tf.Rank.R4>([1, 1, 1, 1]);
    const gradient = () =>
      tf.engine().runKernel("Conv2DBackpropFilter", { x: pixel, dy: slopes }, {
        ...{ strides: 1, pad: "valid", dataFormat: "NHWC", filterShape: [1, 1, 1, 5000] },
      });
    assert.throws(gradient, /layer of 5,000 channels/);
  });
});
