/**
 * Numbers of other types as the float32 that the networks here compute with.
 *
 * @module
 */
import type { SafeTensor } from "../format/safetensors.ts";

/** `tensor` as float32, rounded to nearest where it was float64; one of no such type as it is. */
export function asFloat32(tensor: SafeTensor): SafeTensor {
  const { shape } = tensor;
  if (tensor.dtype === "F64" || tensor.dtype === "F16") {
    return { dtype: "F32", shape, data: Float32Array.from(tensor.data) };
  }
  if (tensor.dtype !== "BF16") return tensor;
  // A bfloat16 is the upper half of a float32.
  const bits = Uint32Array.from(tensor.data, (half) => half << 16);
  return { dtype: "F32", shape, data: new Float32Array(bits.buffer) };
}
