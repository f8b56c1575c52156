/**
 * A gather's filter as a texture.
 *
 * @module
 */
import { single } from "../../program/kernel.ts";
import { filterQuad } from "./filter_value.ts";
import { describeGather, type Gather, laneCount } from "./gather.ts";
import type { PackedFilter } from "../shape.ts";

/** Largest width and height of a texture on every device. */
export const MAX_SIDE = 8192;

/**
 * The size of the texture for the filter of `gather`: {@linkcode laneCount} quads of channels side by side, then the
 * depth along the row, and a row for each tap of each such block of quads.
 */
export function filterTexture(gather: Gather): { readonly width: number; readonly height: number } {
  const { depth, channels, kernel } = gather;
  const lanes = laneCount(gather);
  return {
    width: 4 * Math.ceil(depth / 4) * lanes,
    height: Math.ceil(channels / 4 / lanes) * kernel ** 2,
  };
}

/** Fills that texture. */
export function packFilterTexture(gather: Gather): PackedFilter {
  const { mode, depth, channels, kernel } = gather;
  const { width, height } = filterTexture(gather);
  const lanes = laneCount(gather), taps = kernel ** 2;
  const code = `${filterQuad(gather)}
@group(0) @binding(1) var packed: texture_storage_2d<rgba32float, write>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x >= ${width}u) { return; }
  let quad = at.y / ${taps}u * ${lanes}u + at.x % ${lanes}u;
  textureStore(packed, at.xy, filterQuad(at.y % ${taps}u, at.x / ${lanes}u, 4u * quad));
}
`;
  const packing = {
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
    lowered: single(packing, 1, 1),
  };
}
