/**
 * A network as data: what has weights, what its tensors are called in PyTorch's state dict, and what is
 * computed of what. No engine is loaded to read or make one.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/** The nonlinearities that a network can have. */
export const ACTIVATION_NAMES = ["relu", "silu"] as const;
/** One of {@linkcode ACTIVATION_NAMES}: `max(0, x)`, or `x/(1 + e^−x)` (Elfwing et al., arXiv 1702.03118). */
export type ActivationName = typeof ACTIVATION_NAMES[number];

/** Size of a model. */
export interface ModelConfig {
  /** What the channels of all stages are multiples of; each architecture says its published one. */
  readonly width: number;
  /** Number of logits. */
  readonly classes: number;
  /**
   * Channels of the images.
   *
   * @default {3}
   */
  readonly channels?: number;
}

/** A convolution without bias, padded by `(kernel − 1)/2` on every side. */
export interface Convolution {
  /** What tells it from a batch norm. */
  readonly kind: "convolution";
  /** State-dict prefix, e.g. `layer2.0.shortcut.0`. */
  readonly name: string;
  /** Height and width of the filter. */
  readonly kernel: 1 | 3;
  /** Pixels of the input between two of the result. */
  readonly stride: 1 | 2;
  /** Channels of the input. */
  readonly inChannels: number;
  /** Channels of the result. */
  readonly outChannels: number;
}

/** A batch norm. */
export interface BatchNorm {
  /** What tells it from a convolution. */
  readonly kind: "norm";
  /** State-dict prefix, e.g. `layer2.0.bn1`. */
  readonly name: string;
  /** Channels that are normalised. */
  readonly channels: number;
}

/** A convolution and what follows it, in this order. */
export interface ConvolutionLayer {
  /** What comes first. */
  readonly convolution: Convolution;
  /** The batch norm right behind it. */
  readonly norm?: BatchNorm;
  /** The value that is convolved. */
  readonly input: number;
  /** The value that is added to the result. */
  readonly add?: number;
  /** Whether the nonlinearity comes then. */
  readonly activate: boolean;
}

/** A batch norm by itself and the nonlinearity, as they stand before a convolution or the pool. */
export interface NormLayer {
  /** There is none. */
  readonly convolution?: undefined;
  /** What comes first. */
  readonly norm: BatchNorm;
  /** The value that is normalised. */
  readonly input: number;
}

/** One thing that is computed. Values are numbered: 0 is the images (normalised, if they are), `i + 1` the result of layer `i`. */
export type Layer = ConvolutionLayer | NormLayer;

/** The whole network. The global average pool and a linear layer follow the last of its layers. */
export interface Architecture {
  /** For people, e.g. `ResNet-18`. */
  readonly title: string;
  /** Channels of the images. */
  readonly channels: number;
  /**
   * State-dict prefix of what is done to the images first, `(x − mean)/std` in each channel, by constants that nothing trains;
   * absent where they are taken as they are.
   */
  readonly normalisation?: string;
  /**
   * Its nonlinearity, of which nothing is in the state dict.
   *
   * @default {"relu"}
   */
  readonly activation?: ActivationName;
  /** Everything that has weights but the linear layer, in the state dict's order. */
  readonly modules: readonly (Convolution | BatchNorm)[];
  /** In an order in which they can be computed. Whatever else reads a value that is added stands before the sum. */
  readonly layers: readonly Layer[];
  /** State-dict prefix of the linear layer. */
  readonly linear: string;
  /** What the linear layer takes. */
  readonly features: number;
  /** Number of logits. */
  readonly classes: number;
}

/** How a network computes: in training mode with batch statistics, or frozen with folded batch norm. */
export interface Layers {
  /** `(x − mean)/std` in each channel, with the constants called `name`. */
  standardise(name: string, x: tf.Tensor4D): tf.Tensor4D;
  /** `[N,H,W,in] → [N,H/stride,W/stride,out]`: the layer on `x`, with `add` added if there is one. */
  convolve(layer: ConvolutionLayer, x: tf.Tensor4D, add: tf.Tensor4D | undefined): tf.Tensor4D;
  /** Batch norm and nonlinearity. */
  normalise(norm: BatchNorm, x: tf.Tensor4D): tf.Tensor4D;
  /** Global average pool and linear: `[N,H,W,features] → [N,classes]`. */
  classify(x: tf.Tensor4D): tf.Tensor2D;
}

/** What the constants of a normalisation are called. */
export function normalisationNames(
  prefix: string,
): { readonly mean: string; readonly std: string } {
  return { mean: `${prefix}.mean`, std: `${prefix}.std` };
}

/** The batch norms of `architecture`, in the state dict's order. */
export function normsOf({ modules }: Architecture): BatchNorm[] {
  return modules.filter((module) => module.kind === "norm");
}

/** How many values of each channel its batch norms are given of one image of this size, where these are fewest. */
export function fewestNormalised(
  { layers }: Architecture,
  { height, width }: { readonly height: number; readonly width: number },
): number {
  const sizes = [[height, width]];
  let fewest = Infinity;
  for (const { convolution, norm, input } of layers) {
    const [rows, columns] = sizes[input]!.map((pixels) =>
      Math.ceil(pixels / (convolution?.stride ?? 1))
    ) as [number, number];
    sizes.push([rows, columns]);
    if (norm) fewest = Math.min(fewest, rows * columns);
  }
  return fewest;
}

/** The logits `[N,classes]` of images `x` `[N,H,W,channels]`, computed by `layers`. */
export function forward(architecture: Architecture, layers: Layers, x: tf.Tensor4D): tf.Tensor2D {
  const { normalisation } = architecture;
  const values = [normalisation === undefined ? x : layers.standardise(normalisation, x)];
  for (const layer of architecture.layers) {
    const input = values[layer.input]!;
    values.push(
      layer.convolution === undefined
        ? layers.normalise(layer.norm, input)
        : layers.convolve(layer, input, layer.add === undefined ? undefined : values[layer.add]!),
    );
  }
  return layers.classify(values.at(-1)!);
}
