/**
 * Which variants of a convolution a device can run.
 *
 * @module
 */
import { CATALOGUE } from "./catalogue.ts";
import type {
  ConvolutionMode,
  ConvolutionShape,
  ConvolutionVariant,
  DeviceTraits,
  Precision,
} from "./shape.ts";

/** What `device` can do, or a device with everything that this adapter has. */
export function traitsOf(
  { limits, features }: Pick<GPUDevice, "limits" | "features">,
): DeviceTraits {
  return {
    shaderF16: features.has("shader-f16"),
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxTextureDimension2D: limits.maxTextureDimension2D,
  };
}

/** The variants of `mode` that can compute `shape`, in the catalogue's order. */
export function supportedVariants(
  mode: ConvolutionMode,
  shape: ConvolutionShape,
  precision: Precision,
  device: DeviceTraits,
): ConvolutionVariant[] {
  return CATALOGUE[mode].filter((variant) => variant.supports(shape, precision, device));
}
