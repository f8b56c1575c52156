/**
 * The losses of softmax distributions and their gradients in float64: they are far too small for threads.
 *
 * @module
 */
import type { TensorInfo } from "@tensorflow/tfjs";
import { exp } from "../../../elementary/exp.ts";
import { log } from "../../../elementary/log.ts";
import {
  CROSS_ENTROPY,
  CROSS_ENTROPY_GRADIENT,
  KL_DIVERGENCE,
  KL_DIVERGENCE_GRADIENT,
  LABEL_PROBABILITY,
  LABEL_PROBABILITY_GRADIENT,
} from "../../operations/softmax_losses.ts";
import type { EngineKernel, KernelTable } from "./registration.ts";
import type { TensorEngine } from "../tensors.ts";

/** Rows of probabilities and of their logarithms, `[N,C]` each. */
interface Distributions {
  readonly p: Float64Array;
  readonly log: Float64Array;
}

/** Values of an output at `i` of `[N,C]`, which is in `row`. */
type Value = (i: number, row: number) => number;

/** The inputs of one kernel call, of which all but `dy` are `[N,C]`, and sums over their rows. */
class Rows {
  readonly #engine: TensorEngine;
  readonly #inputs: Record<string, TensorInfo>;
  readonly #shape: [count: number, classes: number];

  constructor(engine: TensorEngine, inputs: Record<string, TensorInfo>) {
    this.#engine = engine;
    this.#inputs = inputs;
    this.#shape = (inputs.logits ?? inputs.p)!.shape as [number, number];
  }

  values(name: string): Float32Array {
    return this.#engine.data.get(this.#inputs[name]!.dataId).values as Float32Array;
  }

  softmax(name: string): Distributions {
    const logits = this.values(name), [count, classes] = this.#shape;
    const logs = new Float64Array(logits.length);
    for (let first = 0; first < logits.length; first += classes) {
      const end = first + classes;
      let largest = -Infinity, sum = 0;
      for (let i = first; i < end; i++) largest = Math.max(largest, logits[i]!);
      for (let i = first; i < end; i++) sum += exp(logits[i]! - largest);
      const norm = log(sum);
      for (let i = first; i < end; i++) logs[i] = logits[i]! - largest - norm;
    }
    return { p: this.#fill(new Float64Array(count * classes), (i) => exp(logs[i]!)), log: logs };
  }

  /** The sum of `value` over every row. */
  sums(value: Value): Float64Array {
    const [count, classes] = this.#shape, sums = new Float64Array(count);
    for (let row = 0, i = 0; row < count; row++) {
      for (const end = i + classes; i < end; i++) sums[row]! += value(i, row);
    }
    return sums;
  }

  /** A tensor `[N]` of the sums of `value`. */
  loss(value: Value): TensorInfo {
    const losses = Float32Array.from(this.sums(value));
    return this.#engine.makeTensorInfo([losses.length], "float32", losses);
  }

  /** A tensor `[N,C]` of `value` times its row's `dy`. */
  gradient(value: Value): TensorInfo {
    const dy = this.values("dy"), [count, classes] = this.#shape;
    const slopes = this.#fill(
      new Float32Array(count * classes),
      (i, row) => dy[row]! * value(i, row),
    );
    return this.#engine.makeTensorInfo([count, classes], "float32", slopes);
  }

  #fill<Values extends Float32Array | Float64Array>(values: Values, value: Value): Values {
    const [count, classes] = this.#shape;
    for (let row = 0, i = 0; row < count; row++) {
      for (const end = i + classes; i < end; i++) values[i] = value(i, row);
    }
    return values;
  }
}

function kernel(compute: (rows: Rows) => TensorInfo | TensorInfo[]): EngineKernel {
  return (engine, inputs) => compute(new Rows(engine, inputs));
}

/** tfjs's operation of this name, which some methods' terms use; its own kernel has the engine's logarithm. */
const logarithm: EngineKernel = (engine, { x }) => {
  const values = engine.readSync(x!.dataId) as Float32Array;
  return engine.makeTensorInfo(x!.shape, "float32", values.map(log));
};

/** Cross-entropy, Kullback–Leibler divergence, the label's probability and the logarithm. */
export const softmaxLossKernels: KernelTable = {
  Log: logarithm,
  [CROSS_ENTROPY]: kernel((rows) => {
    const { log } = rows.softmax("logits"), labels = rows.values("labels");
    return rows.loss((i) => -labels[i]! * log[i]!);
  }),
  [CROSS_ENTROPY_GRADIENT]: kernel((rows) => {
    const { p } = rows.softmax("logits"), labels = rows.values("labels");
    const totals = rows.sums((i) => labels[i]!);
    return rows.gradient((i, row) => p[i]! * totals[row]! - labels[i]!);
  }),
  [KL_DIVERGENCE]: kernel((rows) => {
    const p = rows.softmax("p"), q = rows.softmax("q");
    return rows.loss((i) => p.p[i]! * (p.log[i]! - q.log[i]!));
  }),
  [KL_DIVERGENCE_GRADIENT]: kernel((rows) => {
    const p = rows.softmax("p"), q = rows.softmax("q");
    const divergences = rows.sums((i) => p.p[i]! * (p.log[i]! - q.log[i]!));
    return [
      rows.gradient((i, row) => p.p[i]! * (p.log[i]! - q.log[i]! - divergences[row]!)),
      rows.gradient((i) => q.p[i]! - p.p[i]!),
    ];
  }),
  [LABEL_PROBABILITY]: kernel((rows) => {
    const { p } = rows.softmax("logits"), labels = rows.values("labels");
    return rows.loss((i) => labels[i]! * p[i]!);
  }),
  [LABEL_PROBABILITY_GRADIENT]: kernel((rows) => {
    const { p } = rows.softmax("logits"), labels = rows.values("labels");
    const ofLabels = rows.sums((i) => labels[i]! * p[i]!);
    return rows.gradient((i, row) => p[i]! * (labels[i]! - ofLabels[row]!));
  }),
};
