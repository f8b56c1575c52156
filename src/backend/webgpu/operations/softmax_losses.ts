/**
 * Softmax, the losses of softmax distributions per example and their gradients, a thread for every row.
 *
 * @module
 */
import { type Lowered, single } from "../program/kernel.ts";
import { reads, threadKernel, writes } from "./shader.ts";

/** `[N,C]`. */
type RowShape = readonly [rows: number, classes: number];

/** WGSL of `NAME_most`, a row's largest logit, and `NAME_norm`, the logarithm of the sum of `exp(logit − most)`. */
function softmax(name: string, classes: number): string {
  return `var ${name}_most = ${name}[row];
for (var c = 1u; c < ${classes}u; c++) { ${name}_most = max(${name}_most, ${name}[row + c]); }
var ${name}_norm = 0.0;
for (var c = 0u; c < ${classes}u; c++) { ${name}_norm += exp(${name}[row + c] - ${name}_most); }
${name}_norm = log(${name}_norm);`;
}

/** WGSL of the logarithm of the probability of class `c`. */
const logarithm = (name: string) => `${name}[row + c] - ${name}_most - ${name}_norm`;

/** WGSL that runs `statements` for all classes. */
function overClasses(classes: number, ...statements: string[]): string {
  return `for (var c = 0u; c < ${classes}u; c++) {
  ${statements.join("\n  ")}
}`;
}

/** WGSL of `NAME`, the sum of `value` over all classes. */
function sum(name: string, classes: number, value: string): string {
  return `var ${name} = 0.0;\n${overClasses(classes, `${name} += ${value};`)}`;
}

/** A kernel that reads rows of its inputs: `dy` is a value per row, and so are outputs called `loss`. */
function rowKernel(
  name: string,
  [rows, classes]: RowShape,
  inputs: readonly string[],
  outputs: readonly string[],
  passes: number,
  body: readonly string[],
): Lowered {
  const bytes = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + (["dy", "loss"].includes(name) ? 4 : 4 * classes), 0);
  const kernel = threadKernel({
    name: `${name} [${rows},${classes}]`,
    bindings: [...reads("f32", ...inputs), ...writes("f32", ...outputs)],
    count: rows,
    body: [`let row = i * ${classes}u;`, ...body].join("\n"),
    flops: 4 * passes * classes,
    bytesRead: passes * bytes(inputs),
    bytesWritten: bytes(outputs),
  });
  return single(kernel, inputs.length, outputs.length);
}

/** Input `logits` `[N,C]`; output their probabilities, `[N,C]`. */
export function softmaxRows(shape: RowShape): Lowered {
  const classes = shape[1];
  return rowKernel("softmax", shape, ["logits"], ["probability"], 3, [
    softmax("logits", classes),
    overClasses(classes, `probability[row + c] = exp(${logarithm("logits")});`),
  ]);
}

/** Inputs `logits`, `labels` `[N,C]`; output `−Σ_c labels_c log p_c`, `[N]`. */
export function crossEntropy(shape: RowShape): Lowered {
  const classes = shape[1];
  return rowKernel("crossEntropy", shape, ["logits", "labels"], ["loss"], 3, [
    softmax("logits", classes),
    sum("likelihood", classes, `labels[row + c] * (${logarithm("logits")})`),
    "loss[i] = -likelihood;",
  ]);
}

/** Inputs `logits`, `labels` `[N,C]`, `dy` `[N]`; output `dLogits = dy (p Σ labels − labels)`. */
export function crossEntropyGradient(shape: RowShape): Lowered {
  const classes = shape[1];
  const inputs = ["logits", "labels", "dy"];
  return rowKernel("crossEntropyGradient", shape, inputs, ["dLogits"], 4, [
    softmax("logits", classes),
    sum("total", classes, "labels[row + c]"),
    overClasses(
      classes,
      `dLogits[row + c] = dy[i] * (exp(${logarithm("logits")}) * total - labels[row + c]);`,
    ),
  ]);
}

/** Inputs `logits`, `labels` `[N,C]`; output `Σ_c labels_c p_c`, `[N]`. */
export function labelProbability(shape: RowShape): Lowered {
  const classes = shape[1];
  return rowKernel("labelProbability", shape, ["logits", "labels"], ["loss"], 3, [
    softmax("logits", classes),
    sum("probability", classes, `labels[row + c] * exp(${logarithm("logits")})`),
    "loss[i] = probability;",
  ]);
}

/** Inputs `logits`, `labels` `[N,C]`, `dy` `[N]`; output `dLogits = dy p (labels − Σ labels p)`. */
export function labelProbabilityGradient(shape: RowShape): Lowered {
  const classes = shape[1];
  const inputs = ["logits", "labels", "dy"];
  return rowKernel("labelProbabilityGradient", shape, inputs, ["dLogits"], 4, [
    softmax("logits", classes),
    sum("probability", classes, `labels[row + c] * exp(${logarithm("logits")})`),
    overClasses(
      classes,
      `dLogits[row + c] = dy[i] * exp(${logarithm("logits")}) * (labels[row + c] - probability);`,
    ),
  ]);
}

/** WGSL of the normalised rows `p` and `q` and of `divergence`, that of `q` from `p`. */
function divergence(classes: number): string[] {
  return [
    softmax("p", classes),
    softmax("q", classes),
    sum(
      "divergence",
      classes,
      `exp(${logarithm("p")}) * ((${logarithm("p")}) - (${logarithm("q")}))`,
    ),
  ];
}

/** Inputs `p`, `q` `[N,C]`, logits; output `Σ_c p_c (log p_c − log q_c)` of their probabilities, `[N]`. */
export function klDivergence(shape: RowShape): Lowered {
  const body = [...divergence(shape[1]), "loss[i] = divergence;"];
  return rowKernel("klDivergence", shape, ["p", "q"], ["loss"], 3, body);
}

/**
 * Inputs `p`, `q` `[N,C]`, `dy` `[N]`; outputs `dp = dy p (log p − log q − KL)` and `dq = dy (q − p)`, where `p` and `q`
 * on the right are probabilities.
 */
export function klDivergenceGradient(shape: RowShape): Lowered {
  const classes = shape[1];
  return rowKernel("klDivergenceGradient", shape, ["p", "q", "dy"], ["dp", "dq"], 4, [
    ...divergence(classes),
    overClasses(
      classes,
      `let log_p = ${logarithm("p")};`,
      `let log_q = ${logarithm("q")};`,
      "dp[row + c] = dy[i] * exp(log_p) * (log_p - log_q - divergence);",
      "dq[row + c] = dy[i] * (exp(log_q) - exp(log_p));",
    ),
  ]);
}
