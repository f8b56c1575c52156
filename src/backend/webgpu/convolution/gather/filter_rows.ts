/**
 * A gather's filter as a matrix in a buffer.
 *
 * @module
 */
import { linearGrid } from "../../program/grid.ts";
import { single } from "../../program/kernel.ts";
import { filterQuad } from "./filter_value.ts";
import { describeGather, type Gather, largestBuffer } from "./gather.ts";
import { type DeviceTraits, type PackedFilter, type Precision, quadType } from "../shape.ts";

/** The matrix has a multiple of so many quads in a row, for no reader to test for its end. */
const QUADS = 16;

/** Rows of the matrix for each tap. */
export function depthRows({ depth }: Gather): number {
  return 4 * Math.ceil(depth / 4);
}

/** Quads of channels in a row of the matrix. */
export function rowQuads({ channels }: Gather): number {
  return QUADS * Math.ceil(channels / 4 / QUADS);
}

/** Whether a device can bind the buffers of `gather`, its filter as such a matrix. */
export function rowsFit(gather: Gather, precision: Precision, device: DeviceTraits): boolean {
  const { bytes } = rowsStorage(gather, precision);
  return Math.max(bytes, largestBuffer(gather)) <= device.maxStorageBufferBindingSize &&
    (precision === "f32" || device.shaderF16);
}

/** WGSL that must come first where {@linkcode quadType} is used. */
export function enables(precision: Precision): string {
  return precision === "f16" ? "enable f16;\n" : "";
}

function rowsStorage(gather: Gather, precision: Precision) {
  const rows = gather.kernel ** 2 * depthRows(gather);
  const bytes = rows * rowQuads(gather) * (precision === "f16" ? 8 : 16);
  return { kind: "buffer", bytes } as const;
}

/** `[taps, ceil(depth/4)·4, channels]`, the channels in quads and padded to a multiple of 64. */
export function packFilterRows(gather: Gather, precision: Precision): PackedFilter {
  const { mode, depth, channels, kernel } = gather;
  const quads = rowQuads(gather), rows = depthRows(gather);
  const count = kernel ** 2 * rows * quads;
  const type = quadType(precision);
  const { grid, index } = linearGrid(Math.ceil(count / 64));
  const code = `${enables(precision)}${filterQuad(gather)}
@group(0) @binding(1) var<storage, read_write> packed: array<${type}>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let at = ${index} * 64u + local;
  if (at >= ${count}u) { return; }
  let row = at / ${quads}u;
  packed[at] = ${type}(filterQuad(row / ${rows}u, row % ${rows}u, at % ${quads}u * 4u));
}
`;
  const storage = rowsStorage(gather, precision);
  const packing = {
    name: `${mode} filter to ${precision} rows, ${describeGather(gather)}`,
    code,
    bindings: ["read", "write"] as const,
    grid,
    cost: {
      flops: 0,
      bytesRead: 4 * kernel ** 2 * depth * channels,
      bytesWritten: storage.bytes,
      workgroupMemory: 0,
    },
  };
  return {
    layout: `${mode} ${precision} rows`,
    storage,
    lowered: single(packing, 1, 1),
  };
}
