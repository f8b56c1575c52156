/**
 * Channels scaled and shifted as a phase.
 *
 * @module
 */
import type { BatchShape } from "../../operations/convolution_shape.ts";
import { type Phase, phase } from "../phases.ts";
import { cut } from "./slicing.ts";

/** What happens to the products before they are stored; addresses, 0 for none. */
interface Following {
  /** Per channel, added. */
  readonly shift?: number;
  /** Same shape as the result, added; may be the result's own address. */
  readonly add?: number;
  /** Same shape as the result, which becomes zero where this is not positive. */
  readonly mask?: number;
  readonly relu?: boolean;
}

/** `x` of `shape` times `scale` `[C]` and what follows, stored at `y`, cut as the convolutions around it are. */
export function scaleShiftPhase(
  [batch, height, width, channels]: BatchShape,
  x: number,
  scale: number,
  y: number,
  { shift = 0, add = 0, mask = 0, relu = false }: Following,
  threads: number,
): Phase {
  const { examples, slices } = cut({ batch, height, width, stride: 1 }, channels, 0, threads);
  const size = [batch, height * width, channels];
  const words = [x, scale, y, shift, add, mask, relu, ...size, examples];
  return { ...phase(slices, "scaleShift", words), examples };
}
