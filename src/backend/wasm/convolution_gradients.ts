/**
 * The two convolution gradients, composed from forward convolutions, which XNNPACK runs at 20–40 GFLOPS per thread.
 * The stock WASM backend has no filter gradient at all, and its input gradient is a scalar loop.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { allocate, view } from "./heap.ts";

interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat: string;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** Shapes, stride and padding of the forward convolution that is differentiated. */
function forwardInfo(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attributes: Attributes,
): tf.backend_util.Conv2DInfo {
  const info = tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    attributes.strides,
    1,
    attributes.pad,
    attributes.dimRoundingMode,
  );
  if (info.strideHeight !== info.strideWidth || attributes.dataFormat !== "NHWC") {
    throw new Error(
      "The WASM convolution gradients take NHWC tensors and one stride for both axes.",
    );
  }
  return info;
}

/**
 * How output phase `y mod stride` depends on `dy`: `dx[y] = Σ_k w[k] · dy[(y + pad − k)/stride]` over the `k` for
 * which the division is exact. `offset = (phase + pad − k)/stride` is where tap `k` reads, relative to `⌊y/stride⌋`.
 */
function taps(kernel: number, stride: number, pad: number) {
  const list: { k: number; phase: number; offset: number }[] = [];
  for (let phase = 0; phase < stride; phase++) {
    for (let k = 0; k < kernel; k++) {
      const offset = (phase + pad - k) / stride;
      if (Number.isInteger(offset)) list.push({ k, phase, offset });
    }
  }
  const offsets = list.map((tap) => tap.offset);
  return { list, first: Math.min(...offsets), last: Math.max(...offsets) };
}

/**
 * Input gradient as one stride-1 convolution of `dy`: every phase of the stride becomes `inChannels` outputs, and
 * depth-to-space interleaves them. At stride 1 the filter is the usual flipped one.
 */
function inputGradient(
  backend: BackendWasm,
  dy: tf.Tensor4D,
  filter: tf.TensorInfo,
  info: tf.backend_util.Conv2DInfo,
): tf.Tensor4D {
  const { inChannels, outChannels, strideHeight: stride, padInfo } = info;
  const rows = taps(info.filterHeight, stride, padInfo.top);
  const columns = taps(info.filterWidth, stride, padInfo.left);
  const height = rows.last - rows.first + 1, width = columns.last - columns.first + 1;
  const phased = allocate(backend, [height, width, outChannels, stride * stride * inChannels]);
  const target = view(backend, phased).fill(0);
  const source = view(backend, filter);
  for (const row of rows.list) {
    for (const column of columns.list) {
      const from = (row.k * info.filterWidth + column.k) * inChannels * outChannels;
      const tap = (row.offset - rows.first) * width + column.offset - columns.first;
      const phase = row.phase * stride + column.phase;
      for (let o = 0; o < outChannels; o++) {
        const to = ((tap * outChannels + o) * stride * stride + phase) * inChannels;
        for (let i = 0; i < inChannels; i++) target[to + i] = source[from + i * outChannels + o]!;
      }
    }
  }
  const phases = tf.engine().makeTensorFromTensorInfo(phased) as tf.Tensor4D;
  const blocksHigh = Math.ceil(info.inHeight / stride),
    blocksWide = Math.ceil(info.inWidth / stride);
  const padded = tf.conv2d(dy, phases, 1, [
    [0, 0],
    [-rows.first, blocksHigh + rows.last - info.outHeight],
    [-columns.first, blocksWide + columns.last - info.outWidth],
    [0, 0],
  ]);
  return stride === 1 ? padded : interleave(backend, padded, info);
}

/**
 * Phases `[N,⌈H/s⌉,⌈W/s⌉,s²·C]` laid out as the image `[N,H,W,C]`: depth-to-space, whose stock kernel takes longer than
 * the convolution before it.
 */
function interleave(
  backend: BackendWasm,
  phases: tf.Tensor4D,
  { inShape, strideHeight: stride }: tf.backend_util.Conv2DInfo,
): tf.Tensor4D {
  const [batch, height, width, channels] = inShape;
  const image = allocate(backend, inShape);
  const target = view(backend, image);
  const source = view(backend, phases);
  const [, blocksHigh, blocksWide, depth] = phases.shape;
  for (let n = 0, to = 0; n < batch; n++) {
    for (let y = 0; y < height; y++) {
      const row = (n * blocksHigh + Math.floor(y / stride)) * blocksWide;
      for (let x = 0; x < width; x++) {
        const phase = (y % stride) * stride + x % stride;
        const from = (row + Math.floor(x / stride)) * depth + phase * channels;
        for (let c = 0; c < channels; c++) target[to++] = source[from + c]!;
      }
    }
  }
  return tf.engine().makeTensorFromTensorInfo(image) as tf.Tensor4D;
}

/**
 * Filter gradient as a convolution of transposed tensors: input channels play the batch, the batch plays the
 * channels, and `dy` plays a filter dilated by the stride.
 */
function filterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  info: tf.backend_util.Conv2DInfo,
): tf.Tensor4D {
  const { padInfo, strideHeight: stride, filterHeight, filterWidth } = info;
  const image = tf.transpose(x, [3, 1, 2, 0]);
  const filter = tf.transpose(dy, [1, 2, 0, 3]);
  const pad: tf.backend_util.ExplicitPadding = [
    [0, 0],
    [padInfo.top, padInfo.bottom],
    [padInfo.left, padInfo.right],
    [0, 0],
  ];
  const gradient = tf.conv2d(image, filter, 1, pad, "NHWC", stride);
  // Rows and columns that no stride reaches give outputs beyond the filter's size.
  const cut = tf.slice(gradient, [0, 0, 0, 0], [
    info.inChannels,
    filterHeight,
    filterWidth,
    info.outChannels,
  ]);
  return tf.transpose(cut, [1, 2, 0, 3]);
}

/** Replaces the WASM backend's input gradient and adds the missing filter gradient. */
export function registerConvolutionGradients(): void {
  tf.unregisterKernel("Conv2DBackpropInput", "wasm");
  tf.registerKernel({
    kernelName: "Conv2DBackpropInput",
    backendName: "wasm",
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { dy, filter } = inputs as { dy: tf.Tensor4D; filter: tf.TensorInfo };
      const attributes = attrs as unknown as Attributes & { inputShape: number[] };
      const info = forwardInfo(attributes.inputShape, filter.shape, attributes);
      return tf.tidy(() => inputGradient(backend as BackendWasm, dy, filter, info));
    },
  });
  tf.registerKernel({
    kernelName: "Conv2DBackpropFilter",
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = inputs as { x: tf.Tensor4D; dy: tf.Tensor4D };
      const attributes = attrs as unknown as Attributes & { filterShape: number[] };
      const info = forwardInfo(x.shape, attributes.filterShape, attributes);
      return tf.tidy(() => filterGradient(x, dy, info));
    },
  });
}
