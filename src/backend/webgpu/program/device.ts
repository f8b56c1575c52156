/**
 * Kernels on a device: compiled once each, bound to memory, put into compute passes.
 *
 * @module
 */
import type { DeviceTraits } from "../convolution/shape.ts";
import type { BindingKind, Kernel, Lowered, Storage } from "./kernel.ts";

/** Memory on the device, or a part of it. */
export type Memory =
  | { readonly buffer: GPUBuffer; readonly offset?: number; readonly size?: number }
  | GPUTexture;

/** A kernel with its memory, ready to be dispatched again and again. */
export interface BoundKernel {
  readonly kernel: Kernel;
  readonly pipeline: GPUComputePipeline;
  readonly bindings: GPUBindGroup;
}

const LAYOUTS: Readonly<
  Record<BindingKind, Omit<GPUBindGroupLayoutEntry, "binding" | "visibility">>
> = {
  read: { buffer: { type: "read-only-storage" } },
  write: { buffer: { type: "storage" } },
  texture: { texture: { sampleType: "unfilterable-float" } },
  "storage-texture": { storageTexture: { access: "write-only", format: "rgba32float" } },
};

/** Compiles and binds kernels for `device`. */
export class KernelDevice {
  readonly device: GPUDevice;
  /** Pipelines by their code, for good: a run has batches of few sizes, whose programs come and go and come back. */
  readonly #pipelines = new Map<string, GPUComputePipeline>();

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /** `kernel` with `memory` for its bindings. */
  bind(kernel: Kernel, memory: readonly Memory[]): BoundKernel {
    const pipeline = this.#pipeline(kernel);
    const entries = memory.map((each, binding) => ({
      binding,
      resource: "buffer" in each ? each : each.createView(),
    }));
    const layout = pipeline.getBindGroupLayout(0);
    const bindings = this.device.createBindGroup({ label: kernel.name, layout, entries });
    return { kernel, pipeline, bindings };
  }

  /** The dispatches of `lowered` on these inputs and outputs; its scratch memory comes from `allocate`. */
  bindAll(
    { scratch, dispatches }: Lowered,
    inputs: readonly Memory[],
    outputs: readonly Memory[],
    allocate: (storage: Storage) => Memory,
  ): BoundKernel[] {
    const places = { input: inputs, output: outputs, scratch: scratch.map(allocate) };
    return dispatches.map(({ kernel, operands }) =>
      this.bind(kernel, operands.map(({ from, index }) => places[from][index]!))
    );
  }

  /** Memory of its own; contents are zero. */
  allocate(storage: Storage): Memory {
    if (storage.kind === "texture") {
      const { width, height } = storage;
      const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.STORAGE_BINDING;
      return this.device.createTexture({ size: [width, height], format: "rgba32float", usage });
    }
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    return { buffer: this.device.createBuffer({ size: storage.bytes, usage }) };
  }

  #pipeline(kernel: Kernel): GPUComputePipeline {
    let pipeline = this.#pipelines.get(kernel.code);
    if (pipeline === undefined) {
      pipeline = this.device.createComputePipeline({
        label: kernel.name,
        layout: this.device.createPipelineLayout({
          bindGroupLayouts: [this.device.createBindGroupLayout({
            entries: kernel.bindings.map((kind, binding) => ({
              binding,
              visibility: GPUShaderStage.COMPUTE,
              ...LAYOUTS[kind],
            })),
          })],
        }),
        compute: {
          module: this.device.createShaderModule({ label: kernel.name, code: kernel.code }),
        },
      });
      this.#pipelines.set(kernel.code, pipeline);
    }
    return pipeline;
  }
}

/** Bytes of the largest buffer that a kernel on `device` can be given. */
export function largestBlock({ limits }: GPUDevice): number {
  return Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
}

/** What `device` can do, as far as kernels depend on it. */
export function traitsOf({ limits, features }: GPUDevice): DeviceTraits {
  return {
    shaderF16: features.has("shader-f16"),
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxTextureDimension2D: limits.maxTextureDimension2D,
  };
}

/** Puts `kernels` into `pass` in order; each sees what the ones before have written. */
export function dispatchAll(pass: GPUComputePassEncoder, kernels: readonly BoundKernel[]): void {
  for (const { kernel, pipeline, bindings } of kernels) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(...kernel.grid);
  }
}

/**
 * Floating-point operations of one submission, which few devices take a second for. Drivers take one that lasts several
 * seconds for a hang, and end the device: an attack of ten steps on an integrated GPU is that long.
 */
const MOST_FLOPS = 2 ** 36;

/** `kernels` cut into submissions, in order; at least one, though it be empty. */
export function submissionsOf(kernels: readonly BoundKernel[]): BoundKernel[][] {
  let last: BoundKernel[] = [], flops = 0;
  const submissions = [last];
  for (const bound of kernels) {
    flops += bound.kernel.cost.flops;
    if (flops > MOST_FLOPS && last.length > 0) {
      submissions.push(last = []);
      flops = bound.kernel.cost.flops;
    }
    last.push(bound);
  }
  return submissions;
}

/** Frees `memory`. */
export function release(memory: Memory): void {
  if ("buffer" in memory) memory.buffer.destroy();
  else memory.destroy();
}
