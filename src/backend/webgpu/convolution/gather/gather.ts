/**
 * Forward convolution and input gradient as one operation: every pixel of the result gathers its taps from the source.
 *
 * @module
 */
import { powerOfTwoFrom } from "../../../../elementary/power_of_two.ts";
import { type ConvolutionShape, outputSize } from "../../../operations/convolution_shape.ts";
import type { PaddedImage } from "../../program/wgsl.ts";
import type { ConvolutionMode } from "../shape.ts";

/** The modes that are a gather. */
export type GatherMode = Exclude<ConvolutionMode, "filterGradient">;

/**
 * `result[n,r,c,:] = Σ source[n,r′,c′,:] · filter[tap,:,:]` over the taps of `(r,c)`. The filter is HWIO in forward
 * mode; for the input gradient its taps are turned by half a turn and its two channel dimensions exchanged.
 */
export interface Gather {
  readonly mode: GatherMode;
  readonly batch: number;
  /** Of the result. */
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  /** Of the source; its channels are `depth`. */
  readonly sourceRows: number;
  readonly sourceColumns: number;
  readonly depth: number;
  readonly kernel: 1 | 3;
  /**
   * The result's pixels come in `phases × phases` interleaved grids, each of which is a phase (as in polyphase filters):
   * within one, all pixels have the same taps, at source pixels that are `step` apart from one pixel to the next.
   */
  readonly phases: 1 | 2;
  readonly step: 1 | 2;
}

/** The taps of one phase in one dimension: tap `t < count` of index `a` in the phase's grid. */
export interface Taps {
  readonly count: number;
  /** Its source index is `a·step + t − margin`. */
  readonly margin: number;
  /** Its filter index is `first + t·phases`. */
  readonly first: number;
}

/** What `mode` of a convolution gathers. */
export function gatherOf(mode: GatherMode, shape: ConvolutionShape): Gather {
  const { batch, height, width, inChannels, outChannels, kernel, stride } = shape;
  const [high, wide] = outputSize(shape);
  const image = { batch, kernel, mode };
  return mode === "forward"
    ? {
      ...image,
      rows: high,
      columns: wide,
      channels: outChannels,
      sourceRows: height,
      sourceColumns: width,
      depth: inChannels,
      phases: 1,
      step: stride,
    }
    : {
      ...image,
      rows: height,
      columns: width,
      channels: inChannels,
      sourceRows: high,
      sourceColumns: wide,
      depth: outChannels,
      phases: stride,
      step: 1,
    };
}

/**
 * The taps of `phase` in either dimension. With two phases (the input gradient of stride 2) an even pixel is reached
 * by the middle tap alone, an odd one by the two beside it; a 1×1 filter reaches no odd pixel.
 */
export function tapsOf({ kernel, phases }: Gather, phase: number): Taps {
  if (phases === 1) return { count: kernel, margin: (kernel - 1) / 2, first: 0 };
  if (kernel === 1) return { count: 1 - phase, margin: 0, first: 0 };
  return { count: 1 + phase, margin: 0, first: 1 - phase };
}

/** WGSL of the count and the first filter index of {@linkcode tapsOf}, for a phase known when the shader runs. */
export function tapsText(
  { kernel, phases }: Gather,
  phase: string,
): { count: string; first: string } {
  if (phases === 1) return { count: `${kernel}u`, first: "0u" };
  if (kernel === 1) return { count: `(1u - ${phase})`, first: "0u" };
  return { count: `(1u + ${phase})`, first: `(1u - ${phase})` };
}

/** Neighbouring quads of the result's channels that as many neighbouring invocations take. */
export function laneCount({ channels }: Gather): number {
  return Math.min(8, powerOfTwoFrom(channels / 4));
}

/** Rows and columns of the largest phase, that of the even pixels. */
export function phaseSize({ rows, columns, phases }: Gather): [number, number] {
  return [Math.ceil(rows / phases), Math.ceil(columns / phases)];
}

/** Floating-point operations of the whole gather, a multiply-add being two; taps outside the image count. */
export function gatherFlops(gather: Gather): number {
  const { batch, rows, columns, channels, depth, phases } = gather;
  const along = (size: number) => {
    let taps = 0;
    for (let p = 0; p < phases; p++) {
      taps += Math.ceil((size - p) / phases) * tapsOf(gather, p).count;
    }
    return taps;
  };
  return 2 * batch * along(rows) * along(columns) * channels * depth;
}

/** The source as an image inside `margin` zeros, of whose `step × step` pixels the first is seen. */
export function sourceImage(gather: Gather, margin: number, step: number): PaddedImage {
  const { sourceRows: height, sourceColumns: width, depth: channels } = gather;
  return { height, width, channels, margin, step };
}

/** Bytes of the largest float32 buffer among source, filter and result. */
export function largestBuffer(gather: Gather): number {
  const { batch, rows, columns, channels, sourceRows, sourceColumns, depth, kernel } = gather;
  const source = batch * sourceRows * sourceColumns * depth;
  return 4 * Math.max(source, batch * rows * columns * channels, kernel ** 2 * depth * channels);
}

/** For names: the result's `batch×rows×columns`, the depth, its channels, kernel and stride. */
export function describeGather(
  { batch, rows, columns, depth, channels, kernel, phases, step }: Gather,
): string {
  const stride = phases * step;
  return `${batch}×${rows}×${columns} ${depth}→${channels} ${kernel}×${kernel}/${stride}`;
}
