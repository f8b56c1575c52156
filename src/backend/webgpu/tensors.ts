/**
 * tfjs's tensors as buffers, by what its WebGPU backend makes public.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { BufferPart } from "./program/program.ts";

/**
 * The buffer that holds `tensor`, uploaded if it was not yet.
 *
 * @throws {TypeError} if what it holds are not float32 values: tfjs casts int32 to float32 in name only
 */
export function tensorBuffer(backend: WebGPUBackend, tensor: tf.TensorInfo): BufferPart {
  backend.uploadToGPU(tensor.dataId);
  const { resource, dtype } = backend.tensorMap.get(tensor.dataId);
  if (dtype !== "float32") {
    throw new TypeError(
      `A program takes float32, not the bits of ${dtype}: make the tensor of float32 values.`,
    );
  }
  const bytes = 4 * tf.util.sizeFromShape(tensor.shape);
  return { buffer: resource as GPUBuffer, offset: 0, bytes };
}

/** A tensor's place in tfjs's books, with a buffer of undefined contents. */
export function newTensor(
  backend: WebGPUBackend,
  shape: readonly number[],
): { info: tf.TensorInfo; part: BufferPart } {
  const info = backend.makeTensorInfo([...shape], "float32");
  return { info, part: tensorBuffer(backend, info) };
}

/** Submits what tfjs has recorded, so that what is submitted next runs after it. */
export function flush(backend: WebGPUBackend): void {
  backend.endComputePassEncoder();
  backend.ensureCommandEncoderReady();
  backend.submitQueue();
}
