/**
 * A tiny pre-activation network (He et al. 2016b): two blocks, of which the second halves the image and has a
 * convolution as its shortcut, and batch norm before the pool. It is what an architecture may ask for besides ResNet-18.
 *
 * @module
 */
import type {
  Architecture,
  BatchNorm,
  Convolution,
  Layer,
  ModelConfig,
} from "../../src/model/architecture.ts";

/** The network of `config`. */
export function preactivation({ width, classes, channels = 3 }: ModelConfig): Architecture {
  const layers: Layer[] = [];
  const modules: (Convolution | BatchNorm)[] = [];
  const norm = (name: string, channels: number): BatchNorm => {
    const made = { kind: "norm", name, channels } as const;
    modules.push(made);
    return made;
  };
  const conv = (
    name: string,
    [inChannels, outChannels]: readonly [number, number],
    kernel: 1 | 3 = 3,
    stride: 1 | 2 = 1,
  ): Convolution => {
    const size = { kernel, stride, inChannels, outChannels };
    const made = { kind: "convolution", name, ...size } as const;
    modules.push(made);
    return made;
  };
  const append = (layer: Layer) => layers.push(layer);

  const stem = conv("conv1", [channels, width]);
  let hidden = append({ convolution: stem, input: 0, activate: false });
  for (
    const [at, inChannels, stride] of [["layer1.0", width, 1], ["layer2.0", width, 2]] as const
  ) {
    const outChannels = stride * inChannels;
    const before = norm(`${at}.bn1`, inChannels);
    const first = conv(`${at}.conv1`, [inChannels, outChannels], 3, stride);
    const between = norm(`${at}.bn2`, outChannels);
    const second = conv(`${at}.conv2`, [outChannels, outChannels]);
    const active = append({ norm: before, input: hidden });
    const add = stride === 1 ? hidden : append({
      convolution: conv(`${at}.shortcut.0`, [inChannels, outChannels], 1, stride),
      input: active,
      activate: false,
    });
    const inner = append({ convolution: first, norm: between, input: active, activate: true });
    hidden = append({ convolution: second, input: inner, add, activate: false });
  }
  append({ norm: norm("bn", 2 * width), input: hidden });
  return { title: "tiny", channels, modules, layers, linear: "fc", features: 2 * width, classes };
}
