/**
 * Wide ResNets (Zagoruyko and Komodakis 2016) for small images, under the names that TRADES and many after it give their parts:
 * three stages of pre-activation blocks, ten times as wide as a plain residual network's, strides 1, 2 and 2.
 *
 * @module
 */
import type { Architecture, ModelConfig } from "../architecture.ts";
import { type ArchitectureDefinition, configOf } from "./definition.ts";
import { preactivation, type Stage } from "./preactivation.ts";

/** How much wider the stages are. */
const WIDENING = 10;

/**
 * The wide ResNet of `blocks` blocks in each stage; a stem of `w` channels, published as 16, and stages of `10w, 20w, 40w`.
 */
export function wideResnet(blocks: number, config: ModelConfig): Architecture {
  const stages = [1, 2, 2].map((stride, i): Stage => ({
    ...{ name: `block${i + 1}.layer`, blocks, channels: WIDENING * config.width << i },
    stride: stride as 1 | 2,
  }));
  return preactivation(config, stages, {
    title: `WideResNet-${depthOf(blocks)}-${WIDENING}`,
    shortcut: "convShortcut",
    last: "bn1",
    linear: "fc",
  });
}

/** Its layers with weights, as its name counts them. */
function depthOf(blocks: number): number {
  return 6 * blocks + 4;
}

function definition<Name extends string>(
  name: Name,
  blocks: number,
): ArchitectureDefinition<Name> {
  return {
    name,
    summary: `wide ResNet of ${depthOf(blocks)} layers, ${WIDENING} times as wide`,
    width: 16,
    build: (config) => wideResnet(blocks, config),
    infer: (shapes) =>
      configOf(shapes, {
        stem: "conv1.weight",
        linear: "fc.weight",
        also: [`block3.layer.${blocks - 1}.conv2.weight`],
      }),
  };
}

/** WRN-34-10, which most of the published robust networks are. */
export const WRN_34_10: ArchitectureDefinition<"wrn-34-10"> = definition("wrn-34-10", 5);

/** WRN-28-10. It has the parts of WRN-34-10 but the last blocks: it is looked for after it. */
export const WRN_28_10: ArchitectureDefinition<"wrn-28-10"> = definition("wrn-28-10", 4);
