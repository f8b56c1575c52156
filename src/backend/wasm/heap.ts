/**
 * Views into tfjs's WASM heap: kernels written in TypeScript read and write tensors in place.
 *
 * @module
 */
import type { TensorInfo } from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";

/**
 * Allocates a float32 tensor of `shape`; its values are undefined until written.
 *
 * Allocation can move the heap: take every {@linkcode view} only after the last allocation.
 */
export function allocate(backend: BackendWasm, shape: readonly number[]): TensorInfo {
  return backend.makeOutput([...shape], "float32");
}

/** The values of a float32 tensor in place, valid until the next allocation. */
export function view(backend: BackendWasm, tensor: TensorInfo): Float32Array {
  return backend.typedArrayFromHeap(tensor) as Float32Array;
}
