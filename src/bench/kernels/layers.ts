/**
 * The convolutions that ResNet-18 is made of, as shapes to measure.
 *
 * @module
 */
import type { ConvolutionShape } from "../../backend/operations/convolution_shape.ts";
import { CIFAR10 } from "../../data/sets/cifar10.ts";
import {
  buildArchitecture,
  DEFAULT_ARCHITECTURE,
} from "../../model/architectures/architectures.ts";

/** What one or more of the network's convolutions are. */
export interface BenchLayer {
  /** For people, e.g. `3x3/2, 32x32, 64 to 128`. */
  readonly name: string;
  readonly shape: ConvolutionShape;
  /** Whether it is what most of the network's work is: 3×3 of stride 1, and not the stem. */
  readonly main: boolean;
}

/** Every shape that a convolution of the network has, once, for `batch` images of CIFAR-10's size. */
export function convolutionLayers(width: number, batch: number): BenchLayer[] {
  const { layers } = buildArchitecture(DEFAULT_ARCHITECTURE, {
    width,
    classes: CIFAR10.classes.length,
  });
  const found = new Map<string, BenchLayer>();
  const sizes = [CIFAR10.shape.height]; // of every value
  for (const { convolution, input } of layers) {
    const size = sizes[input]!;
    sizes.push(size / (convolution?.stride ?? 1));
    if (convolution === undefined) continue;
    const { kernel, stride, inChannels, outChannels } = convolution;
    const shape = { batch, height: size, width: size, inChannels, outChannels, kernel, stride };
    const name = `${kernel}x${kernel}${stride > 1 ? `/${stride}` : ""}, ${size}x${size}, ` +
      `${inChannels} to ${outChannels}`;
    const main = kernel === 3 && stride === 1 && found.size > 0;
    if (!found.has(name)) found.set(name, { name, shape, main });
  }
  return [...found.values()];
}
