/**
 * The ways to compute a filter gradient.
 *
 * @module
 */
import { FILTER_GRADIENT_REGISTER, FILTER_GRADIENT_TEXTURE } from "./register.ts";
import { filterGradientTile } from "./tile.ts";
import type { ConvolutionVariant } from "../shape.ts";

/** For any shape on any device whose limits suffice. */
export const FILTER_GRADIENT_VARIANTS: readonly ConvolutionVariant[] = [
  FILTER_GRADIENT_REGISTER,
  FILTER_GRADIENT_TEXTURE,
  filterGradientTile({ down: 8, across: 8, rowQuads: 1, columnQuads: 2 }),
  filterGradientTile({ down: 8, across: 8, rowQuads: 2, columnQuads: 2 }),
  filterGradientTile({ down: 16, across: 16, rowQuads: 2, columnQuads: 2 }),
];
