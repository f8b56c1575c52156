/**
 * Convolutions and their input gradients as phases: which kernels compute them, on which slices.
 *
 * 3×3 convolutions go through Winograd's algorithm: F(4×4,3×3) with stride 1 (Lavin & Gray 2016), its polyphase form
 * with stride 2; 1×1 convolutions are direct.
 *
 * @module
 */
import type { TensorInfo } from "@tensorflow/tfjs";
import { RunError } from "../../../errors.ts";
import type { ConvolutionShape } from "../../operations/convolution_shape.ts";
import { type Phase, phase } from "../phases.ts";
import { cut, cutPhase, MOST_TERMS, PANEL, roundUp, type Slicing } from "./slicing.ts";
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
  if (!winograd && rows > MOST_TERMS) throw tooLarge(rows, MOST_TERMS);
  const bytes = 4 * rows * (winograd ? 36 * roundUp(columns, 4) : roundUp(columns, PANEL));
  const panels = Math.ceil(columns / PANEL);
  const source = engine.address(filter);
  const address = engine.derived(
    filter,
    // A filter that is used in two ways is packed for each; a matrix may also be used in two shapes.
    `${transposed ? "transposed" : "forward"} ${
      winograd ? `winograd ${stride}` : "direct"
    } ${inChannels} to ${outChannels}`,
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

/** The error of a layer with more channels than the kernels have room for. */
export function tooLarge(channels: number, most: number): RunError {
  return new RunError(
    `The CPU engine has no room for a layer of ${
      channels.toLocaleString("en")
    } channels, only for ${most.toLocaleString("en")}: use --backend webgpu.`,
  );
}
