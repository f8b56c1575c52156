/**
 * Batch norm as a scale and a shift of each channel, which a convolution before it can take into its own weights.
 *
 * @module
 */
import type { BatchNorm } from "../../model/architecture.ts";
import { BATCH_NORM_EPSILON } from "../../model/train_mode.ts";
import type { StateDict } from "../state_dict.ts";

/** `scale · x + shift`, each `[C]`. */
export interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** `norm` with its running statistics: `γ/√(running_var + ε)` and `β − running_mean · scale`, in float64. */
export function affineOf({ name }: BatchNorm, tensors: StateDict): Affine {
  const values = (kind: string) => Float64Array.from(float32(tensors, `${name}.${kind}`));
  const gamma = values("weight"), beta = values("bias");
  const mean = values("running_mean"), variance = values("running_var");
  const scale = gamma.map((each, c) => each / Math.sqrt(variance[c]! + BATCH_NORM_EPSILON));
  return { scale, shift: beta.map((each, c) => each - mean[c]! * scale[c]!) };
}

/** The filter of a convolution, row-major by channels of the result, with each of these scaled. */
export function scaleFilter(filter: Float32Array, scale: Float64Array): Float32Array {
  const each = filter.length / scale.length;
  return filter.map((value, i) => value * scale[Math.floor(i / each)]!);
}

/** The values of the tensor called `name`, which is float32. */
export function float32(tensors: StateDict, name: string): Float32Array {
  return tensors.get(name)!.data as Float32Array;
}
