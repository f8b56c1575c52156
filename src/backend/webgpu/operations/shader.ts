/**
 * Text of compute shaders over storage buffers. Buffers hold float32 in whole vec4s: what pads the last one may be read
 * and written, and means nothing.
 *
 * @module
 */
import { linearGrid } from "../program/grid.ts";
import type { Cost, Kernel } from "../program/kernel.ts";

/** A storage buffer of a shader: an array of `type`. */
export interface Binding {
  readonly name: string;
  readonly kind: "read" | "write";
  readonly type: string;
}

/** Buffers `names` that are read. */
export function reads(type: string, ...names: string[]): Binding[] {
  return names.map((name) => ({ name, kind: "read", type }));
}

/** Buffers `names` that are written, and may be read. */
export function writes(type: string, ...names: string[]): Binding[] {
  return names.map((name) => ({ name, kind: "write", type }));
}

/** A shader as its workgroups see it. */
export interface Workgroups {
  readonly name: string;
  readonly bindings: readonly Binding[];
  readonly workgroups: number;
  /** Threads of one workgroup. */
  readonly threads: number;
  /** WGSL at module scope. */
  readonly declarations?: string;
  /** WGSL of one thread `lane` of workgroup `workgroup`. */
  readonly body: string;
  readonly cost: Cost;
}

/** The kernel of `workgroups`. */
export function workgroupKernel(
  { name, bindings, workgroups, threads, declarations = "", body, cost }: Workgroups,
): Kernel {
  const { grid, index } = linearGrid(workgroups);
  // A folded grid has a few workgroups too many.
  const guard = grid[0] * grid[1] * grid[2] > workgroups
    ? `if (workgroup >= ${workgroups}u) { return; }\n`
    : "";
  const declared = bindings.map(({ name, kind, type }, i) =>
    `@group(0) @binding(${i}) var<storage, ${
      kind === "read" ? "read" : "read_write"
    }> ${name}: array<${type}>;`
  );
  const code = `${declared.join("\n")}
${declarations && `\n${declarations.trim()}\n`}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
${indent(`let workgroup = ${index};\n${guard}${body.trim()}`)}
}
`;
  return { name, code, bindings: bindings.map(({ kind }) => kind), grid, cost };
}

/** A shader whose threads do not know of each other. */
export interface Threads {
  readonly name: string;
  readonly bindings: readonly Binding[];
  readonly count: number;
  readonly declarations?: string;
  /** WGSL of thread `i`. */
  readonly body: string;
  /** What one thread does. */
  readonly flops: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

const THREADS = 64;

/** The kernel of `threads`. */
export function threadKernel(
  { name, bindings, count, declarations, body, flops, bytesRead, bytesWritten }: Threads,
): Kernel {
  return workgroupKernel({
    name,
    bindings,
    workgroups: Math.ceil(count / THREADS),
    threads: THREADS,
    declarations,
    body: `let i = workgroup * ${THREADS}u + lane;
if (i >= ${count}u) { return; }
${body}`,
    cost: {
      flops: count * flops,
      bytesRead: count * bytesRead,
      bytesWritten: count * bytesWritten,
      workgroupMemory: 0,
    },
  });
}

/** What one value of an elementwise operation costs; tensors are counted that are read and written. */
export interface ValueCost {
  readonly flops: number;
  readonly reads: number;
  readonly writes: number;
}

/** A kernel of four values per thread: `body` is WGSL over the vec4s `i` of its buffers. */
export function vectorKernel(
  name: string,
  count: number,
  bindings: readonly Binding[],
  cost: ValueCost,
  body: string,
): Kernel {
  return threadKernel({
    name,
    bindings,
    count: Math.ceil(count / 4),
    body,
    flops: 4 * cost.flops,
    bytesRead: 16 * cost.reads,
    bytesWritten: 16 * cost.writes,
  });
}

/** `value` rounded to float32, as WGSL of as few digits as tell it apart. */
export function real(value: number): string {
  let digits = 1;
  while (Math.fround(Number(value.toPrecision(digits))) !== Math.fround(value)) digits++;
  return `${Number(value.toPrecision(digits))}f`;
}

/** WGSL of `value` of `type` where it is not negative, else zero; a NaN stays one where the device keeps it. */
export function rectified(value: string, type: string): string {
  return `select(${value}, ${type}(), ${value} < ${type}())`;
}

/** How many values a tensor of `shape` has. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** `text` with all lines that are not empty moved in by two spaces. */
export function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
