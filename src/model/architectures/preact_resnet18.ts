/**
 * ResNet-18 with pre-activation (He et al. 2016b) for small images, with batch norm before the pool, as in Rice et al.
 * 2020: shortcuts convolve what batch norm and ReLU have made of the block's input. Wong et al. 2020 have another block under
 * the same names, whose shortcuts convolve the input itself.
 *
 * @module
 */
import type { Architecture, ModelConfig } from "../architecture.ts";
import { type ArchitectureDefinition, configOf } from "./definition.ts";
import { preactivation, type Stage } from "./preactivation.ts";

/** Pre-activation ResNet-18 for `config`; its stages have `w, 2w, 4w, 8w` channels. */
export function preactResnet18(config: ModelConfig): Architecture {
  const stages = [1, 2, 2, 2].map((stride, i): Stage => ({
    ...{ name: `layer${i + 1}`, blocks: 2, channels: config.width << i },
    stride: stride as 1 | 2,
  }));
  return preactivation(config, stages, {
    title: "PreActResNet-18",
    shortcut: "shortcut.0",
    last: "bn",
    linear: "linear",
  });
}

/** Pre-activation ResNet-18. A batch norm behind the last stage tells it from ResNet-18. */
export const PREACT_RESNET18: ArchitectureDefinition<"preact-resnet18"> = {
  name: "preact-resnet18",
  summary: "the same, batch norm before each convolution",
  width: 64,
  build: preactResnet18,
  infer: (shapes) =>
    configOf(shapes, {
      stem: "conv1.weight",
      linear: "linear.weight",
      also: ["bn.weight", "layer4.1.conv2.weight"],
    }),
};
