/**
 * Functions of single values, of two tensors with broadcasting, and the choice between two tensors.
 *
 * @module
 */
import { type Lowered, single } from "../program/kernel.ts";
import { reads, rectified, sizeOf, threadKernel, vectorKernel, writes } from "./shader.ts";
import { broadcastShape, broadcastStrides, indexAt } from "./strides.ts";

/** WGSL of one operand. */
const UNARY = {
  neg: "-a",
  sqrt: "sqrt(a)",
  square: "a * a",
  abs: "abs(a)",
  exp: "exp(a)",
  log: "log(a)",
  reciprocal: "1.0 / a",
  relu: rectified("a", "vec4f"),
  silu: `a / (1.0 + ${inversePower("vec4f")})`,
  sigmoid: "1.0 / (1.0 + exp(-a))",
  softplus: "max(a, vec4f()) + log(1.0 + exp(-abs(a)))",
  tanh: "tanh(clamp(a, vec4f(-10), vec4f(10)))",
  not: "select(vec4f(), vec4f(1), a == vec4f())",
};

/** WGSL of a value or vector `T` of two operands; comparisons give 1 where they hold, else 0. */
const BINARY = {
  add: () => "a + b",
  sub: () => "a - b",
  mul: () => "a * b",
  div: () => "a / b",
  max: () => "max(a, b)",
  min: () => "min(a, b)",
  pow: power,
  siluGradient: siluSlope,
  squaredDifference: () => "(a - b) * (a - b)",
  equal: truth("a == b"),
  notEqual: truth("a != b"),
  greater: truth("a > b"),
  greaterEqual: truth("a >= b"),
  less: truth("a < b"),
  lessEqual: truth("a <= b"),
  and: truth("a * b != T()"),
  or: truth("abs(a) + abs(b) != T()"),
};

/** One where `condition` on operands of type `T` holds, else zero. */
function truth(condition: string): (T: string) => string {
  return (T) => `select(${T}(), ${T}(1), ${condition.replaceAll("T()", `${T}()`)})`;
}

/** `e^−a` of operands of type `T`, as large as it can be with any result of ours still finite. */
function inversePower(T: string): string {
  return `exp(min(-a, ${T}(80)))`;
}

/** SiLU's gradient at `a`, times `b`. */
function siluSlope(T: string): string {
  const power = inversePower(T), most = `(1.0 + ${power})`;
  return `b / ${most} * (1.0 + a * (${power} / ${most}))`;
}

/** WGSL's own power takes no negative base, and is not sure of 0⁰. */
function power(T: string): string {
  const odd = `round(abs(b) % 2.0) == ${T}(1)`;
  const signed = `select(${T}(1), sign(a), ${odd}) * pow(abs(a), b)`;
  return `select(${signed}, ${T}(1), b == ${T}())`;
}

/** A function of one value. */
export type UnaryFunction = keyof typeof UNARY;
/** A function of two values. */
export type BinaryFunction = keyof typeof BINARY;

/** Input `a`, output `f(a)`, of `count` values. */
export function unary(f: UnaryFunction, count: number): Lowered {
  const bindings = [...reads("vec4f", "left"), ...writes("vec4f", "result")];
  const body = `let a = left[i];\nresult[i] = ${UNARY[f]};`;
  const cost = { flops: 1, reads: 1, writes: 1 };
  return single(vectorKernel(`${f} ${count}`, count, bindings, cost, body), 1, 1);
}

/** Inputs `a` and `b` of shapes that broadcast to each other, output `f(a, b)` of the shape they broadcast to. */
export function binary(
  f: BinaryFunction,
  shapeA: readonly number[],
  shapeB: readonly number[],
): Lowered {
  const shape = broadcastShape(shapeA, shapeB), count = sizeOf(shape);
  const name = `${f} [${shapeA}] [${shapeB}]`;
  if (sizeOf(shapeA) === count && sizeOf(shapeB) === count) {
    const bindings = [...reads("vec4f", "left", "right"), ...writes("vec4f", "result")];
    const body = `let a = left[i];\nlet b = right[i];\nresult[i] = ${BINARY[f]("vec4f")};`;
    const cost = { flops: 1, reads: 2, writes: 1 };
    return single(vectorKernel(name, count, bindings, cost, body), 2, 1);
  }
  const at = (operand: readonly number[]) => indexAt(shape, broadcastStrides(operand, shape), "i");
  const kernel = threadKernel({
    name,
    bindings: [...reads("f32", "left", "right"), ...writes("f32", "result")],
    count,
    body: `let a = left[${at(shapeA)}];
let b = right[${at(shapeB)}];
result[i] = ${BINARY[f]("f32")};`,
    flops: 1,
    bytesRead: 8,
    bytesWritten: 4,
  });
  return single(kernel, 2, 1);
}

/** Inputs `condition`, `a`, `b`, output `a` where the condition is not zero, else `b`; `count` values each. */
export function select(count: number): Lowered {
  const bindings = [
    ...reads("vec4f", "condition", "left", "right"),
    ...writes("vec4f", "result"),
  ];
  const body = "result[i] = select(right[i], left[i], condition[i] != vec4f());";
  const cost = { flops: 1, reads: 3, writes: 1 };
  return single(vectorKernel(`select ${count}`, count, bindings, cost, body), 3, 1);
}
