/**
 * Convolutions in float64, product by product, and random tensors for them.
 *
 * @module
 */
import fc from "fast-check";
import { Purpose, Stream } from "../../../src/random/stream.ts";

/** A square convolution of NHWC images, padded by half its kernel as the network's are. */
export interface Convolution {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: 1 | 3;
  readonly stride: 1 | 2;
}

/** Small convolutions: odd sizes, and channels that fill no vector or panel. */
export const convolutions: fc.Arbitrary<Convolution> = fc.record({
  batch: fc.integer({ min: 1, max: 5 }),
  height: fc.integer({ min: 1, max: 9 }),
  width: fc.integer({ min: 1, max: 9 }),
  inputs: fc.integer({ min: 1, max: 21 }),
  outputs: fc.integer({ min: 1, max: 21 }),
  kernel: fc.constantFrom(1, 3),
  stride: fc.constantFrom(1, 2),
});

/** Output rows and columns. */
export function outputSize({ height, width, stride }: Convolution): [high: number, wide: number] {
  return [Math.ceil(height / stride), Math.ceil(width / stride)];
}

/** `length` standard normal values. */
export function normals(length: number, seed: number): Float32Array {
  const stream = new Stream(seed, Purpose.synthetic);
  return Float32Array.from({ length }, () => stream.normal());
}

/** Random images `x`, filter `w` (HWIO) and slopes `dy` of `convolution`. */
export function randomTensors(convolution: Convolution, seed: number) {
  const { batch, height, width, inputs, outputs, kernel } = convolution;
  const [high, wide] = outputSize(convolution);
  return {
    x: normals(batch * height * width * inputs, 3 * seed),
    w: normals(kernel * kernel * inputs * outputs, 3 * seed + 1),
    dy: normals(batch * high * wide * outputs, 3 * seed + 2),
  };
}

/** Values of a convolution's tensors. */
interface Tensors {
  readonly x: ArrayLike<number>;
  readonly w: ArrayLike<number>;
  readonly dy: ArrayLike<number>;
}

/** `y = conv(x, w)` and the gradients of `Σ dy·y` in `x` and `w`. */
export function referenceConvolution(convolution: Convolution, { x, w, dy }: Tensors) {
  const { height, width, inputs, outputs, kernel, stride } = convolution;
  const [high, wide] = outputSize(convolution), pad = (kernel - 1) / 2;
  const y = new Float64Array(dy.length);
  const dx = new Float64Array(x.length), dw = new Float64Array(w.length);
  for (let pixel = 0; pixel < dy.length / outputs; pixel++) {
    const image = Math.floor(pixel / (high * wide));
    const row = Math.floor(pixel / wide) % high, column = pixel % wide;
    for (let tap = 0; tap < kernel * kernel; tap++) {
      const down = row * stride + Math.floor(tap / kernel) - pad;
      const right = column * stride + tap % kernel - pad;
      if (down < 0 || down >= height || right < 0 || right >= width) continue;
      for (let i = 0; i < inputs; i++) {
        const from = ((image * height + down) * width + right) * inputs + i;
        for (let o = 0; o < outputs; o++) {
          const to = pixel * outputs + o, weight = (tap * inputs + i) * outputs + o;
          y[to]! += x[from]! * w[weight]!;
          dx[from]! += dy[to]! * w[weight]!;
          dw[weight]! += x[from]! * dy[to]!;
        }
      }
    }
  }
  return { y, dx, dw };
}
