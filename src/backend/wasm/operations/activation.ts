/**
 * What tfjs wants done to the result of a fused kernel.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { TensorEngine } from "../tensors.ts";
import { type Inputs, stock } from "./registration.ts";

/** tfjs's kernels by the names that activations have there. */
const KERNELS: Readonly<Record<string, string>> = {
  relu: "Relu",
  relu6: "Relu6",
  elu: "Elu",
  sigmoid: "Sigmoid",
  prelu: "Prelu",
  leakyrelu: "LeakyRelu",
};

/** Whether {@linkcode activate} knows the activation that `attributes` name. */
export function isActivation({ activation }: tf.NamedAttrMap): boolean {
  return activation === "linear" || Object.hasOwn(KERNELS, String(activation));
}

/** The activation of `x`, which is freed unless it is the result. */
export function activate(
  engine: TensorEngine,
  x: tf.TensorInfo,
  { preluActivationWeights: alpha }: Inputs,
  { activation, leakyreluAlpha }: tf.NamedAttrMap,
): tf.TensorInfo {
  if (activation === "linear") return x;
  const kernel = KERNELS[String(activation)]!;
  const inputs = { x, ...activation === "prelu" && { alpha: alpha! } };
  const attributes = { ...activation === "leakyrelu" && { alpha: leakyreluAlpha! } };
  const result = stock(kernel, engine, inputs, attributes) as tf.TensorInfo;
  engine.disposeIntermediateTensorInfo(x);
  return result;
}
