/**
 * Operations of the WebGPU engine on a device of their own, without the engine around them.
 *
 * @module
 */
import type { ConvolutionShape } from "../../../src/backend/operations/convolution_shape.ts";
import {
  type ConvolutionVariant,
  type DeviceTraits,
  type Epilogue,
  operandSizes,
  type Precision,
} from "../../../src/backend/webgpu/convolution/shape.ts";
import {
  dispatchAll,
  KernelDevice,
  type Memory,
  release,
  traitsOf,
} from "../../../src/backend/webgpu/program/device.ts";
import { floats, type Lowered, type Storage } from "../../../src/backend/webgpu/program/kernel.ts";
import { describeAdapters } from "../../../src/backend/webgpu/open.ts";

/** Features that some kernels use. A GPU's driver has others, not all of which it grants. */
const FEATURES = ["shader-f16", "timestamp-query"] as const;

/** A device with every limit of the adapter. */
export class KernelBench {
  readonly #kernels: KernelDevice;
  readonly #device: GPUDevice;

  private constructor(device: GPUDevice) {
    this.#device = device;
    this.#kernels = new KernelDevice(device);
  }

  /** Opens the first adapter; there must be one. */
  static async open(): Promise<KernelBench> {
    const { adapter } = (await describeAdapters())[0]!;
    const requiredLimits: Record<string, number> = {};
    for (const name in adapter.limits) {
      requiredLimits[name] = adapter.limits[name as keyof GPUSupportedLimits] as number;
    }
    const requiredFeatures = FEATURES.filter((name) => adapter.features.has(name));
    return new KernelBench(await adapter.requestDevice({ requiredLimits, requiredFeatures }));
  }

  /** What the device can do. */
  get traits(): DeviceTraits {
    return traitsOf(this.#device);
  }

  /**
   * The outputs of `lowered`, each of so many float32 values. Outputs and scratch buffers are NaN before: what a kernel
   * forgets to write shows. An output that an operation changes in place is given as what it holds before.
   *
   * @throws {Error} if the device rejects a kernel
   */
  async run(
    lowered: Lowered,
    inputs: readonly Float32Array[],
    before: readonly (number | Float32Array)[],
  ): Promise<Float32Array[]> {
    const given = inputs.map((values) => this.#upload(values));
    const outputs = before.map((each) =>
      typeof each === "number" ? this.#undefined(floats(each)) : this.#upload(each)
    );
    try {
      await this.#dispatch(lowered, given, outputs);
      return await Promise.all(outputs.map((memory, i) => {
        const each = before[i]!;
        return this.#read(memory, typeof each === "number" ? each : each.length);
      }));
    } finally {
      [...given, ...outputs].forEach(release);
    }
  }

  /** The result of `variant`, its filter packed first if it wants that. `inputs` are as {@linkcode ConvolutionVariant} says. */
  async convolve(
    variant: ConvolutionVariant,
    shape: ConvolutionShape,
    precision: Precision,
    epilogue: Epilogue,
    inputs: readonly Float32Array[],
  ): Promise<Float32Array> {
    const given: Memory[] = inputs.map((values) => this.#upload(values));
    const [, , size] = operandSizes(variant.mode, shape);
    const result = this.#undefined(floats(size));
    const all = [...given, result];
    try {
      const pack = variant.pack?.(shape, precision);
      if (pack) {
        const packed = this.#undefined(pack.storage);
        all.push(packed);
        await this.#dispatch(pack.lowered, [given[1]!], [packed]);
        given[1] = packed;
      }
      await this.#dispatch(variant.lower(shape, precision, epilogue), given, [result]);
      return await this.#read(result, size);
    } finally {
      all.forEach(release);
    }
  }

  /** Frees the device. */
  close(): void {
    this.#device.destroy();
  }

  #upload(values: Float32Array): Memory {
    const memory = this.#kernels.allocate(floats(values.length));
    this.#device.queue.writeBuffer((memory as { buffer: GPUBuffer }).buffer, 0, values);
    return memory;
  }

  #undefined(storage: Storage): Memory {
    const memory = this.#kernels.allocate(storage);
    if (!("buffer" in memory)) return memory;
    const values = new Float32Array(memory.buffer.size / 4).fill(NaN);
    this.#device.queue.writeBuffer(memory.buffer, 0, values);
    return memory;
  }

  async #dispatch(
    lowered: Lowered,
    inputs: readonly Memory[],
    outputs: readonly Memory[],
  ): Promise<void> {
    const memories: Memory[] = [];
    const allocate = (storage: Storage) => {
      const memory = this.#undefined(storage);
      memories.push(memory);
      return memory;
    };
    this.#device.pushErrorScope("validation");
    const bound = this.#kernels.bindAll(lowered, inputs, outputs, allocate);
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    dispatchAll(pass, bound);
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
    const error = await this.#device.popErrorScope();
    await this.#device.queue.onSubmittedWorkDone();
    memories.forEach(release);
    if (error) throw new Error(error.message);
  }

  async #read(memory: Memory, size: number): Promise<Float32Array> {
    const { buffer } = memory as { buffer: GPUBuffer };
    const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
    const staging = this.#device.createBuffer({ size: buffer.size, usage });
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
    this.#device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const values = new Float32Array(staging.getMappedRange()).slice(0, size);
    staging.destroy();
    return values;
  }
}
