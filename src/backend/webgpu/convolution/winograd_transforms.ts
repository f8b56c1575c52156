/**
 * The transforms of Winograd's F(4×4,3×3) (Lavin & Gray 2016, arXiv 1509.09308): a filter becomes 36 matrices once, each
 * 6×6 tile of the image becomes a row of 36 others, and 36 values become a 4×4 tile of the result.
 *
 * @module
 */
import { linearGrid } from "../grid.ts";
import type { BindingKind, Kernel } from "../kernel.ts";
import { channelsAt, lines, pixelLoader, range, storeChannels, vectorWidth } from "../wgsl.ts";
import type { ConvolutionShape, Epilogue } from "./shape.ts";
import { FILTER, INPUT, OUTPUT, sandwich, sandwichFlops } from "./winograd_matrices.ts";
import { PLANES, type Planes } from "./winograd_planes.ts";

/** Side of the tile of the result that one product makes. */
export const TILE = 4;

const WORKGROUP = 64;

/** A part of a batch that is computed at once, and its tiles in the order image, row, column. */
export interface Slice {
  readonly start: number;
  readonly images: number;
}

/** Sizes that the transforms of a mode see: `sourceChannels` go in, `resultChannels` come out. */
export interface WinogradSizes {
  readonly height: number;
  readonly width: number;
  readonly sourceChannels: number;
  readonly resultChannels: number;
  /** Whether the filter is flipped and transposed: the convolution is an input gradient. */
  readonly transposed: boolean;
}

/** The sizes of `shape` forward, or of its input gradient. */
export function winogradSizes(shape: ConvolutionShape, transposed: boolean): WinogradSizes {
  const { height, width, inChannels, outChannels } = shape;
  const [sourceChannels, resultChannels] = transposed
    ? [outChannels, inChannels]
    : [inChannels, outChannels];
  return { height, width, sourceChannels, resultChannels, transposed };
}

/** Tiles of an image, down and across. */
export function tilesOf({ height, width }: WinogradSizes): [down: number, across: number] {
  return [Math.ceil(height / TILE), Math.ceil(width / TILE)];
}

/** `U = G g Gᵀ` of every pair of channels: rows are source channels (zeros beyond the last). Bindings: filter, U. */
export function filterTransform(sizes: WinogradSizes, u: Planes): Kernel {
  const { sourceChannels, resultChannels, transposed } = sizes;
  const invocations = u.rows * u.quads;
  const { grid, index } = linearGrid(Math.ceil(invocations / WORKGROUP));
  const weight = (tap: number) => {
    const at = (result: string) =>
      transposed
        ? `filters[(${8 - tap}u * ${resultChannels}u + ${result}) * ${sourceChannels}u + source]`
        : `filters[(${tap}u * ${sourceChannels}u + source) * ${resultChannels}u + ${result}]`;
    const values = [0, 1, 2, 3].map((i) =>
      `select(0.0, ${at(`min(4u * quad + ${i}u, ${resultChannels - 1}u)`)}, ` +
      `4u * quad + ${i}u < ${resultChannels}u)`
    );
    return `vec4f(${values.join(", ")})`;
  };
  const code = `${u.enable}
@group(0) @binding(0) var<storage, read> filters: array<f32>;
${u.declare(1, "u", "write")}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = ${index} * ${WORKGROUP}u + local;
  if (id >= ${invocations}u) { return; }
  let quad = id % ${u.quads}u;
  let row = id / ${u.quads}u;
  let source = min(row, ${sourceChannels - 1}u);
  let inside = f32(row < ${sourceChannels}u);
  ${lines(2, range(9).map((tap) => `let g${tap} = inside * ${weight(tap)};`))}
  ${
    lines(
      2,
      sandwich(FILTER, (i, j) =>
        `g${3 * i + j}`, (i, j, value) =>
        u.write("u", "row", `${6 * i + j}u`, "quad", value)),
    )
  }
}
`;
  return {
    name: `winograd filter ${sourceChannels}→${resultChannels}${transposed ? ", transposed" : ""}`,
    code,
    bindings: ["read", u.binding.write],
    grid,
    cost: {
      flops: invocations * 4 * sandwichFlops(FILTER),
      bytesRead: invocations * 9 * 16,
      bytesWritten: invocations * PLANES * u.quadBytes,
      workgroupMemory: 0,
    },
  };
}

