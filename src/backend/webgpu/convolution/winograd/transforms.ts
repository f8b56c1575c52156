/**
 * The transforms of Winograd's F(4×4,3×3) (Lavin & Gray 2016, arXiv 1509.09308): a filter becomes 36 matrices once, each
 * 6×6 tile of the image becomes a row of 36 others, and 36 values become a 4×4 tile of the result.
 *
 * @module
 */
import { linearGrid } from "../../program/grid.ts";
import type { Kernel } from "../../program/kernel.ts";
import { lines, pixelLoader, range, vectorWidth } from "../../program/wgsl.ts";
import { epilogueText } from "../epilogue.ts";
import { filterQuad } from "../gather/filter_value.ts";
import { type Gather, sourceImage } from "../gather/gather.ts";
import type { Epilogue } from "../shape.ts";
import { FILTER, INPUT, OUTPUT, sandwich, sandwichFlops } from "./matrices.ts";
import { PLANES, type Planes } from "./planes.ts";

/** Side of the tile of the result that one product makes. */
const TILE = 4;

const WORKGROUP = 64;

/** A part of a batch that is computed at once, and its tiles in the order image, row, column. */
export interface Slice {
  readonly start: number;
  readonly images: number;
}

/** Tiles of an image, down and across. */
export function tilesOf({ rows, columns }: Gather): [down: number, across: number] {
  return [Math.ceil(rows / TILE), Math.ceil(columns / TILE)];
}

/** `U = G g Gᵀ` of every pair of channels: rows are the source's (zeros beyond the last). Bindings: filter, U. */
export function filterTransform(gather: Gather, u: Planes): Kernel {
  const { mode, depth, channels } = gather;
  const invocations = u.rows * u.quads;
  const { grid, index } = linearGrid(Math.ceil(invocations / WORKGROUP));
  const code = `${u.enable}
${filterQuad(gather)}
${u.declare(1, "u", "write")}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = ${index} * ${WORKGROUP}u + local;
  if (id >= ${invocations}u) { return; }
  let quad = id % ${u.quads}u;
  let row = id / ${u.quads}u;
  ${lines(2, range(9).map((tap) => `let g${tap} = filterQuad(${tap}u, row, 4u * quad);`))}
  ${
    lines(
      2,
      sandwich(
        FILTER,
        (i, j) => `g${3 * i + j}`,
        (i, j, value) => u.write("u", "row", `${6 * i + j}u`, "quad", value),
      ),
    )
  }
}
`;
  return {
    name: `winograd ${mode} filter ${depth}→${channels}`,
    code,
    bindings: ["read", u.binding.write],
    grid,
    cost: {
      flops: invocations * 4 * sandwichFlops(FILTER),
      bytesRead: 9 * depth * channels * 4,
      bytesWritten: invocations * PLANES * u.quadBytes,
      workgroupMemory: 0,
    },
  };
}

/** `V = Bᵀ d B` of the tiles of `slice`, one to a row. Bindings: source, V. */
export function inputTransform(gather: Gather, slice: Slice, v: Planes): Kernel {
  const { mode, sourceRows, sourceColumns, depth } = gather;
  const [down, across] = tilesOf(gather);
  const vectors = 4 / v.lanes * v.quads, invocations = v.rows * vectors;
  const { grid, index } = linearGrid(Math.ceil(invocations / WORKGROUP));
  const code = `${v.enable}
@group(0) @binding(0) var<storage, read> source: array<${vectorWidth(depth, v.lanes).type}>;
${v.declare(1, "v", "write")}
${pixelLoader("source", sourceImage(gather, 1, 1), v.lanes)}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = ${index} * ${WORKGROUP}u + local;
  if (id >= ${invocations}u) { return; }
  let vector = id % ${vectors}u;
  let tile = id / ${vectors}u;
  let image = ${slice.start}u + tile / ${down * across}u;
  let row = tile / ${across}u % ${down}u * ${TILE}u;
  let column = tile % ${across}u * ${TILE}u;
  ${
    lines(
      2,
      range(36).map((at) =>
        `let d${at} = load_source(image, row + ${Math.floor(at / 6)}u, column + ${
          at % 6
        }u, vector);`
      ),
    )
  }
  ${
    lines(
      2,
      sandwich(INPUT, (i, j) =>
        `d${6 * i + j}`, (i, j, value) =>
        v.write("v", "tile", `${6 * i + j}u`, "vector", value)),
    )
  }
}
`;
  return {
    name: `winograd ${mode} input ${slice.images}×${sourceRows}×${sourceColumns}×${depth}`,
    code,
    bindings: ["read", v.binding.write],
    grid,
    cost: {
      flops: invocations * v.lanes * sandwichFlops(INPUT),
      bytesRead: invocations * 36 * 4 * v.lanes,
      bytesWritten: v.rows * v.quads * PLANES * v.quadBytes,
      workgroupMemory: 0,
    },
  };
}

/** `Aᵀ m A` of every row of M and what follows the sum. Bindings: M, what the epilogue reads, result. */
export function outputTransform(
  gather: Gather,
  slice: Slice,
  m: Planes,
  epilogue: Epilogue,
): Kernel {
  const { mode, rows, columns, channels } = gather, [down, across] = tilesOf(gather);
  const vectors = 4 / m.lanes * m.quads, invocations = m.rows * vectors;
  const { grid, index } = linearGrid(Math.ceil(invocations / WORKGROUP));
  const ends = epilogueText({ ...gather, batch: slice.images }, epilogue, 1, m.lanes);
  const code = `${m.enable}
${m.declare(0, "m", "read")}
${ends.code}

fn store(image: u32, row: u32, column: u32, vector: u32, sums: vec${m.lanes}f) {
  if (row < ${rows}u && column < ${columns}u && ${m.lanes}u * vector < ${channels}u) {
    finish((image * ${rows}u + row) * ${columns}u + column, ${m.lanes}u * vector, sums);
  }
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = ${index} * ${WORKGROUP}u + local;
  if (id >= ${invocations}u) { return; }
  let vector = id % ${vectors}u;
  let tile = id / ${vectors}u;
  let image = ${slice.start}u + tile / ${down * across}u;
  let row = tile / ${across}u % ${down}u * ${TILE}u;
  let column = tile % ${across}u * ${TILE}u;
  ${
    lines(
      2,
      range(36).map((plane) => `let m${plane} = ${m.read("m", "tile", `${plane}u`, "vector")};`),
    )
  }
  ${
    lines(
      2,
      sandwich(
        OUTPUT,
        (i, j) => `m${6 * i + j}`,
        (i, j, value) => `store(image, row + ${i}u, column + ${j}u, vector, ${value});`,
      ),
    )
  }
}
`;
  const steps = Object.values(epilogue).filter(Boolean).length;
  return {
    name: `winograd ${mode} output ${slice.images}×${rows}×${columns}×${channels}`,
    code,
    bindings: [m.binding.read, ...ends.bindings],
    grid,
    cost: {
      flops: invocations * m.lanes * (sandwichFlops(OUTPUT) + TILE ** 2 * steps),
      bytesRead: m.rows * m.quads * PLANES * m.quadBytes + ends.bytesRead,
      bytesWritten: ends.bytesWritten,
      workgroupMemory: 0,
    },
  };
}
