/**
 * A WebGPU adapter whose device computes nothing and counts: what an engine asks of a device, without one.
 *
 * @module
 */

/** What was asked of a pretended device. */
export interface DeviceCalls {
  dispatches: number;
  pipelines: number;
  bindGroups: number;
  /** Of the buffers and textures that it has now. */
  bytes: number;
}

/** Limits of a desktop GPU. */
const LIMITS: Partial<GPUSupportedLimits> = {
  maxBufferSize: 2 ** 31,
  maxStorageBufferBindingSize: 2 ** 31 - 4,
  maxStorageBuffersPerShaderStage: 16,
  maxTextureDimension2D: 16384,
  maxComputeWorkgroupSizeX: 1024,
  maxComputeWorkgroupSizeY: 1024,
  maxComputeWorkgroupStorageSize: 32768,
  maxComputeWorkgroupsPerDimension: 65535,
  maxComputeInvocationsPerWorkgroup: 1024,
};

/** The adapter, and what its device has been asked for so far. `limits` take the place of a desktop GPU's. */
export function countingAdapter(
  limits: Partial<GPUSupportedLimits> = {},
): { readonly adapter: GPUAdapter; readonly calls: DeviceCalls } {
  const calls: DeviceCalls = { dispatches: 0, pipelines: 0, bindGroups: 0, bytes: 0 };
  const nothing = () => ({});
  const pass = {
    setPipeline: nothing,
    setBindGroup: nothing,
    dispatchWorkgroups: () => void calls.dispatches++,
    end: nothing,
  };
  /** Takes so many bytes; gives what frees them. */
  const take = (bytes: number) => {
    calls.bytes += bytes;
    let left = bytes;
    return () => {
      calls.bytes -= left;
      left = 0;
    };
  };
  const encoder = {
    beginComputePass: () => pass,
    copyBufferToBuffer: nothing,
    clearBuffer: nothing,
    finish: nothing,
  };
  const device = {
    limits: { ...LIMITS, ...limits },
    features: new Set<string>(),
    lost: new Promise(() => {}),
    queue: { submit: nothing, writeBuffer: nothing, onSubmittedWorkDone: () => Promise.resolve() },
    addEventListener: nothing,
    destroy: nothing,
    createCommandEncoder: () => encoder,
    createBuffer: ({ size, usage }: GPUBufferDescriptor) => ({
      size,
      usage,
      destroy: take(size),
      mapAsync: () => Promise.resolve(),
      getMappedRange: () => new ArrayBuffer(size),
      unmap: nothing,
    }),
    createTexture: ({ size }: GPUTextureDescriptor) => {
      const [width, height] = size as [number, number];
      return { createView: nothing, destroy: take(16 * width * height) };
    },
    createShaderModule: nothing,
    createBindGroupLayout: nothing,
    createPipelineLayout: nothing,
    createBindGroup: () => {
      calls.bindGroups++;
      return {};
    },
    createComputePipeline: () => {
      calls.pipelines++;
      return { getBindGroupLayout: nothing };
    },
  };
  const requestDevice = () => Promise.resolve(device);
  const adapter = { info: { vendor: "nobody" }, limits: device.limits, features: device.features };
  return { adapter: { ...adapter, requestDevice } as unknown as GPUAdapter, calls };
}
