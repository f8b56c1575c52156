/**
 * What pre-activation networks have in common (He et al. 2016b): batch norm and nonlinearity stand before each
 * convolution, and a shortcut with a convolution takes what the block's first nonlinearity gives.
 *
 * @module
 */
import type { Architecture, BatchNorm, Convolution, Layer, ModelConfig } from "../architecture.ts";

/** Blocks of the same number of channels. */
export interface Stage {
  /** State-dict prefix of its blocks, which are numbered: `layer1`. */
  readonly name: string;
  readonly blocks: number;
  readonly channels: number;
  /** Stride of its first block. */
  readonly stride: 1 | 2;
}

/** What tells one such network from another, besides its stages. */
export interface Naming {
  readonly title: string;
  /** What the convolution of a shortcut is called within its block. */
  readonly shortcut: string;
  /** The batch norm before the pool. */
  readonly last: string;
  readonly linear: string;
}

/** A 3×3 stem `conv1` of `width` channels, `stages` of blocks of two convolutions, batch norm and nonlinearity. */
export function preactivation(
  { width, classes, channels = 3 }: ModelConfig,
  stages: readonly Stage[],
  { title, shortcut, last, linear }: Naming,
): Architecture {
  const layers: Layer[] = [];
  const modules: (Convolution | BatchNorm)[] = [];
  const append = (layer: Layer) => layers.push(layer);
  const norm = (name: string, channels: number): BatchNorm => {
    const made = { kind: "norm", name, channels } as const;
    modules.push(made);
    return made;
  };
  const convolution = (
    name: string,
    inChannels: number,
    outChannels: number,
    kernel: 1 | 3,
    stride: 1 | 2,
  ): Convolution => {
    const made = { kind: "convolution", name, kernel, stride, inChannels, outChannels } as const;
    modules.push(made);
    return made;
  };

  const stem = convolution("conv1", channels, width, 3, 1);
  let hidden = append({ convolution: stem, input: 0, activate: false });
  let inChannels = width;
  for (const { name, blocks, channels: outChannels, stride: first } of stages) {
    for (let index = 0; index < blocks; index++) {
      const at = `${name}.${index}`, stride = index === 0 ? first : 1;
      const before = norm(`${at}.bn1`, inChannels);
      const inner = convolution(`${at}.conv1`, inChannels, outChannels, 3, stride);
      const between = norm(`${at}.bn2`, outChannels);
      const outer = convolution(`${at}.conv2`, outChannels, outChannels, 3, 1);
      const active = append({ norm: before, input: hidden });
      const add = stride === 1 && inChannels === outChannels ? hidden : append({
        convolution: convolution(`${at}.${shortcut}`, inChannels, outChannels, 1, stride),
        input: active,
        activate: false,
      });
      const middle = append({ convolution: inner, norm: between, input: active, activate: true });
      hidden = append({ convolution: outer, input: middle, add, activate: false });
      inChannels = outChannels;
    }
  }
  append({ norm: norm(last, inChannels), input: hidden });
  return { title, channels, modules, layers, linear, features: inChannels, classes };
}
