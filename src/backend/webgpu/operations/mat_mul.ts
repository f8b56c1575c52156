/**
 * Products of small matrices: logits, and rows picked by one-hot rows.
 *
 * @module
 */
import { type Lowered, single } from "../kernel.ts";
import { reads, workgroupKernel, writes } from "./shader.ts";

/** Rows and columns of the result per workgroup. The matrices are small: many workgroups matter more than reuse. */
const TILE = 8;
/** Products per visit to workgroup memory; its lines are one value longer, so that they begin in different banks. */
const DEPTH = 32;
const LINE = DEPTH + 1;

/** WGSL that fills `lines` of workgroup memory from `first` on with `matrix`, where `at(line, k)` is a value's index. */
function fill(
  [lines, first, count]: readonly [lines: string, first: string, count: number],
  matrix: string,
  depth: number,
  at: (line: string, k: string) => string,
): string {
  return `for (var at = lane; at < ${TILE * DEPTH}u; at += ${TILE * TILE}u) {
    let line = at / ${DEPTH}u;
    let k = start + at % ${DEPTH}u;
    var value = 0.0;
    if (${first} + line < ${count}u && k < ${depth}u) {
      value = ${matrix}[${at(`(${first} + line)`, "k")}];
    }
    ${lines}[line * ${LINE}u + at % ${DEPTH}u] = value;
  }`;
}

/**
 * Inputs `a` `[m,k]` and `b` `[k,n]`, each stored the other way round if it is transposed; output `a · b` `[m,n]`.
 * Shapes are those that are stored; dimensions before the last two must be 1.
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
  const [down, across] = [Math.ceil(m / TILE), Math.ceil(n / TILE)];
  const visits = Math.ceil(depth / DEPTH);
  const ofA = (row: string, k: string) =>
    transposeA ? `${k} * ${m}u + ${row}` : `${row} * ${depth}u + ${k}`;
  const ofB = (column: string, k: string) =>
    transposeB ? `${column} * ${depth}u + ${k}` : `${k} * ${n}u + ${column}`;
  const kernel = workgroupKernel({
    name: `matMul [${shapeA}]${transposeA ? "ᵀ" : ""} [${shapeB}]${transposeB ? "ᵀ" : ""}`,
    bindings: [...reads("f32", "a", "b"), ...writes("f32", "result")],
    workgroups: down * across,
    threads: TILE * TILE,
    declarations: `var<workgroup> rows: array<f32, ${TILE * LINE}>;
var<workgroup> columns: array<f32, ${TILE * LINE}>;`,
    body: `let top = workgroup / ${across}u * ${TILE}u;
let left = workgroup % ${across}u * ${TILE}u;
let row = lane / ${TILE}u;
let column = lane % ${TILE}u;
var sum = 0.0;
for (var start = 0u; start < ${depth}u; start += ${DEPTH}u) {
  ${fill(["rows", "top", m], "a", depth, ofA)}
  ${fill(["columns", "left", n], "b", depth, ofB)}
  workgroupBarrier();
  for (var k = 0u; k < ${DEPTH}u; k++) {
    sum = fma(rows[row * ${LINE}u + k], columns[column * ${LINE}u + k], sum);
  }
  workgroupBarrier();
}
if (top + row < ${m}u && left + column < ${n}u) {
  result[(top + row) * ${n}u + left + column] = sum;
}`,
    cost: {
      flops: 2 * TILE ** 2 * DEPTH * visits * down * across,
      bytesRead: 4 * depth * (m * across + n * down),
      bytesWritten: 4 * m * n,
      workgroupMemory: 8 * TILE * LINE,
    },
  });
  return single(kernel, 2, 1);
}
