/**
 * Products of small matrices: logits, and rows picked by one-hot rows.
 *
 * @module
 */
import { type Lowered, single } from "../program/kernel.ts";
import { reads, threadKernel, writes } from "./shader.ts";

/** Products that a thread has under way at once. */
const TOGETHER = 4;

/**
 * Inputs `a` `[m,k]` and `b` `[k,n]`, each stored the other way round if it is transposed; output `a · b` `[m,n]`.
 * Shapes are those that are stored; dimensions before the last two must be 1.
 *
 * A thread makes one value of the result: the matrices are too small for tiles to pay.
 */
export function matMul(
  shapeA: readonly number[],
  shapeB: readonly number[],
  transposeA = false,
  transposeB = false,
): Lowered {
  const [rowsA, columnsA] = shapeA.slice(-2) as [number, number];
  const [rowsB, columnsB] = shapeB.slice(-2) as [number, number];
  const [m, depth] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const n = transposeB ? rowsB : columnsB;
  const valueA = (k: string) =>
    `a[${transposeA ? `(${k}) * ${m}u + row` : `row * ${depth}u + ${k}`}]`;
  const valueB = (k: string) =>
    `b[${transposeB ? `column * ${depth}u + ${k}` : `(${k}) * ${n}u + column`}]`;
  const vector = (value: (k: string) => string) =>
    `vec4f(${Array.from({ length: TOGETHER }, (_, i) => value(`k + ${i}u`)).join(", ")})`;
  const kernel = threadKernel({
    name: `matMul [${shapeA}]${transposeA ? "ᵀ" : ""} [${shapeB}]${transposeB ? "ᵀ" : ""}`,
    bindings: [...reads("f32", "a", "b"), ...writes("f32", "result")],
    count: m * n,
    body: `let row = i / ${n}u;
let column = i % ${n}u;
var sums = vec4f();
var k = 0u;
for (; k + ${TOGETHER - 1}u < ${depth}u; k += ${TOGETHER}u) {
  sums = fma(${vector(valueA)},
    ${vector(valueB)}, sums);
}
for (; k < ${depth}u; k++) { sums.x = fma(${valueA("k")}, ${valueB("k")}, sums.x); }
result[i] = (sums.x + sums.y) + (sums.z + sums.w);`,
    flops: 2 * depth,
    bytesRead: 8 * depth,
    bytesWritten: 4,
  });
  return single(kernel, 2, 1);
}
