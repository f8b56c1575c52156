/**
 * Mean and variance of every channel in one pass over the images: eight pixels at a time by their mean and squared
 * deviations, joined by Chan, Golub & LeVeque's formula in a fixed order.
 *
 * @module
 */
import type { BatchShape } from "../../operations/convolution_shape.ts";
import { floats, input, type Kernel, type Lowered, output, scratch } from "../program/kernel.ts";
import { chunkText, lanesFor, overRows, THREADS, tileImages, type Tiling } from "./channels.ts";
import { reads, workgroupKernel, writes } from "./shader.ts";

/** Pixels that a thread reads before it uses them. */
const TOGETHER = 8;
/** Channels of a workgroup that joins chunks: few, so that there are many such workgroups. */
const FINISH_CHANNELS = 16;

/**
 * Input `x` `[N,H,W,C]`; outputs mean and biased variance `[G,C]` of its groups of images, which have `groups[0]`,
 * `groups[1]`, … images in order.
 *
 * @throws {RangeError} if the groups are not all the images
 */
export function batchNormStatistics(shape: BatchShape, groups: readonly number[]): Lowered {
  const tiling = tileImages(shape, groups);
  return {
    scratch: [floats(2 * tiling.chunks * shape[3])],
    dispatches: [
      {
        kernel: chunkMoments(`batchNormStatistics [${shape}]`, tiling),
        operands: [input(0), scratch(0)],
      },
      {
        kernel: groupMoments(`batchNormStatistics [${shape}] groups [${groups}]`, tiling),
        operands: [scratch(0), output(0), output(1)],
      },
    ],
  };
}

/** Count, mean and sum of squared deviations; how two of them are joined; those of every thread. */
function momentsText(type: string): string {
  return `struct Moments { count: f32, mean: ${type}, squares: ${type} }

fn joined(a: Moments, b: Moments) -> Moments {
  let count = a.count + b.count;
  let share = b.count / max(count, 1.0);
  let apart = b.mean - a.mean;
  return Moments(count, a.mean + apart * share, a.squares + b.squares + apart * apart * (a.count * share));
}

var<workgroup> moments: array<Moments, ${THREADS}>;`;
}

const JOIN = "moments[lane] = joined(moments[lane], moments[other]);";

/** Workgroup memory of the moments. */
function momentsBytes({ width }: Tiling): number {
  return THREADS * (width === 4 ? 48 : 12);
}

/** Mean and squared deviations `[chunks,2,C]`. */
function chunkMoments(name: string, tiling: Tiling): Kernel {
  const { type, width, units, lanes, pixels, workgroups } = tiling;
  const values = Array.from({ length: TOGETHER }, (_, k) => `v${k}`);
  const loads = values.map((value, k) =>
    `let ${value} = x[(pixel + ${k * lanes.down}u) * ${units}u + unit];`
  );
  const deviations = values.map((value) => `(${value} - mean) * (${value} - mean)`);
  const kernel = workgroupKernel({
    name,
    bindings: [...reads(type, "x"), ...writes(type, "partials")],
    workgroups,
    threads: THREADS,
    declarations: `${tiling.declarations}\n\n${momentsText(type)}`,
    body: `${chunkText(tiling)}
var sum = Moments();
for (; pixel + ${(TOGETHER - 1) * lanes.down}u < end; pixel += ${TOGETHER * lanes.down}u) {
  ${loads.join("\n  ")}
  let mean = ${pairwise(values)} / ${TOGETHER}.0;
  let squares = ${pairwise(deviations)};
  sum = joined(sum, Moments(${TOGETHER}.0, mean, squares));
}
for (; pixel < end; pixel += ${lanes.down}u) {
  sum = joined(sum, Moments(1.0, x[pixel * ${units}u + unit], ${type}()));
}
moments[lane] = sum;
${overRows(lanes, JOIN)}
if (lane < ${lanes.across}u && inside) {
  partials[2u * chunk * ${units}u + unit] = moments[lane].mean;
  partials[(2u * chunk + 1u) * ${units}u + unit] = moments[lane].squares;
}`,
    cost: {
      flops: 5 * pixels * units * width,
      bytesRead: 4 * pixels * units * width,
      bytesWritten: 8 * tiling.chunks * units * width,
      workgroupMemory: momentsBytes(tiling),
    },
  });
  return kernel;
}

/** `values` added pairwise. */
function pairwise(values: readonly string[]): string {
  if (values.length === 1) return values[0]!;
  const half = values.length / 2;
  return `(${pairwise(values.slice(0, half))} + ${pairwise(values.slice(half))})`;
}

/** From the chunks' moments to mean and variance of the groups. */
function groupMoments(name: string, tiling: Tiling): Kernel {
  const { type, width, units, chunks, groups } = tiling;
  const lanes = lanesFor(tiling, FINISH_CHANNELS);
  return workgroupKernel({
    name,
    bindings: [...reads(type, "partials"), ...writes(type, "mean", "variance")],
    workgroups: groups * lanes.blocks,
    threads: THREADS,
    declarations: `${tiling.declarations}\n\n${momentsText(type)}`,
    body: `let group_index = workgroup / ${lanes.blocks}u;
let channel = workgroup % ${lanes.blocks}u * ${lanes.across}u + lane % ${lanes.across}u;
let unit = min(channel, ${units - 1}u);
var sum = Moments();
var chunk = first_chunk[group_index] + lane / ${lanes.across}u;
for (; chunk < first_chunk[group_index + 1u]; chunk += ${lanes.down}u) {
  sum = joined(sum, Moments(
    f32(end_of(chunk, group_index) - first_of(chunk, group_index)),
    partials[2u * chunk * ${units}u + unit],
    partials[(2u * chunk + 1u) * ${units}u + unit],
  ));
}
moments[lane] = sum;
${overRows(lanes, JOIN)}
if (lane < ${lanes.across}u && channel < ${units}u) {
  mean[group_index * ${units}u + unit] = moments[lane].mean;
  variance[group_index * ${units}u + unit] = moments[lane].squares / moments[lane].count;
}`,
    cost: {
      flops: 8 * chunks * units * width,
      bytesRead: 8 * chunks * units * width,
      bytesWritten: 8 * groups * units * width,
      workgroupMemory: momentsBytes(tiling),
    },
  });
}
