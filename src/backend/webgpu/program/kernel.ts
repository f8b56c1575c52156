/**
 * A compute shader as plain data: made from shapes without a device, and read by whoever runs, counts or tests it.
 *
 * @module
 */

/** How a shader uses one of its bindings; binding `i` is declared `@group(0) @binding(i)`. */
export type BindingKind =
  /** `var<storage, read>` */
  | "read"
  /** `var<storage, read_write>` */
  | "write"
  /** `texture_2d<f32>`, read by `textureLoad`. */
  | "texture"
  /** `texture_storage_2d<rgba32float, write>` */
  | "storage-texture";

/** What a whole dispatch does, counted from its shape and tiling: divided by its workgroups, what one of them does. */
export interface Cost {
  /** Floating-point operations, a multiply-add being two. */
  readonly flops: number;
  /** Bytes that its workgroups ask of buffers and textures, after reuse in registers and workgroup memory. */
  readonly bytesRead: number;
  /** Bytes that they write there. */
  readonly bytesWritten: number;
  /** Bytes of workgroup memory of one workgroup. */
  readonly workgroupMemory: number;
}

/** One dispatch of a compute shader whose entry is called `main`; all its sizes are constants in the code. */
export interface Kernel {
  /** For people: operation, variant and shape. */
  readonly name: string;
  /** WGSL. */
  readonly code: string;
  readonly bindings: readonly BindingKind[];
  /** Workgroups in x, y and z. */
  readonly grid: readonly [x: number, y: number, z: number];
  readonly cost: Cost;
}

/** Device memory: `bytes` of a buffer (a multiple of 16), or a texture of `width × height` rgba32float texels. */
export type Storage =
  | { readonly kind: "buffer"; readonly bytes: number }
  | { readonly kind: "texture"; readonly width: number; readonly height: number };

/** What is bound: an input or output of the operation, or memory that only the operation's own dispatches see. */
export interface Operand {
  readonly from: "input" | "output" | "scratch";
  readonly index: number;
}

/** An operation as dispatches in order, one operand for each binding. */
export interface Lowered {
  readonly scratch: readonly Storage[];
  readonly dispatches: readonly {
    readonly kernel: Kernel;
    readonly operands: readonly Operand[];
  }[];
}

/** Input `index` of the operation. */
export const input = (index: number): Operand => ({ from: "input", index });
/** Output `index` of the operation. */
export const output = (index: number): Operand => ({ from: "output", index });
/** Scratch memory `index` of the operation. */
export const scratch = (index: number): Operand => ({ from: "scratch", index });

/** An operation of one dispatch that takes its inputs, then its outputs. */
export function single(kernel: Kernel, inputs: number, outputs: number): Lowered {
  const operands = [
    ...Array.from({ length: inputs }, (_, index) => input(index)),
    ...Array.from({ length: outputs }, (_, index) => output(index)),
  ];
  return { scratch: [], dispatches: [{ kernel, operands }] };
}

/** A storage buffer of `count` float32 values, in whole vec4s. */
export function floats(count: number): Storage {
  return { kind: "buffer", bytes: 16 * Math.ceil(count / 4) };
}

/** Bytes of `storage`. */
export function bytesOf(storage: Storage): number {
  return storage.kind === "buffer" ? storage.bytes : 16 * storage.width * storage.height;
}

/** Whether memory of one of two sizes may be made large enough for both: buffers, or textures of the same size. */
export function interchangeable(a: Storage, b: Storage): boolean {
  if (a.kind === "buffer" || b.kind === "buffer") return a.kind === b.kind;
  return a.width === b.width && a.height === b.height;
}
