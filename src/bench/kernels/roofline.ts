/**
 * The roofline on paper: what a variant can reach on a GPU, from counts of its operations and bytes, without a clock or a
 * device. docs/roofline.md explains it.
 *
 * @module
 */
import type { ConvolutionShape } from "../../backend/operations/convolution_shape.ts";
import * as tf from "@tensorflow/tfjs";
import { CATALOGUE, variantsFor } from "../../backend/webgpu/convolution/catalogue.ts";
import {
  convolutionFlops,
  type ConvolutionMode,
  type ConvolutionVariant,
  operandShapes,
  PLAIN,
} from "../../backend/webgpu/convolution/shape.ts";
import { bytesOf, type Cost, floats, type Lowered } from "../../backend/webgpu/program/kernel.ts";
import { MODES } from "./convolutions.ts";
import { GPU_TRAITS, type GpuName, GPUS } from "./gpus.ts";
import type { BenchLayer } from "./layers.ts";

/** What a GPU can make of a count. */
export interface Bound {
  /** Which roof is lower. */
  readonly bound: "compute" | "memory";
  readonly gflops: number;
}

/** Bounds with no cache at all, where every byte that is asked for comes from memory, and with perfect ones. */
export interface Prediction {
  readonly uncached: Bound;
  /** Every byte comes from memory once in a dispatch. */
  readonly cached: Bound;
}

/** Predictions for all GPUs. */
export type Predictions = Readonly<Record<GpuName, Prediction>>;

/** One kernel of a variant, all its dispatches together. */
export interface KernelRoofline {
  readonly kernel: string;
  readonly dispatches: number;
  readonly workgroups: number;
  /** A workgroup's share: its bytes are those it asks of buffers and textures, its `workgroupMemory` is what it occupies. */
  readonly perWorkgroup: Cost;
  /** Operations per byte asked for. */
  readonly intensity: number;
  /** Bytes of everything that it binds. */
  readonly footprint: number;
  /** GFLOPS of the operations that the kernel itself makes. */
  readonly predictions: Predictions;
}

/** One variant on one layer. */
export interface VariantRoofline {
  readonly mode: ConvolutionMode;
  readonly layer: string;
  readonly variant: string;
  readonly kernels: readonly KernelRoofline[];
  /** GFLOPS of the convolution as if computed directly, its kernels one after another. */
  readonly predictions: Predictions;
}

/** The roofline of everything in the catalogue that runs on GPUs of today, on `layers`. */
export function rooflines(layers: readonly BenchLayer[]): VariantRoofline[] {
  const host = { traits: GPU_TRAITS, software: false };
  return MODES.flatMap((mode) =>
    layers.flatMap(({ name, shape }) =>
      variantsFor(CATALOGUE, { mode, shape, precision: "f32" }, host).map((variant) => ({
        mode,
        layer: name,
        variant: variant.name,
        ...variantRoofline(variant, shape),
      }))
    )
  );
}

/** The roofline of `variant` on `shape`, packing the filter left out. */
export function variantRoofline(
  variant: ConvolutionVariant,
  shape: ConvolutionShape,
): Pick<VariantRoofline, "kernels" | "predictions"> {
  const counts = countKernels(variant, shape);
  const kernels = counts.map((count): KernelRoofline => {
    const { kernel, dispatches, workgroups, footprint, cost } = count;
    return {
      kernel,
      dispatches,
      workgroups,
      perWorkgroup: {
        flops: cost.flops / workgroups,
        bytesRead: cost.bytesRead / workgroups,
        bytesWritten: cost.bytesWritten / workgroups,
        workgroupMemory: cost.workgroupMemory,
      },
      intensity: cost.flops / asked(count),
      footprint,
      predictions: predict([count], cost.flops),
    };
  });
  return { kernels, predictions: predict(counts, convolutionFlops(shape)) };
}

/** What a kernel does in all its dispatches. */
interface Count {
  readonly kernel: string;
  readonly dispatches: number;
  readonly workgroups: number;
  readonly footprint: number;
  readonly cost: Cost;
}

const asked = ({ cost }: Count) => cost.bytesRead + cost.bytesWritten;

/** By kernel, in order. */
function countKernels(variant: ConvolutionVariant, shape: ConvolutionShape): Count[] {
  const lowered = variant.lower(shape, "f32", PLAIN);
  const bytes = operandBytes(variant, shape, lowered);
  const counts = new Map<string, Count>();
  for (const { kernel: { name, grid, cost }, operands } of lowered.dispatches) {
    const before = counts.get(name);
    const sum = (key: keyof Cost) => (before?.cost[key] ?? 0) + cost[key];
    const bound = new Set(operands.map(({ from, index }) => bytes[from][index]!));
    counts.set(name, {
      kernel: name,
      dispatches: (before?.dispatches ?? 0) + 1,
      workgroups: (before?.workgroups ?? 0) + grid[0] * grid[1] * grid[2],
      footprint: [...bound].reduce((all, each) => all + each.bytes, before?.footprint ?? 0),
      cost: {
        flops: sum("flops"),
        bytesRead: sum("bytesRead"),
        bytesWritten: sum("bytesWritten"),
        workgroupMemory: cost.workgroupMemory,
      },
    });
  }
  return [...counts.values()];
}

/** Bytes of what the operation's dispatches can bind; objects, so that each counts once in a dispatch. */
function operandBytes(
  variant: ConvolutionVariant,
  shape: ConvolutionShape,
  { scratch }: Lowered,
) {
  const { inputs: [first, second], output } = operandShapes(variant.mode, shape);
  const tensor = (size: readonly number[]) => floats(tf.util.sizeFromShape([...size]));
  const pack = variant.pack?.(shape, "f32");
  const sized = (storages: readonly Parameters<typeof bytesOf>[0][]) =>
    storages.map((storage) => ({ bytes: bytesOf(storage) }));
  return {
    input: sized([tensor(first!), pack?.storage ?? tensor(second!)]),
    output: sized([tensor(output)]),
    scratch: sized(scratch),
  };
}

function predict(counts: readonly Count[], flops: number): Predictions {
  const predictions = Object.entries(GPUS).map(([name, gpu]): [string, Prediction] => {
    const bound = (bytesOfCount: (count: Count) => number): Bound => {
      let seconds = 0, memorySeconds = 0;
      for (const count of counts) {
        const compute = count.cost.flops / gpu.flops;
        const memory = bytesOfCount(count) / gpu.bandwidth;
        seconds += Math.max(compute, memory);
        if (memory > compute) memorySeconds += memory;
      }
      return {
        bound: memorySeconds > seconds / 2 ? "memory" : "compute",
        gflops: flops / seconds / 1e9,
      };
    };
    return [name, {
      uncached: bound(asked),
      cached: bound((count) => Math.min(asked(count), count.footprint)),
    }];
  });
  return Object.fromEntries(predictions) as Predictions;
}
