/**
 * ResNet-18 for small images (He et al. 2016, the CIFAR form): a 3×3 stem without pooling, four stages of two basic
 * blocks, strides 1, 2, 2 and 2.
 *
 * @module
 */
import type { Architecture, BatchNorm, Convolution, Layer, ModelConfig } from "../architecture.ts";
import { type ArchitectureDefinition, configOf } from "./definition.ts";

/** A convolution and the batch norm behind it, in the state dict's order. */
type ConvNorm = readonly [Convolution, BatchNorm];

/** ResNet-18 for `config`; its stages have `w, 2w, 4w, 8w` channels. */
export function resnet18({ width, classes, channels = 3 }: ModelConfig): Architecture {
  const layers: Layer[] = [];
  const modules: (Convolution | BatchNorm)[] = [];
  /** Appends a layer; its value's number. */
  const append = (
    [convolution, norm]: ConvNorm,
    rest: { input: number; add?: number; activate: boolean },
  ) => layers.push({ convolution, norm, ...rest });

  const stem = convNorm("conv1", "bn1", {
    kernel: 3,
    stride: 1,
    inChannels: channels,
    outChannels: width,
  });
  modules.push(...stem);
  let hidden = append(stem, { input: 0, activate: true });
  let inChannels = width;
  for (let stage = 0; stage < 4; stage++) {
    const outChannels = width << stage;
    for (let index = 0; index < 2; index++) {
      const at = `layer${stage + 1}.${index}`;
      const stride = stage > 0 && index === 0 ? 2 : 1;
      const size = { inChannels, outChannels, stride } as const;
      const same = { inChannels: outChannels, outChannels, stride: 1 } as const;
      const first = convNorm(`${at}.conv1`, `${at}.bn1`, { kernel: 3, ...size });
      const second = convNorm(`${at}.conv2`, `${at}.bn2`, { kernel: 3, ...same });
      const shortcut = stride === 1 && inChannels === outChannels
        ? undefined
        : convNorm(`${at}.shortcut.0`, `${at}.shortcut.1`, { kernel: 1, ...size });
      modules.push(...first, ...second, ...shortcut ?? []);
      const add = shortcut ? append(shortcut, { input: hidden, activate: false }) : hidden;
      const inner = append(first, { input: hidden, activate: true });
      hidden = append(second, { input: inner, add, activate: true });
      inChannels = outChannels;
    }
  }
  const title = "ResNet-18";
  return { title, channels, modules, layers, linear: "linear", features: inChannels, classes };
}

function convNorm(conv: string, norm: string, size: Omit<Convolution, "kind" | "name">): ConvNorm {
  return [
    { kind: "convolution", name: conv, ...size },
    { kind: "norm", name: norm, channels: size.outChannels },
  ];
}

/** ResNet-18. A batch norm behind the stem and a fourth stage tell it from the others. */
export const RESNET18: ArchitectureDefinition<"resnet18"> = {
  name: "resnet18",
  summary: "ResNet-18 without pooling behind its stem",
  width: 64,
  build: resnet18,
  infer: (shapes) =>
    configOf(shapes, {
      stem: "conv1.weight",
      linear: "linear.weight",
      also: ["bn1.weight", "layer4.1.conv2.weight"],
    }),
};
