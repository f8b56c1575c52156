/**
 * The losses of softmax distributions and their gradients in float64, with random rows for them.
 *
 * @module
 */
import { Purpose, Stream } from "../../../src/random/stream.ts";

/** Rows of `classes` values: logits of two models, one-hot labels, and what the losses' values are multiplied by. */
export interface LossInputs {
  readonly rows: number;
  readonly classes: number;
  readonly p: Float32Array;
  readonly q: Float32Array;
  readonly labels: Float32Array;
  readonly dy: Float32Array;
}

/** A loss of one row and its gradients with respect to `p` and, where there is one, `q`. */
type RowLoss = (p: number[], q: number[], labels: number[]) => {
  readonly value: number;
  readonly gradients: readonly number[][];
};

/** Normal logits; those of the second row are so far apart that all but one probability vanish. */
export function makeLossInputs(rows: number, classes: number, seed: number): LossInputs {
  const stream = new Stream(seed, Purpose.synthetic);
  const draw = (length: number, next: (i: number) => number) =>
    Float32Array.from({ length }, (_, i) => next(i));
  const logits = () =>
    draw(rows * classes, (i) => (Math.floor(i / classes) === 1 ? 200 : 3) * stream.normal());
  const label = draw(rows, () => stream.integer(classes));
  return {
    rows,
    classes,
    p: logits(),
    q: logits(),
    labels: draw(rows * classes, (i) => i % classes === label[Math.floor(i / classes)] ? 1 : 0),
    dy: draw(rows, () => stream.normal()),
  };
}

function logSoftmax(logits: number[]): number[] {
  const largest = Math.max(...logits);
  const norm = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
  return logits.map((logit) => logit - largest - norm);
}

/** The three losses. */
export const LOSSES: Readonly<Record<string, RowLoss>> = {
  crossEntropy(p, _, labels) {
    const log = logSoftmax(p);
    return {
      value: -log[labels.indexOf(1)]!,
      gradients: [log.map((value, c) => Math.exp(value) - labels[c]!)],
    };
  },
  labelProbability(p, _, labels) {
    const log = logSoftmax(p), ofLabel = Math.exp(log[labels.indexOf(1)]!);
    return {
      value: ofLabel,
      gradients: [log.map((value, c) => ofLabel * (labels[c]! - Math.exp(value)))],
    };
  },
  klDivergence(p, q) {
    const logP = logSoftmax(p), logQ = logSoftmax(q);
    const ratio = logP.map((value, c) => value - logQ[c]!);
    const value = ratio.reduce((sum, each, c) => sum + Math.exp(logP[c]!) * each, 0);
    return {
      value,
      gradients: [
        ratio.map((each, c) => Math.exp(logP[c]!) * (each - value)),
        logQ.map((each, c) => Math.exp(each) - Math.exp(logP[c]!)),
      ],
    };
  },
};

/** Values `[rows]` of `loss` and its gradients `[rows,classes]`, multiplied by `dy`. */
export function referenceLoss(
  loss: RowLoss,
  { rows, classes, p, q, labels, dy }: LossInputs,
): { values: number[]; gradients: number[][] } {
  const cut = (values: Float32Array, row: number) => [
    ...values.subarray(row * classes, (row + 1) * classes),
  ];
  const results = Array.from(
    { length: rows },
    (_, row) => loss(cut(p, row), cut(q, row), cut(labels, row)),
  );
  return {
    values: results.map(({ value }) => value),
    gradients: results[0]!.gradients.map((_, i) =>
      results.flatMap(({ gradients }, row) => gradients[i]!.map((slope) => slope * dy[row]!))
    ),
  };
}