/** `V = Bᵀ d B` of the tiles of `slice`, one to a row. Bindings: source, V. */
export function inputTransform(sizes: WinogradSizes, slice: Slice, v: Planes): Kernel {
  const { height, width, sourceChannels } = sizes;
  const [down, across] = tilesOf(sizes);
  const invocations = v.rows * v.quads;
  const { grid, index } = linearGrid(Math.ceil(invocations / WORKGROUP));
  const code = `${v.enable}
@group(0) @binding(0) var<storage, read> source: array<${vectorWidth(sourceChannels).type}>;
${v.declare(1, "v", "write")}
${pixelLoader("source", { height, width, channels: sourceChannels, margin: 1, step: 1 })}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = ${index} * ${WORKGROUP}u + local;
  if (id >= ${invocations}u) { return; }
  let quad = id % ${v.quads}u;
  let tile = id / ${v.quads}u;
  let image = ${slice.start}u + tile / ${down * across}u;
  let row = tile / ${across}u % ${down}u * ${TILE}u;
  let column = tile % ${across}u * ${TILE}u;
  ${
    lines(
      2,
      range(36).map((at) =>
        `let d${at} = load_source(image, row + ${Math.floor(at / 6)}u, column + ${at % 6}u, quad);`
      ),
    )
  }
  ${
    lines(
      2,
      sandwich(INPUT, (i, j) =>
        `d${6 * i + j}`, (i, j, value) =>
        v.write("v", "tile", `${6 * i + j}u`, "quad", value)),
    )
  }
}
`;
  return {
    name: `winograd input ${slice.images}×${height}×${width}×${sourceChannels}`,
    code,
    bindings: ["read", v.binding.write],
    grid,
    cost: {
      flops: invocations * 4 * sandwichFlops(INPUT),
      bytesRead: invocations * 36 * 16,
      bytesWritten: invocations * PLANES * v.quadBytes,
      workgroupMemory: 0,
    },
  };
}

/** `Aᵀ m A` of every row of M and what follows the sum. Bindings: M, bias?, add?, mask?, result. */
export function outputTransform(
  sizes: WinogradSizes,
  slice: Slice,
  m: Planes,
  epilogue: Epilogue,
): Kernel {
  const { height, width, resultChannels } = sizes;
  const [down, across] = tilesOf(sizes);
  const invocations = m.rows * m.quads;
  const { grid, index } = linearGrid(Math.ceil(invocations / WORKGROUP));
  const followers = (["bias", "add", "mask"] as const).filter((name) => epilogue[name]);
  const { type } = vectorWidth(resultChannels);
  const follow = [
    epilogue.add && `value += ${channelsAt("add", "pixel", "quad", resultChannels)};`,
    epilogue.relu && "value = max(value, vec4f());",
    epilogue.mask && `value = select(vec4f(), value, ` +
      `${channelsAt("mask", "pixel", "quad", resultChannels)} > vec4f());`,
  ].filter((line) => line !== false);
  const code = `${m.enable}
${m.declare(0, "m", "read")}
${
    lines(
      0,
      followers.map((name, i) =>
        `@group(0) @binding(${1 + i}) var<storage, read> ${name}: array<${type}>;`
      ),
    )
  }
@group(0) @binding(${1 + followers.length}) var<storage, read_write> result: array<${type}>;

fn store(image: u32, row: u32, column: u32, quad: u32, sum: vec4f) {
  if (row >= ${height}u || column >= ${width}u) { return; }
  let pixel = (image * ${height}u + row) * ${width}u + column;
  var value = sum;
  ${lines(2, follow)}
  ${storeChannels("result", "pixel", "quad", resultChannels, "value")}
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = ${index} * ${WORKGROUP}u + local;
  if (id >= ${invocations}u) { return; }
  let quad = id % ${m.quads}u;
  let tile = id / ${m.quads}u;
  let image = ${slice.start}u + tile / ${down * across}u;
  let row = tile / ${across}u % ${down}u * ${TILE}u;
  let column = tile % ${across}u * ${TILE}u;
  ${epilogue.bias ? `let offset = ${channelsAt("bias", "0u", "quad", resultChannels)};` : ""}
  ${
    lines(
      2,
      range(36).map((plane) => `let m${plane} = ${m.read("m", "tile", `${plane}u`, "quad")};`),
    )
  }
  ${
    lines(
      2,
      sandwich(OUTPUT, (i, j) =>
        `m${6 * i + j}`, (i, j, value) =>
        `store(image, row + ${i}u, column + ${j}u, quad, ${value}${
          epilogue.bias ? " + offset" : ""
        });`),
    )
  }
}
`;
  const bindings: BindingKind[] = [
    m.binding.read,
    ...followers.map(() => "read" as const),
    "write",
  ];
  const operations = follow.length + Number(epilogue.bias);
  const written = slice.images * height * width * resultChannels;
  return {
    name: `winograd output ${slice.images}×${height}×${width}×${resultChannels}`,
    code,
    bindings,
    grid,
    cost: {
      flops: invocations * 4 * (sandwichFlops(OUTPUT) + TILE ** 2 * operations),
      bytesRead: invocations * (PLANES * m.quadBytes + (epilogue.bias ? 16 : 0)) +
        4 * written * (Number(epilogue.add) + Number(epilogue.mask)),
      bytesWritten: written * 4,
      workgroupMemory: 0,
    },
  };
}
