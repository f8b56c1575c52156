/**
 * GPUs that nobody here has, by what their makers say of them. Sources: docs/roofline.md.
 *
 * @module
 */
import type { DeviceTraits } from "../../backend/webgpu/convolution/shape.ts";

/** The two roofs of a GPU. */
export interface Gpu {
  readonly name: string;
  /** Floating-point operations in a second: float32, without matrix units, which WebGPU does not reach. */
  readonly flops: number;
  /** Bytes in a second between the GPU and its memory. */
  readonly bandwidth: number;
}

/** What predictions are made for. */
export const GPUS = {
  /** NVIDIA H100 SXM. */
  h100: { name: "H100-class", flops: 67e12, bandwidth: 3.35e12 },
  /** Apple M1 with 8 GPU cores. */
  laptop: { name: "laptop-class", flops: 2.6e12, bandwidth: 68.3e9 },
} as const satisfies Readonly<Record<string, Gpu>>;

/** Which of {@linkcode GPUS}. */
export type GpuName = keyof typeof GPUS;

/** What both of them offer to WebGPU, or more. */
export const GPU_TRAITS: DeviceTraits = {
  shaderF16: true,
  maxComputeWorkgroupStorageSize: 32768,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupsPerDimension: 65535,
  maxStorageBufferBindingSize: 2 ** 31 - 4,
  maxTextureDimension2D: 16384,
};
