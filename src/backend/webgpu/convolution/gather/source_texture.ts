/**
 * The source of a gather as a texture, with its padding.
 *
 * @module
 */
import type { Kernel } from "../../program/kernel.ts";
import { pixelLoader, vectorWidth } from "../../program/wgsl.ts";
import { MAX_SIDE } from "./filter_texture.ts";
import { describeGather, type Gather, sourceImage } from "./gather.ts";

/** Where a source lies in its texture: texels of four channels, whole images beside and below each other. */
export interface SourceTexture {
  readonly width: number;
  readonly height: number;
  /** Pixels of zeros around each image. */
  readonly margin: number;
  /** Every `skip`-th row and column is there: a 1×1 filter of stride 2 needs no others. */
  readonly skip: 1 | 2;
  /** Texels of a pixel. */
  readonly quads: number;
  /** Texels of an image, margins included. */
  readonly high: number;
  readonly wide: number;
  /** Images in a row of images. */
  readonly beside: number;
}

/** The texture for the source of `gather`. */
export function sourceTexture(gather: Gather): SourceTexture {
  const { batch, sourceRows, sourceColumns, depth, kernel, step } = gather;
  const margin = (kernel - 1) / 2, skip = kernel === 1 ? step : 1;
  const quads = Math.ceil(depth / 4);
  const high = Math.ceil(sourceRows / skip) + 2 * margin;
  const wide = (Math.ceil(sourceColumns / skip) + 2 * margin) * quads;
  const below = Math.min(batch, Math.max(1, Math.floor(MAX_SIDE / high)));
  const beside = Math.ceil(batch / below);
  const width = wide * beside, height = high * Math.ceil(batch / beside);
  return { width, height, margin, skip, quads, high, wide, beside };
}

/** Fills that texture. Bindings: source, texture. */
export function packSource(gather: Gather): Kernel {
  const { batch, sourceRows, sourceColumns, depth } = gather;
  const { margin, skip, quads, high, wide, beside, width, height } = sourceTexture(gather);
  const kept = Math.ceil(sourceRows / skip) * Math.ceil(sourceColumns / skip);
  const code = `@group(0) @binding(0) var<storage, read> source: array<${vectorWidth(depth).type}>;
@group(0) @binding(1) var packed: texture_storage_2d<rgba32float, write>;
${pixelLoader("source", sourceImage(gather, margin, skip))}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x >= ${width}u) { return; }
  let image = at.y / ${high}u * ${beside}u + at.x / ${wide}u;
  var value = vec4f();
  if (image < ${batch}u) {
    value = load_source(image, at.y % ${high}u, at.x % ${wide}u / ${quads}u, at.x % ${quads}u);
  }
  textureStore(packed, at.xy, value);
}
`;
  return {
    name: `${gather.mode} source to texture, ${describeGather(gather)}`,
    code,
    bindings: ["read", "storage-texture"],
    grid: [Math.ceil(width / 64), height, 1],
    cost: {
      flops: 0,
      bytesRead: 4 * batch * kept * depth,
      bytesWritten: 16 * width * height,
      workgroupMemory: 0,
    },
  };
}
