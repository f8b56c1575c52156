/**
 * Convolutions as phases: which kernels compute them, on which slices.
 *
 * 3×3 convolutions go through Winograd's algorithm: F(4×4,3×3) with stride 1 (Lavin & Gray 2016), its polyphase form
 * with stride 2, whose filter gradient is direct, as 1×1 convolutions are.
 *
 * @module
 */
import type { TensorInfo } from "@tensorflow/tfjs";
import { type Phase, phase, type Word } from "../phases.ts";
import type { TensorEngine } from "../tensors.ts";

/** A square convolution padded by `(kernel − 1)/2` on every side; height and width are the input's. */
export interface Convolution {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: 1 | 3;
  readonly stride: 1 | 2;
}

/** What happens to a result before it is stored; addresses of tensors, 0 for none. */
export interface Epilogue {
  /** Per output channel. */
  readonly bias?: number;
  /** Same shape as the result; may be the result's own address. */
  readonly add?: number;
  /** Same shape as the result, which becomes zero where this is not positive. */
  readonly mask?: number;
  readonly relu?: boolean;
}

/** Columns of packed filters. */
const PANEL = 8;
/** Tiles of 4×4 results in a slice: the Winograd kernel's block. */
const SLICE_TILES = 48;
/** Slices per thread where columns are cut too, so that the threads end together. */
const SLICES_PER_THREAD = 3;
/** Slices get smaller, and read the filter more often, to cut the busiest thread's share to less than this. */
const NOTABLE = 0.95;
/** Packed filters over this size are not read by every thread if that can be helped. */
const LARGE_FILTER_BYTES = 4 << 20;
/** Rows of the products' blocks. */
const ROWS = 4;
/** Tiles in a slice of the filter gradient's transforms: four of them are a cache line of a plane. */
const FILTER_SLICE_TILES = 16;
/** About the bytes of transformed tiles that the filter gradient keeps at a time, for a cache to hold them. */
const FILTER_GROUP_BYTES = 1 << 20;

const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

/** Output height and width. */
export function outputSize({ height, width, stride }: Convolution): [number, number] {
  return [Math.ceil(height / stride), Math.ceil(width / stride)];
}

/** The Winograd kernels that compute a convolution and its input gradient; none if it is direct. */
function winogradKernels({ kernel, stride }: Convolution) {
  if (kernel === 1) return undefined;
  return stride === 1
    ? { forward: "winograd", inputGradient: "winograd" }
    : { forward: "strided", inputGradient: "stridedInput" };
}

interface Slicing {
  readonly examples: number;
  readonly panels: number;
  readonly slices: number;
  /** Whether a slice is all of its examples' channels. */
  readonly whole: boolean;
}

/**
 * How to cut a result of `columns` channels: by examples, in equal shares for the threads, and by columns too where
 * the batch has too few tiles for all threads and the filter is large. Layers whose results are of one size are cut
 * alike, so that they can be fused. The cut never changes a bit of the result.
 */
function cut(
  { batch, height, width, stride }: Convolution,
  columns: number,
  filterBytes: number,
  threads: number,
): Slicing {
  const panels = Math.ceil(columns / PANEL);
  const tiles = Math.ceil(height / (4 * stride)) * Math.ceil(width / (4 * stride));
  const wanted = Math.ceil(batch / Math.max(1, Math.floor(SLICE_TILES / tiles)));
  const byColumns = wanted < threads && filterBytes > LARGE_FILTER_BYTES;
  const most = Math.ceil(batch / (byColumns ? wanted : roundUp(wanted, threads)));
  const examples = byColumns ? most : evenShare(batch, most, threads);
  const groups = Math.ceil(batch / examples);
  const cuts = byColumns ? Math.ceil(threads * SLICES_PER_THREAD / groups) : 1;
  const perSlice = Math.ceil(panels / Math.min(panels, cuts));
  const slices = groups * Math.ceil(panels / perSlice);
  return { examples, panels: perSlice, slices, whole: perSlice === panels };
}

/** Examples per slice, `most` or down to half: fewer where that leaves the busiest thread notably fewer in all. */
function evenShare(batch: number, most: number, threads: number): number {
  const busiest = (examples: number) =>
    Math.min(batch, examples * Math.ceil(Math.ceil(batch / examples) / threads));
  let best = most;
  for (let examples = most - 1; 2 * examples >= most; examples--) {
    if (busiest(examples) < NOTABLE * busiest(best)) best = examples;
  }
  return best;
}

/** The phase of a convolution kernel; the cut's words are the last. */
function cutPhase(kernel: string, words: readonly Word[], slicing: Slicing): Phase {
  const { examples, panels, slices, whole } = slicing;
  const made = phase(slices, kernel, [...words, examples, panels]);
  return whole ? { ...made, examples } : made;
}

/** The convolution of the image at `x` with `filter` (HWIO), stored at `y`. */
export function forwardPhase(
  engine: TensorEngine,
  convolution: Convolution,
  x: number,
  filter: TensorInfo,
  y: number,
  epilogue: Epilogue,
): Phase {
  const { batch, height, width, inChannels, outChannels, stride } = convolution;
  const { bias = 0, add = 0, mask = 0, relu = false } = epilogue;
  const { address, slicing } = packed(engine, convolution, filter, false);
  const common = [x, address, y, bias, add, mask, relu, batch, height, width];
  const winograd = winogradKernels(convolution);
  const words = [...common, inChannels, outChannels];
  if (winograd) return cutPhase(winograd.forward, words, slicing);
  return cutPhase("direct", [...words, stride], slicing);
}

