/**
 * Convolutions as phases: which kernels compute them, on which slices.
 *
 * 3×3 convolutions go through Winograd's algorithm: F(4×4,3×3) with stride 1 (Lavin & Gray 2016), its polyphase form
 * with stride 2, whose filter gradient is direct, as 1×1 convolutions are.
 *
 * @module
 */
import type { TensorInfo } from "@tensorflow/tfjs";
import type { ConvolutionShape } from "../../operations/convolution_shape.ts";
import { type Phase, phase } from "../phases.ts";
import { cut, cutPhase, PANEL, roundUp, SLICES_PER_THREAD, type Slicing } from "./slicing.ts";
import type { TensorEngine } from "../tensors.ts";

/** What happens to a result before it is stored; addresses of tensors, 0 for none. */
export interface EpilogueAddresses {
  /** Per output channel. */
  readonly bias?: number;
  /** Same shape as the result; may be the result's own address. */
  readonly add?: number;
  /** Same shape as the result, which becomes zero where this is not positive. */
  readonly mask?: number;
  readonly relu?: boolean;
}

/** Rows of the products' blocks. */
const ROWS = 4;
/** Tiles in a slice of the filter gradient's transforms: four of them are a cache line of a plane. */
const FILTER_SLICE_TILES = 16;
/** About the bytes of transformed tiles that the filter gradient keeps at a time, for a cache to hold them. */
const FILTER_GROUP_BYTES = 1 << 20;

/** The Winograd kernels that compute a convolution and its input gradient; none if it is direct. */
function winogradKernels({ kernel, stride }: ConvolutionShape) {
  if (kernel === 1) return undefined;
  return stride === 1
    ? { forward: "winograd", inputGradient: "winograd" }
    : { forward: "strided", inputGradient: "stridedInput" };
}

/** The convolution of the image at `x` with `filter` (HWIO), stored at `y`. */
export function forwardPhase(
  engine: TensorEngine,
  convolution: ConvolutionShape,
  x: number,
  filter: TensorInfo,
  y: number,
  epilogue: EpilogueAddresses,
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
  convolution: ConvolutionShape,
  dy: number,
  filter: TensorInfo,
  dx: number,
  { add = 0, mask = 0 }: Omit<EpilogueAddresses, "bias" | "relu">,
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
  convolution: ConvolutionShape,
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
    // A filter that is used in two ways is packed for each.
    `${transposed ? "transposed" : "forward"} ${winograd ? `winograd ${stride}` : "direct"}`,
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
  convolution: ConvolutionShape,
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
