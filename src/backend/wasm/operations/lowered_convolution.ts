/**
 * Convolutions that the network of this program does not have, such as a model from elsewhere may: what a filter sees
 * at one place is written out as the row of a matrix, which is multiplied by the filter.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { ConvolutionShape } from "../../operations/convolution_shape.ts";
import type { TensorEngine } from "../tensors.ts";
import { type EpilogueAddresses, forwardPhase, inputGradientPhase } from "./convolution_phases.ts";
import { computeFilterGradient } from "./filter_gradient.ts";

/** What tfjs says of a convolution of NHWC images. */
export type ConvolutionInfo = tf.backend_util.Conv2DInfo;

/** Bytes of rows that are written out at a time, about. */
const GROUP_BYTES = 16 << 20;

/** The convolution of `x` with `filter` (HWIO). */
export function forwardLowered(
  engine: TensorEngine,
  info: ConvolutionInfo,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  epilogue: EpilogueAddresses,
): tf.TensorInfo {
  const y = engine.allocate(info.outShape);
  forEachGroup(engine, info, (group) => {
    writeRows(engine, info, x, group);
    const to = engine.address(y) + 4 * group.first * resultValues(info);
    const { product, address } = group;
    engine.crew.run([forwardPhase(engine, product, address, filter, to, epilogue)]);
  });
  return y;
}

/** The gradient of the images from the result's `dy`. */
export function inputGradientLowered(
  engine: TensorEngine,
  info: ConvolutionInfo,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
): tf.TensorInfo {
  const dx = engine.allocate(info.inShape);
  engine.floats(dx)[0]!.fill(0);
  forEachGroup(engine, info, (group) => {
    const from = engine.address(dy) + 4 * group.first * resultValues(info);
    const { product, address } = group;
    engine.crew.run([inputGradientPhase(engine, product, from, filter, address, {})]);
    const rows = engine.heap.floats(address, group.values), [sums] = engine.floats(dx);
    forEachTap(info, group, (pixel, place) => {
      for (let c = 0; c < info.inChannels; c++) sums![pixel + c]! += rows[place + c]!;
    });
  });
  return dx;
}

/** The gradient of the filter from the images and the result's `dy`. */
export function filterGradientLowered(
  engine: TensorEngine,
  info: ConvolutionInfo,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
): tf.TensorInfo {
  const { filterShape } = info, values = tf.util.sizeFromShape(filterShape);
  const dw = engine.allocate(filterShape);
  engine.floats(dw)[0]!.fill(0);
  engine.temporarily(4 * values, (part) => {
    forEachGroup(engine, info, (group) => {
      writeRows(engine, info, x, group);
      const from = engine.address(dy) + 4 * group.first * resultValues(info);
      computeFilterGradient(engine, group.product, { x: group.address, dy: from, dw: part });
      const ofGroup = engine.heap.floats(part, values), [sums] = engine.floats(dw);
      for (let i = 0; i < values; i++) sums![i]! += ofGroup[i]!;
    });
  });
  return dw;
}

/** Some of the images, and the room for their rows. */
interface Group {
  readonly first: number;
  readonly images: number;
  readonly address: number;
  /** Of all rows. */
  readonly values: number;
  /** Rows times filter, as a convolution of single pixels. */
  readonly product: ConvolutionShape;
}

const rowValues = ({ filterHeight, filterWidth, inChannels }: ConvolutionInfo) =>
  filterHeight * filterWidth * inChannels;

/** Values of an image's result. */
const resultValues = ({ outHeight, outWidth, outChannels }: ConvolutionInfo) =>
  outHeight * outWidth * outChannels;

function forEachGroup(
  engine: TensorEngine,
  info: ConvolutionInfo,
  use: (group: Group) => void,
): void {
  const { batchSize, outHeight, outWidth, outChannels } = info;
  const perImage = outHeight * outWidth, values = perImage * rowValues(info);
  const most = Math.max(1, Math.floor(GROUP_BYTES / (4 * values)));
  engine.temporarily(4 * values * Math.min(most, batchSize), (address) => {
    for (let first = 0; first < batchSize; first += most) {
      const images = Math.min(most, batchSize - first);
      const pixels = { height: 1, width: 1, kernel: 1, stride: 1 } as const;
      const product = {
        ...pixels,
        batch: images * perImage,
        inChannels: rowValues(info),
        outChannels,
      };
      use({ first, images, address, values: images * values, product });
    }
  });
}

function writeRows(
  engine: TensorEngine,
  info: ConvolutionInfo,
  x: tf.TensorInfo,
  group: Group,
): void {
  const [image] = engine.floats(x), rows = engine.heap.floats(group.address, group.values);
  rows.fill(0); // what lies beside the image stays so
  forEachTap(info, group, (pixel, place) => {
    for (let c = 0; c < info.inChannels; c++) rows[place + c] = image![pixel + c]!;
  });
}

/** Calls `use` with where a pixel of the images begins, and the places in the rows where a tap of the filter meets it. */
function forEachTap(
  info: ConvolutionInfo,
  { first, images }: Group,
  use: (pixel: number, place: number) => void,
): void {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const { dilationHeight, dilationWidth } = info, taps = filterHeight * filterWidth;
  for (let image = 0, row = 0; image < images; image++) {
    for (let place = 0; place < outHeight * outWidth; place++, row++) {
      const top = Math.floor(place / outWidth) * strideHeight - padInfo.top;
      const left = place % outWidth * strideWidth - padInfo.left;
      for (let tap = 0; tap < taps; tap++) {
        const y = top + Math.floor(tap / filterWidth) * dilationHeight;
        const x = left + tap % filterWidth * dilationWidth;
        if (y < 0 || y >= inHeight || x < 0 || x >= inWidth) continue;
        const pixel = ((first + image) * inHeight + y) * inWidth + x;
        use(pixel * inChannels, (row * taps + tap) * inChannels);
      }
    }
  }
}