/** The gradient of the image, stored at `dx`, from the result's at `dy`. */
export function inputGradientPhase(
  engine: TensorEngine,
  convolution: Convolution,
  dy: number,
  filter: TensorInfo,
  dx: number,
  { add = 0, mask = 0 }: Omit<Epilogue, "bias" | "relu">,
): Phase {
  const { batch, height, width, inChannels, outChannels, stride } = convolution;
  const { address, slicing } = packed(engine, convolution, filter, true);
  const winograd = winogradKernels(convolution);
  const size = [batch, height, width, outChannels, inChannels];
  const words = [dy, address, dx, 0, add, mask, false, ...size];
  if (winograd) return cutPhase(winograd.inputGradient, words, slicing);
  return cutPhase("directInput", [...words, stride], slicing);
}

/** The filter packed for the forward pass, or for the input's gradient (`transposed`), and how to cut the result. */
function packed(
  engine: TensorEngine,
  convolution: Convolution,
  filter: TensorInfo,
  transposed: boolean,
): { address: number; slicing: Slicing } {
  const { inChannels, outChannels, stride } = convolution;
  const [rows, columns] = transposed ? [outChannels, inChannels] : [inChannels, outChannels];
  const winograd = winogradKernels(convolution) !== undefined;
  const bytes = 4 * rows * (winograd ? 36 * roundUp(columns, 4) : roundUp(columns, PANEL));
  const panels = Math.ceil(columns / PANEL);
  const source = engine.address(filter);
  const address = engine.derived(
    filter,
    transposed ? "transposed" : "forward",
    bytes,
    (to) =>
      winograd
        ? phase(panels, "winogradPack", [
          source,
          to,
          inChannels,
          outChannels,
          transposed,
          1,
          stride,
        ])
        : phase(panels, "directPack", [source, to, inChannels, outChannels, transposed, 1]),
  );
  return { address, slicing: cut(convolution, columns, bytes, engine.crew.threads) };
}

/** Runs the programs that store the filter's gradient at `dw`, from the image at `x` and the result's gradient at `dy`. */
export function computeFilterGradient(
  engine: TensorEngine,
  convolution: Convolution,
  x: number,
  dy: number,
  dw: number,
): void {
  const { batch, height, width, inChannels, outChannels, kernel, stride } = convolution;
  if (kernel === 1 || stride === 2) {
    // Every slice copies all of dy: few of them, but enough for the threads to end together.
    const taps = kernel * kernel, cuts = Math.ceil(2 * SLICES_PER_THREAD / taps) + 1;
    const perSlice = roundUp(Math.ceil(inChannels / cuts), ROWS);
    const size = [batch, height, width, inChannels, outChannels, kernel, stride];
    const slices = taps * Math.ceil(inChannels / perSlice);
    engine.crew.run([phase(slices, "directFilter", [x, dy, dw, ...size, perSlice])]);
    return;
  }
  const tiles = Math.ceil(height / 4) * Math.ceil(width / 4);
  const inBytes = 4 * 36 * roundUp(inChannels, 4), outBytes = 4 * 36 * roundUp(outChannels, PANEL);
  const sumBytes = inChannels * outBytes;
  // The sums go through memory once per group: if they are larger than the tiles, groups are too.
  const groupBytes = Math.max(FILTER_GROUP_BYTES, sumBytes / 2);
  const groups = Math.max(1, Math.round(batch * tiles * (inBytes + outBytes) / groupBytes));
  const group = Math.ceil(batch / groups);
  const plane = 64 * 36;
  const sizes = [
    group * tiles * inBytes + plane,
    group * tiles * outBytes + plane,
    sumBytes,
  ];
  const offsets = [0, roundUp(sizes[0]!, 64), roundUp(sizes[0]!, 64) + roundUp(sizes[1]!, 64)];
  engine.temporarily(offsets[2]! + sizes[2]!, (base) => {
    const [v, m, du] = offsets.map((offset) => base + offset) as [number, number, number];
    const phases: Phase[] = [];
    const perSlice = roundUp(Math.ceil(inChannels / 4), ROWS);
    for (let first = 0; first < batch; first += group) {
      const last = Math.min(batch, first + group);
      const transformed = (last - first) * tiles;
      const size = [batch, height, width, inChannels, outChannels, first, last];
      phases.push(
        phase(Math.ceil(transformed / FILTER_SLICE_TILES), "winogradFilterTransform", [
          ...[x, dy, v, m, ...size, FILTER_SLICE_TILES],
        ]),
        phase(36 * Math.ceil(inChannels / perSlice), "winogradFilterGemm", [
          ...[v, m, du, transformed, inChannels, outChannels, first > 0, perSlice],
        ]),
      );
    }
    phases.push(phase(Math.ceil(inChannels / 4), "winogradFilterFinish", [
      ...[du, dw, inChannels, outChannels, 4],
    ]));
    engine.crew.run(phases);
  });
}
