/**
 * The losses of softmax distributions and their gradients, row by row in float64: they are far too small for threads.
 *
 * @module
 */
import type { TensorInfo } from "@tensorflow/tfjs";
import {
  CROSS_ENTROPY,
  CROSS_ENTROPY_GRADIENT,
  KL_DIVERGENCE,
  KL_DIVERGENCE_GRADIENT,
  LABEL_PROBABILITY,
  LABEL_PROBABILITY_GRADIENT,
} from "../softmax_losses.ts";
import type { EngineKernel, KernelTable } from "./registration.ts";
import type { TensorEngine } from "./tensors.ts";

/** A row of probabilities and their logarithms. */
interface Distribution {
  readonly p: Float64Array;
  readonly log: Float64Array;
}

/** The values of one row of every input: `logits` or `p` first, then `labels` or `q`. */
type Row = readonly [first: Float32Array, second: Float32Array];

function softmax(logits: Float32Array): Distribution {
  const largest = Math.max(...logits);
  const log = Float64Array.from(logits, (logit) => logit - largest);
  const norm = Math.log(log.reduce((sum, logit) => sum + Math.exp(logit), 0));
  for (let c = 0; c < log.length; c++) log[c]! -= norm;
  return { p: log.map(Math.exp), log };
}

/** `Σ_c weight_c value_c`. */
function dot(weights: ArrayLike<number>, values: Float64Array): number {
  return values.reduce((sum, value, c) => sum + weights[c]! * value, 0);
}

function ratio(p: Distribution, q: Distribution): Float64Array {
  return p.log.map((value, c) => value - q.log[c]!);
}

/** A kernel of a value per row of the inputs `names`. */
function valueKernel(names: readonly [string, string], value: (...row: Row) => number) {
  const kernel: EngineKernel = (engine, inputs) => {
    const { rows, count } = rowsOf(engine, inputs, names);
    const values = Float32Array.from({ length: count }, (_, row) => value(...rows(row)));
    return engine.makeTensorInfo([count], "float32", values);
  };
  return kernel;
}

/** A kernel of gradients by row, one for each of `outputs` inputs, that are multiplied by the row's `dy`. */
function gradientKernel(
  names: readonly [string, string],
  outputs: number,
  gradients: (...row: Row) => Float64Array[],
) {
  const kernel: EngineKernel = (engine, inputs) => {
    const { rows, count, classes } = rowsOf(engine, inputs, names);
    const dy = valuesOf(engine, inputs.dy!);
    const results = Array.from({ length: outputs }, () => new Float32Array(count * classes));
    for (let row = 0; row < count; row++) {
      gradients(...rows(row)).forEach((gradient, i) =>
        results[i]!.set(gradient.map((slope) => slope * dy[row]!), row * classes)
      );
    }
    return results.map((values) => engine.makeTensorInfo([count, classes], "float32", values));
  };
  return kernel;
}

function rowsOf(
  engine: TensorEngine,
  inputs: Record<string, TensorInfo>,
  names: readonly [string, string],
) {
  const [count, classes] = inputs[names[0]]!.shape as [number, number];
  const [first, second] = names.map((name) => valuesOf(engine, inputs[name]!)) as [
    Float32Array,
    Float32Array,
  ];
  const cut = (values: Float32Array, row: number) =>
    values.subarray(row * classes, (row + 1) * classes);
  return { rows: (row: number): Row => [cut(first, row), cut(second, row)], count, classes };
}

function valuesOf(engine: TensorEngine, { dataId }: TensorInfo): Float32Array {
  return engine.data.get(dataId).values as Float32Array;
}

const LABELLED = ["logits", "labels"] as const, PAIR = ["p", "q"] as const;

/** Cross-entropy, Kullback–Leibler divergence and the label's probability. */
export const softmaxLossKernels: KernelTable = {
  [CROSS_ENTROPY]: valueKernel(LABELLED, (logits, labels) => -dot(labels, softmax(logits).log)),
  [CROSS_ENTROPY_GRADIENT]: gradientKernel(LABELLED, 1, (logits, labels) => {
    const total = labels.reduce((sum, label) => sum + label, 0);
    return [softmax(logits).p.map((p, c) => p * total - labels[c]!)];
  }),
  [KL_DIVERGENCE]: valueKernel(PAIR, (pLogits, qLogits) => {
    const p = softmax(pLogits);
    return dot(p.p, ratio(p, softmax(qLogits)));
  }),
  [KL_DIVERGENCE_GRADIENT]: gradientKernel(PAIR, 2, (pLogits, qLogits) => {
    const p = softmax(pLogits), q = softmax(qLogits);
    const ratios = ratio(p, q), divergence = dot(p.p, ratios);
    return [
      ratios.map((value, c) => p.p[c]! * (value - divergence)),
      q.p.map((value, c) => value - p.p[c]!),
    ];
  }),
  [LABEL_PROBABILITY]: valueKernel(LABELLED, (logits, labels) => dot(labels, softmax(logits).p)),
  [LABEL_PROBABILITY_GRADIENT]: gradientKernel(LABELLED, 1, (logits, labels) => {
    const { p } = softmax(logits), ofLabel = dot(labels, p);
    return [p.map((value, c) => value * (labels[c]! - ofLabel))];
  }),
};
