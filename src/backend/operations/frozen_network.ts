/**
 * A network whose weights are constants, as one differentiable operation: an engine that has kernels for it runs all
 * layers at once.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type BatchShape, type ConvolutionShape, outputSize } from "./convolution_shape.ts";

/** `{x, …weights}, {layers} → [features [N,C], …outputs]`: of every layer, or none if the engine keeps them itself. */
export const FROZEN_FORWARD = "MemlossFrozenForward";
/** `{dy [N,C], x, …outputs "0", "1", …, …weights}, {layers} → dx`. */
export const FROZEN_GRADIENT = "MemlossFrozenGradient";

/** A convolution, and what follows it in this order. */
export interface FrozenConvolution {
  /** What tells it from a scale and shift. */
  readonly kind: "convolution";
  /** The weights are called `NAME.weight` (HWIO) and, with a bias, `NAME.bias`. */
  readonly name: string;
  /** Height and width of the filter. */
  readonly kernel: 1 | 3;
  /** Pixels of the input between two of the result. */
  readonly stride: 1 | 2;
  /** The value that is convolved. */
  readonly input: number;
  /** Whether there is a bias. */
  readonly bias: boolean;
  /** The value that is added to the result: another layer's output, which no later layer reads. */
  readonly add?: number;
  /** Whether negative results become zero, after the addition. */
  readonly relu: boolean;
}

/** Every channel scaled and shifted; negative results become zero. */
export interface FrozenScaleShift {
  /** What tells it from a convolution. */
  readonly kind: "scale-shift";
  /** The weights are called `NAME.scale` and `NAME.shift`, `[C]` both. */
  readonly name: string;
  /** The value that is scaled and shifted. */
  readonly input: number;
}

/** One layer. Values are numbered: 0 is the network's input, `i + 1` the output of layer `i`. */
export type FrozenLayer = FrozenConvolution | FrozenScaleShift;

/** Whether negative results of `layer` become zero. */
export function isRectified(layer: FrozenLayer): boolean {
  return layer.kind === "scale-shift" || layer.relu;
}

/** A layer with the sizes that it has for some images. */
export type SizedLayer =
  | FrozenConvolution & { readonly shape: ConvolutionShape; readonly output: BatchShape }
  | FrozenScaleShift & { readonly output: BatchShape };

/**
 * The layers for `images`.
 *
 * @param weights shapes by name
 * @throws {RangeError} if a value is read after it was added, its gradient would be incomplete; or if a convolution is
 *   given other channels than its filter has
 */
export function sizeLayers(
  layers: readonly FrozenLayer[],
  weights: (name: string) => readonly number[],
  images: BatchShape,
): SizedLayer[] {
  const values = [images];
  return layers.map((layer, i) => {
    const input = values[layer.input]!;
    if (layer.kind === "scale-shift") {
      values.push(input);
      return { ...layer, output: input };
    }
    const { name, kernel, stride, add } = layer;
    if (add !== undefined && layers.some((later, k) => k > i && reads(later, add))) {
      throw new RangeError(`The value that ${name} adds is read by a later layer.`);
    }
    const [batch, height, width, inChannels] = input;
    const [, , taken, outChannels] = weights(`${name}.weight`) as [number, number, number, number];
    if (taken !== inChannels) {
      throw new RangeError(`${name} takes ${taken} channels, and is given ${inChannels}.`);
    }
    const shape = { batch, height, width, inChannels, outChannels, kernel, stride };
    const output = [batch, ...outputSize(shape), outChannels] as const;
    values.push(output);
    return { ...layer, shape, output };
  });
}

function reads(layer: FrozenLayer, value: number): boolean {
  return layer.input === value || layer.kind === "convolution" && layer.add === value;
}

/** Whether tfjs's current backend has the kernels. */
export function hasFrozenKernels(): boolean {
  return tf.getKernel(FROZEN_FORWARD, tf.getBackend()) !== undefined;
}

/**
 * The global average pool `[N,C]` of the last layer's output for `x` `[N,H,W,3]`, differentiable in `x`. Padding is
 * `(kernel − 1)/2` on every side.
 *
 * @param weights by name; the gradient with respect to them is not taken
 */
export function frozenFeatures(
  layers: readonly FrozenLayer[],
  weights: tf.NamedTensorMap,
  x: tf.Tensor4D,
): tf.Tensor2D {
  const attributes = { layers } as unknown as tf.NamedAttrMap;
  const features = tf.customGrad((input, save) => {
    const outputs: tf.Tensor[] = tf.engine().runKernel(
      FROZEN_FORWARD,
      { x: input as tf.Tensor, ...weights },
      attributes,
    );
    const [value, ...values] = outputs;
    (save as tf.GradSaveFunc)([input as tf.Tensor, ...values]);
    return {
      value: value!,
      gradFunc(dy: tf.Tensor, [x, ...saved]: tf.Tensor[]) {
        const inputs = { dy, x: x!, ...Object.fromEntries(saved.entries()), ...weights };
        return tf.engine().runKernel(FROZEN_GRADIENT, inputs, attributes) as tf.Tensor;
      },
    };
  });
  return features(x) as tf.Tensor2D;
}
