/**
 * Batch normalisation on the WASM heap, sums in float64: exact to rounding for any batch size, and faster than the
 * stock backend's broadcasting kernels.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import {
  BATCH_NORM_APPLY,
  BATCH_NORM_GRADIENT,
  BATCH_NORM_STATISTICS,
  type BatchNormAttributes,
} from "../batch_norm.ts";
import { allocate, view } from "./heap.ts";

type Inputs = Record<string, tf.TensorInfo>;

/** `1/√(variance + ε)` per channel in float64. */
function inverseDeviation(variance: Float32Array, epsilon: number): Float64Array {
  return Float64Array.from(variance, (v) => 1 / Math.sqrt(v + epsilon));
}

function statistics(backend: BackendWasm, { x }: Inputs): tf.TensorInfo[] {
  const channels = x!.shape.at(-1)!;
  const meanInfo = allocate(backend, [channels]);
  const varianceInfo = allocate(backend, [channels]);
  const values = view(backend, x!);
  const rows = values.length / channels;
  const mean = new Float64Array(channels);
  for (let i = 0; i < values.length;) {
    for (let c = 0; c < channels; c++, i++) mean[c]! += values[i]!;
  }
  for (let c = 0; c < channels; c++) mean[c]! /= rows;
  const variance = new Float64Array(channels);
  for (let i = 0; i < values.length;) {
    for (let c = 0; c < channels; c++, i++) {
      const deviation = values[i]! - mean[c]!;
      variance[c]! += deviation * deviation;
    }
  }
  view(backend, meanInfo).set(mean);
  view(backend, varianceInfo).set(variance.map((sum) => sum / rows));
  return [meanInfo, varianceInfo];
}

function apply(backend: BackendWasm, inputs: Inputs, epsilon: number): tf.TensorInfo {
  const y = allocate(backend, inputs.x!.shape);
  const out = view(backend, y);
  const values = view(backend, inputs.x!);
  const gamma = view(backend, inputs.gamma!), beta = view(backend, inputs.beta!);
  const mean = view(backend, inputs.mean!);
  const scale = inverseDeviation(view(backend, inputs.variance!), epsilon)
    .map((inverse, c) => inverse * gamma[c]!);
  const shift = scale.map((s, c) => beta[c]! - mean[c]! * s);
  const channels = gamma.length;
  for (let i = 0; i < values.length;) {
    for (let c = 0; c < channels; c++, i++) out[i] = values[i]! * scale[c]! + shift[c]!;
  }
  return y;
}

/** `dx = γ/σ · (dy − mean(dy) − x̂ · mean(dy · x̂))`, written as one affine map of `dy` and `x` per channel. */
function gradient(backend: BackendWasm, inputs: Inputs, epsilon: number): tf.TensorInfo[] {
  const channels = inputs.gamma!.shape[0]!;
  const dxInfo = allocate(backend, inputs.x!.shape);
  const dGammaInfo = allocate(backend, [channels]);
  const dBetaInfo = allocate(backend, [channels]);
  const dx = view(backend, dxInfo);
  const x = view(backend, inputs.x!), dy = view(backend, inputs.dy!);
  const mean = view(backend, inputs.mean!), gamma = view(backend, inputs.gamma!);
  const inverse = inverseDeviation(view(backend, inputs.variance!), epsilon);
  const dBeta = new Float64Array(channels), dGamma = new Float64Array(channels);
  for (let i = 0; i < x.length;) {
    for (let c = 0; c < channels; c++, i++) {
      dBeta[c]! += dy[i]!;
      dGamma[c]! += dy[i]! * (x[i]! - mean[c]!);
    }
  }
  const rows = x.length / channels;
  const ofDy = new Float64Array(channels), ofX = new Float64Array(channels);
  const constant = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    dGamma[c]! *= inverse[c]!;
    ofDy[c] = gamma[c]! * inverse[c]!;
    ofX[c] = -ofDy[c]! * inverse[c]! * dGamma[c]! / rows;
    constant[c] = -ofDy[c]! * dBeta[c]! / rows - ofX[c]! * mean[c]!;
  }
  for (let i = 0; i < x.length;) {
    for (let c = 0; c < channels; c++, i++) {
      dx[i] = dy[i]! * ofDy[c]! + x[i]! * ofX[c]! + constant[c]!;
    }
  }
  view(backend, dGammaInfo).set(dGamma);
  view(backend, dBetaInfo).set(dBeta);
  return [dxInfo, dGammaInfo, dBetaInfo];
}

/** Registers the three batch-norm kernels for the WASM backend. */
export function registerBatchNormKernels(): void {
  const kernels = {
    [BATCH_NORM_STATISTICS]: statistics,
    [BATCH_NORM_APPLY]: apply,
    [BATCH_NORM_GRADIENT]: gradient,
  };
  for (const [kernelName, compute] of Object.entries(kernels)) {
    tf.registerKernel({
      kernelName,
      backendName: "wasm",
      kernelFunc: ({ inputs, backend, attrs }) =>
        compute(backend as BackendWasm, inputs as Inputs, (attrs as BatchNormAttributes).epsilon),
    });
  }
}
