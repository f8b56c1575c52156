/**
 * A tiny pre-activation network: two blocks, of which the second halves the image and has a convolution as its shortcut.
 *
 * @module
 */
import type { Architecture, ModelConfig } from "../../src/model/architecture.ts";
import { preactivation as build } from "../../src/model/architectures/preactivation.ts";

/** The network of `config`. */
export function preactivation(config: ModelConfig): Architecture {
  const { width } = config;
  const stages = [
    { name: "layer1", blocks: 1, channels: width, stride: 1 },
    { name: "layer2", blocks: 1, channels: 2 * width, stride: 2 },
  ] as const;
  return build(config, stages, {
    title: "tiny",
    shortcut: "shortcut.0",
    last: "bn",
    linear: "fc",
  });
}
