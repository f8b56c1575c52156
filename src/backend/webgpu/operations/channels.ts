/**
 * How tensors of images are cut where every channel of every group of images has numbers of its own: chunks of a
 * group's pixels, blocks of channels.
 *
 * @module
 */
import { powerOfTwoFrom } from "../../../elementary/power_of_two.ts";
import type { BatchShape } from "../../operations/convolution_shape.ts";
import { real } from "./shader.ts";

/** Channels as a buffer holds them: by fours where they fill vectors, else one by one. */
export interface ChannelVectors {
  /** WGSL of one element. */
  readonly type: "vec4f" | "f32";
  /** Channels of one element. */
  readonly width: 4 | 1;
  /** Elements of one pixel. */
  readonly units: number;
}

/** How `channels` are held. */
export function channelVectors(channels: number): ChannelVectors {
  return channels % 4 === 0
    ? { type: "vec4f", width: 4, units: channels / 4 }
    : { type: "f32", width: 1, units: channels };
}

/** Threads of every workgroup. */
export const THREADS = 256;

/** Threads side by side that have one element of a pixel's channels each; the others stand below them. */
export interface Lanes {
  readonly across: number;
  /** Rows of threads. */
  readonly down: number;
  /** How many times `across` it takes to cover all channels. */
  readonly blocks: number;
}

/** Lanes that cover `most` channels side by side, or all of them if they are fewer. */
export function lanesFor({ units, width }: ChannelVectors, most: number): Lanes {
  const across = Math.min(most / width, powerOfTwoFrom(units));
  return { across, down: THREADS / across, blocks: Math.ceil(units / across) };
}

/** A tensor cut for workgroups. */
export interface Tiling extends ChannelVectors {
  readonly lanes: Lanes;
  readonly groups: number;
  readonly pixels: number;
  /** Most pixels of a chunk. */
  readonly chunk: number;
  /** Chunks of all groups. */
  readonly chunks: number;
  /** One for every chunk and block. */
  readonly workgroups: number;
  /** WGSL of where groups and chunks begin and end, which {@linkcode chunkText} uses. */
  readonly declarations: string;
}

/** Workgroups that keep a device busy. */
const WORKGROUPS = 1024;
/** Fewest and most pixels of one thread. */
const LEAST = 8, MOST = 128;

/**
 * How a tensor of `shape` is cut, whose first `groups[0]` images are one group, and so on.
 *
 * @throws {RangeError} if the groups are not all the images
 */
export function tileImages(shape: BatchShape, groups: readonly number[]): Tiling {
  const [batch, height, width, channels] = shape;
  if (groups.reduce((sum, images) => sum + images, 0) !== batch) {
    throw new RangeError(`Groups of ${groups} images do not make ${batch}.`);
  }
  const vectors = channelVectors(channels), lanes = lanesFor(vectors, 64);
  const counts = groups.map((images) => images * height * width), pixels = batch * height * width;
  const share = pixels * lanes.blocks / WORKGROUPS / lanes.down;
  const chunk = lanes.down * Math.min(MOST, Math.max(LEAST, powerOfTwoFrom(share)));
  const firstChunks = starts(counts.map((count) => Math.ceil(count / chunk)));
  const chunks = firstChunks.at(-1)!;
  const tables = [["first_chunk", firstChunks], ["first_pixel", starts(counts)]] as const;
  const declarations = tables.map(([name, values]) => {
    const list = values.map((value) => `${value}u`).join(", ");
    return `const ${name} = array<u32, ${values.length}>(${list});`;
  }).join("\n");
  return {
    ...vectors,
    lanes,
    groups: groups.length,
    pixels,
    chunk,
    chunks,
    workgroups: chunks * lanes.blocks,
    declarations: `${declarations}

fn group_of(chunk: u32) -> u32 {
  var group = 0u;
  while (chunk >= first_chunk[group + 1u]) { group++; }
  return group;
}

fn first_of(chunk: u32, group: u32) -> u32 {
  return first_pixel[group] + (chunk - first_chunk[group]) * ${chunk}u;
}

fn end_of(chunk: u32, group: u32) -> u32 {
  return min(first_of(chunk, group) + ${chunk}u, first_pixel[group + 1u]);
}`,
  };
}

/** Where each of the parts of `sizes` begins, and where the last ends. */
function starts(sizes: readonly number[]): number[] {
  let sum = 0;
  return [0, ...sizes.map((size) => sum += size)];
}

/**
 * WGSL that says which `chunk` and `group_index` a workgroup has, which element `unit` of the channels a thread has, and
 * its pixels, `pixel` … `end` in steps of as many as there are rows of threads. Threads beyond the last channel are not
 * `inside`: they have no pixels, and the last channel.
 */
export function chunkText({ units, lanes: { across, blocks } }: Tiling): string {
  return `let chunk = workgroup / ${blocks}u;
let group_index = group_of(chunk);
let end = end_of(chunk, group_index);
let channel = workgroup % ${blocks}u * ${across}u + lane % ${across}u;
let inside = channel < ${units}u;
let unit = min(channel, ${units - 1}u);
var pixel = select(end, first_of(chunk, group_index) + lane / ${across}u, inside);`;
}

/** WGSL that runs `body` for every one of a thread's pixels, whose element is number `at`, `unroll` at a time. */
export function overPixels(
  { units, lanes: { down } }: Tiling,
  unroll: number,
  body: string,
): string {
  const copies = Array.from(
    { length: unroll },
    (_, k) => `{ let at = (pixel + ${k * down}u) * ${units}u + unit; ${body} }`,
  );
  return `for (; pixel + ${(unroll - 1) * down}u < end; pixel += ${unroll * down}u) {
  ${copies.join("\n  ")}
}
for (; pixel < end; pixel += ${down}u) {
  let at = pixel * ${units}u + unit;
  ${body}
}`;
}

/** WGSL that joins what the rows of threads have in workgroup memory, in a fixed order: `join(lane, other)` per pair. */
export function overRows({ across, down }: Lanes, join: string): string {
  return `workgroupBarrier();
for (var half = ${down / 2}u; half > 0u; half /= 2u) {
  if (lane / ${across}u < half) {
    let other = lane + half * ${across}u;
    ${join}
  }
  workgroupBarrier();
}`;
}

/** WGSL of `1/√(variance + ε)`. */
export function inverseDeviation(variance: string, epsilon: number): string {
  return `inverseSqrt(${variance} + ${real(epsilon)})`;
}
