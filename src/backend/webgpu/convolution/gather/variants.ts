/**
 * The direct convolutions to choose from. Which is fastest depends on device and shape.
 *
 * @module
 */
import type { GatherMode } from "./gather.ts";
import { registerVariant } from "./register.ts";
import type { ConvolutionVariant } from "../shape.ts";
import { textureVariant } from "./texture.ts";
import { tileVariant } from "./tile.ts";

function variantsOf(mode: GatherMode): ConvolutionVariant[] {
  return [
    tileVariant(mode, 64),
    tileVariant(mode, 128),
    registerVariant(mode, { rows: 2, columns: 4, quads: 2 }),
    textureVariant(mode, { rows: 4, columns: 4, quads: 2 }),
    textureVariant(mode, { rows: 4, columns: 4, quads: 4 }),
    textureVariant(mode, { rows: 4, columns: 8, quads: 2 }),
  ];
}

/** Of the forward convolution. */
export const FORWARD_VARIANTS: readonly ConvolutionVariant[] = variantsOf("forward");

/** Of the input gradient. */
export const INPUT_GRADIENT_VARIANTS: readonly ConvolutionVariant[] = variantsOf("inputGradient");
