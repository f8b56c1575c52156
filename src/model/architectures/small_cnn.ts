/**
 * A small network without shortcuts: All-CNN-C (Springenberg et al. 2015), whose convolutions of stride 2 stand in for
 * pooling, with batch norm behind each convolution. Its last, of 1×1 to the classes and then averaged, is a linear layer behind
 * the average, which is the same but for that layer's rectifier.
 *
 * @module
 */
import type { Architecture, BatchNorm, Convolution, Layer, ModelConfig } from "../architecture.ts";
import { type ArchitectureDefinition, configOf } from "./definition.ts";

/** Kernel, stride and channels, in widths, of each convolution. */
const CONVOLUTIONS = [
  [3, 1, 1],
  [3, 1, 1],
  [3, 2, 1],
  [3, 1, 2],
  [3, 1, 2],
  [3, 2, 2],
  [3, 1, 2],
  [1, 1, 2],
] as const;

/** All-CNN-C for `config`; its convolutions have `w` and `2w` channels. */
export function smallCnn({ width, classes, channels = 3 }: ModelConfig): Architecture {
  const modules: (Convolution | BatchNorm)[] = [], layers: Layer[] = [];
  let inChannels = channels;
  CONVOLUTIONS.forEach(([kernel, stride, widths], i) => {
    const outChannels = widths * width, size = { kernel, stride, inChannels, outChannels };
    const convolution = { kind: "convolution", name: `conv${i + 1}`, ...size } as const;
    const norm = { kind: "norm", name: `bn${i + 1}`, channels: outChannels } as const;
    modules.push(convolution, norm);
    layers.push({ convolution, norm, input: i, activate: true });
    inChannels = outChannels;
  });
  const title = "All-CNN-C";
  return { title, channels, modules, layers, linear: "linear", features: inChannels, classes };
}

/** The small network. */
export const SMALL_CNN: ArchitectureDefinition<"small-cnn"> = {
  name: "small-cnn",
  summary: "All-CNN-C, eight convolutions with batch norm",
  width: 96,
  build: smallCnn,
  infer: (shapes) =>
    configOf(shapes, { stem: "conv1.weight", linear: "linear.weight", also: ["bn8.weight"] }),
};
