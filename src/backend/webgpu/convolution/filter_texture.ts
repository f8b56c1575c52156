/**
 * A gather's filter as a texture.
 *
 * @module
 */
import { single } from "../kernel.ts";
import { filterQuad } from "./filter_value.ts";
import { describeGather, type Gather } from "./gather.ts";
import type { PackedFilter } from "./shape.ts";

/** Largest width and height of a texture on every device. */
export const MAX_SIDE = 8192;

/** Where a filter lies in its texture. */
export interface FilterTexture {
  readonly width: number;
  readonly height: number;
  /** Quads of channels side by side, then the depth along the row; a row for each tap of each such block of quads. */
  readonly lanes: number;
}

/** The texture for the filter of `gather`. */
export function filterTexture({ depth, channels, kernel }: Gather): FilterTexture {
  const quads = Math.ceil(channels / 4);
  const lanes = Math.min(8, 2 ** Math.ceil(Math.log2(quads)));
  const width = 4 * Math.ceil(depth / 4) * lanes;
  return { width, height: Math.ceil(quads / lanes) * kernel ** 2, lanes };
}

/** Fills that texture. */
export function packFilterTexture(gather: Gather): PackedFilter {
  const { mode, depth, channels, kernel } = gather;
  const { lanes, width, height } = filterTexture(gather);
  const taps = kernel ** 2;
  const code = `${filterQuad(gather)}
@group(0) @binding(1) var packed: texture_storage_2d<rgba32float, write>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x >= ${width}u) { return; }
  let quad = at.y / ${taps}u * ${lanes}u + at.x % ${lanes}u;
  textureStore(packed, at.xy, filterQuad(at.y % ${taps}u, at.x / ${lanes}u, 4u * quad));
}
`;
  const kernelData = {
    name: `${mode} filter to texture, ${describeGather(gather)}`,
    code,
    bindings: ["read", "storage-texture"] as const,
    grid: [Math.ceil(width / 64), height, 1] as const,
    cost: {
      flops: 0,
      bytesRead: 4 * taps * depth * channels,
      bytesWritten: 16 * width * height,
      workgroupMemory: 0,
    },
  };
  return {
    layout: `${mode} texture`,
    storage: { kind: "texture", width, height },
    lowered: single(kernelData, 1, 1),
  };
}
