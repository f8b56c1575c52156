/**
 * ResNet-18 for 32×32 images (He et al. 2016, the CIFAR form): which layers there are, how they connect, and what
 * their tensors are called in PyTorch's state dict.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/** Size of a model. */
export interface ModelConfig {
  /** Channels of the first stage; the four stages have `w, 2w, 4w, 8w`. 64 is the paper's. */
  readonly width: number;
  /** Number of logits. */
  readonly classes: number;
}

/** A convolution and the batch norm behind it. */
export interface ConvNorm {
  /** State-dict prefix of the convolution, e.g. `layer2.0.shortcut.0`. */
  readonly conv: string;
  /** State-dict prefix of the batch norm, e.g. `layer2.0.shortcut.1`. */
  readonly norm: string;
  readonly kernel: 1 | 3;
  readonly stride: 1 | 2;
  readonly inChannels: number;
  readonly outChannels: number;
}

interface Block {
  readonly first: ConvNorm;
  readonly second: ConvNorm;
  /** Present where the shape changes. */
  readonly shortcut: ConvNorm | undefined;
}

/** The whole network as data. */
export interface Architecture {
  readonly stem: ConvNorm;
  readonly blocks: readonly Block[];
  readonly features: number;
  readonly classes: number;
}

/** What follows a batch norm. */
export interface Followers {
  /** The residual branch that is added to the result. */
  readonly add?: tf.Tensor4D;
  /** Whether the nonlinearity comes then. */
  readonly activate: boolean;
}

/** How a network computes: in training mode with batch statistics, or frozen with folded batch norm. */
export interface Layers {
  /** `[N,H,W,in] → [N,H/stride,W/stride,out]`, convolution, batch norm and what follows them. */
  convNorm(layer: ConvNorm, x: tf.Tensor4D, followers: Followers): tf.Tensor4D;
  /** Global average pool and linear: `[N,4,4,features] → [N,classes]`. */
  classify(x: tf.Tensor4D): tf.Tensor2D;
}

/** ResNet-18's layers for `config`: a 3×3 stem without pooling, four stages of two basic blocks, strides 1/2/2/2. */
export function resnet18({ width, classes }: ModelConfig): Architecture {
  const stem: ConvNorm = {
    conv: "conv1",
    norm: "bn1",
    kernel: 3,
    stride: 1,
    inChannels: 3,
    outChannels: width,
  };
  const blocks: Block[] = [];
  let inChannels = width;
  for (let stage = 0; stage < 4; stage++) {
    const outChannels = width * 2 ** stage;
    for (let index = 0; index < 2; index++) {
      const prefix = `layer${stage + 1}.${index}`;
      const stride = stage > 0 && index === 0 ? 2 : 1;
      blocks.push({
        first: {
          conv: `${prefix}.conv1`,
          norm: `${prefix}.bn1`,
          kernel: 3,
          stride,
          inChannels,
          outChannels,
        },
        second: {
          conv: `${prefix}.conv2`,
          norm: `${prefix}.bn2`,
          kernel: 3,
          stride: 1,
          inChannels: outChannels,
          outChannels,
        },
        shortcut: stride === 1 && inChannels === outChannels ? undefined : {
          conv: `${prefix}.shortcut.0`,
          norm: `${prefix}.shortcut.1`,
          kernel: 1,
          stride,
          inChannels,
          outChannels,
        },
      });
      inChannels = outChannels;
    }
  }
  return { stem, blocks, features: inChannels, classes };
}

/** Every convolution with its batch norm, in state-dict order. */
export function convNorms({ stem, blocks }: Architecture): ConvNorm[] {
  return [
    stem,
    ...blocks.flatMap(({ first, second, shortcut }) =>
      shortcut ? [first, second, shortcut] : [first, second]
    ),
  ];
}

/** The logits `[N,classes]` of `x` `[N,32,32,3]`, computed by `layers`. */
export function forward(architecture: Architecture, layers: Layers, x: tf.Tensor4D): tf.Tensor2D {
  let hidden = layers.convNorm(architecture.stem, x, { activate: true });
  for (const { first, second, shortcut } of architecture.blocks) {
    const add = shortcut ? layers.convNorm(shortcut, hidden, { activate: false }) : hidden;
    const inner = layers.convNorm(first, hidden, { activate: true });
    hidden = layers.convNorm(second, inner, { add, activate: true });
  }
  return layers.classify(hidden);
}
