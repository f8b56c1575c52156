/**
 * A computation of fixed shapes as a list of operations, in the order in which they are to run: what a trace of tfjs
 * leaves, and what a program is made of.
 *
 * @module
 */
import type { ConvolutionShape } from "../../operations/convolution_shape.ts";
import type { ConvolutionMode, Epilogue, Precision } from "../convolution/shape.ts";
import type { Lowered } from "../program/kernel.ts";

/** A slab is one buffer of tensors that stay on the device between programs; its parts have names. */
export interface Slab {
  readonly label: string;
  /** Offset in bytes (a multiple of 256) and number of float32 values of every part. */
  readonly parts: ReadonlyMap<string, { readonly offset: number; readonly size: number }>;
  readonly bytes: number;
}

/** Where a value comes from. */
export type Origin =
  /** Given anew for every run. */
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "constant"; readonly data: Float32Array }
  /** A part of a slab, or all of it. */
  | { readonly kind: "slab"; readonly slab: Slab; readonly part?: string }
  | { readonly kind: "result" };

/** Numbers on the device, `size` float32 values; how they are shaped is a matter of who looks. */
export interface Value {
  readonly size: number;
  readonly origin: Origin;
}

/** What an operation does: dispatches, or a convolution, for which a variant is still to be chosen. */
export type Work =
  | { readonly kind: "lowered"; readonly lowered: Lowered }
  | {
    readonly kind: "convolution";
    readonly mode: ConvolutionMode;
    readonly shape: ConvolutionShape;
    readonly precision: Precision;
    readonly epilogue: Epilogue;
  };

/** One operation of a graph. */
export interface Operation {
  readonly work: Work;
  readonly inputs: readonly Value[];
  /** Results of its own, or values of slabs that it changes in place. */
  readonly outputs: readonly Value[];
}

/** A graph under construction. */
export class Graph {
  /** How the convolutions of frozen networks may keep their operands. */
  readonly frozenPrecision: Precision;
  readonly operations: Operation[] = [];
  /** Results that are read after a run, by name. */
  readonly outputs = new Map<string, Value>();
  /** Results that replace a part of a slab once the program has run. */
  readonly stores: { readonly value: Value; readonly into: Value }[] = [];
  /** Number of operations after which each section ends: a stretch of the program that can run by itself. */
  readonly marks: number[] = [];
  readonly #inputs = new Map<string, Value>();
  readonly #parts = new Map<Slab, Map<string | undefined, Value>>();

  constructor(frozenPrecision: Precision = "f32") {
    this.frozenPrecision = frozenPrecision;
  }

  /** The input `name`. */
  input(name: string, size: number): Value {
    const value = this.#inputs.get(name) ?? { size, origin: { kind: "input", name } };
    this.#inputs.set(name, value);
    return value;
  }

  /** Part `part` of `slab`, or all of it. */
  partOf(slab: Slab, part?: string): Value {
    let parts = this.#parts.get(slab);
    if (parts === undefined) this.#parts.set(slab, parts = new Map());
    let value = parts.get(part);
    if (value === undefined) {
      const size = part === undefined ? slab.bytes / 4 : slab.parts.get(part)!.size;
      const origin = { kind: "slab", slab, ...part !== undefined && { part } } as const;
      parts.set(part, value = { size, origin });
    }
    return value;
  }

  /** The constant `data`. */
  constant(data: Float32Array): Value {
    return { size: data.length, origin: { kind: "constant", data } };
  }

  /** Results of `lowered` on `inputs`, of so many values each. */
  operate(lowered: Lowered, inputs: readonly Value[], sizes: readonly number[]): Value[] {
    const outputs = sizes.map((size): Value => ({ size, origin: { kind: "result" } }));
    this.operations.push({ work: { kind: "lowered", lowered }, inputs, outputs });
    return outputs;
  }

  /** Runs `lowered`, whose outputs are `targets` themselves: parts of slabs, changed in place. */
  update(lowered: Lowered, inputs: readonly Value[], targets: readonly Value[]): void {
    this.operations.push({ work: { kind: "lowered", lowered }, inputs, outputs: targets });
  }

  /** The result of a convolution, of `size` values; `inputs` as `ConvolutionVariant` says, the filter in HWIO. */
  convolve(
    mode: ConvolutionMode,
    shape: ConvolutionShape,
    epilogue: Epilogue,
    inputs: readonly Value[],
    size: number,
    precision: Precision = "f32",
  ): Value {
    const result: Value = { size, origin: { kind: "result" } };
    const work = { kind: "convolution", mode, shape, precision, epilogue } as const;
    this.operations.push({ work, inputs, outputs: [result] });
    return result;
  }

  /** Ends a section here. */
  mark(): void {
    this.marks.push(this.operations.length);
  }

  /** The inputs that were asked for, by name. */
  get inputs(): ReadonlyMap<string, Value> {
    return this.#inputs;
  }
}

/** Makes a slab of `sizes` (numbers of float32 values by name), each part at a multiple of 256 bytes. */
export function layOut(label: string, sizes: ReadonlyMap<string, number>): Slab {
  const parts = new Map<string, { offset: number; size: number }>();
  let offset = 0;
  for (const [name, size] of sizes) {
    parts.set(name, { offset, size });
    offset += 256 * Math.ceil(4 * size / 256);
  }
  return { label, parts, bytes: offset };
}

/** The number of values of the largest thing in `graph`. */
export function largestValue({ operations }: Graph): number {
  const sizes = operations.flatMap(({ inputs, outputs }) =>
    [...inputs, ...outputs].map(({ size }) => size)
  );
  return Math.max(0, ...sizes);
}
