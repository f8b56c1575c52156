/**
 * What a filter gradient's register tiles read: `x` and `dy` as they are, or copied into textures with their padding.
 *
 * @module
 */
import { linearGrid } from "../../program/grid.ts";
import { input, type Kernel, scratch, type Storage } from "../../program/kernel.ts";
import type { BindingKind, Operand } from "../../program/kernel.ts";
import { type PaddedImage, pixelLoader, vectorWidth } from "../../program/wgsl.ts";

/** Largest width and height of a texture on every device. */
const TEXTURE_SIDE = 8192;

const WORKGROUP = 64;

/** Images as grids of pixels. */
export interface Grid extends PaddedImage {
  readonly batch: number;
  /** With the margin and what follows the image, in which all is zero. */
  readonly rows: number;
  readonly columns: number;
}

/** A way to read a {@linkcode Grid}. */
export interface GridReader {
  readonly binding: BindingKind;
  /** Of the operation's input that holds the tensor. */
  readonly operand: Operand;
  readonly scratch: readonly Storage[];
  /** What is dispatched before. */
  readonly prepare: readonly { readonly kernel: Kernel; readonly operands: readonly Operand[] }[];
  /** WGSL that declares the binding as `name` and what {@linkcode GridReader.read} needs. */
  declare(binding: number, name: string): string;
  /** WGSL of four channels at a row and column of the grid; all are WGSL of `u32`s. */
  read(name: string, image: string, row: string, column: string, quad: string): string;
}

const quadsOf = ({ channels }: Grid) => Math.ceil(channels / 4);

/** Input `index` of the operation, from its buffer. */
export function gridFromBuffer(grid: Grid, index: number): GridReader {
  return {
    binding: "read",
    operand: input(index),
    scratch: [],
    prepare: [],
    declare: (binding, name) =>
      `@group(0) @binding(${binding}) var<storage, read> ${name}: array<${
        vectorWidth(grid.channels).type
      }>;
${pixelLoader(name, grid)}`,
    read: (name, image, row, column, quad) => `load_${name}(${image}, ${row}, ${column}, ${quad})`,
  };
}

/** Input `index` of the operation by way of a texture, scratch memory `index`. */
export function gridFromTexture(grid: Grid, index: number): GridReader {
  const { width, height, across } = gridTexture(grid);
  const quads = quadsOf(grid);
  const at = (image: string, row: string, column: string, quad: string) =>
    across === 1
      ? `vec2u((${column}) * ${quads}u + ${quad}, ${image} * ${grid.rows}u + ${row})`
      : `vec2u((${image} % ${across}u * ${grid.columns}u + ${column}) * ${quads}u + ${quad}, ` +
        `${image} / ${across}u * ${grid.rows}u + ${row})`;
  return {
    binding: "texture",
    operand: scratch(index),
    scratch: [{ kind: "texture", width, height }],
    prepare: [{ kernel: fillTexture(grid, at), operands: [input(index), scratch(index)] }],
    declare: (binding, name) => `@group(0) @binding(${binding}) var ${name}: texture_2d<f32>;`,
    read: (name, image, row, column, quad) =>
      `textureLoad(${name}, ${at(image, row, column, quad)}, 0)`,
  };
}

/** The texture of a grid: images below each other and, where they are too many, side by side. */
export function gridTexture(grid: Grid): { width: number; height: number; across: number } {
  const { batch, rows, columns } = grid;
  const across = Math.ceil(batch / Math.max(1, Math.floor(TEXTURE_SIDE / rows)));
  return {
    width: across * columns * quadsOf(grid),
    height: Math.ceil(batch / across) * rows,
    across,
  };
}

/** Copies a grid into its texture. Bindings: tensor, texture. */
function fillTexture(
  grid: Grid,
  at: (image: string, row: string, column: string, quad: string) => string,
): Kernel {
  const { batch, height, width, channels, rows, columns } = grid;
  const quads = quadsOf(grid), texels = batch * rows * columns * quads;
  const { grid: workgroups, index } = linearGrid(Math.ceil(texels / WORKGROUP));
  return {
    name: `texture of ${batch}×${height}×${width}×${channels}`,
    code: `
@group(0) @binding(0) var<storage, read> tensor: array<${vectorWidth(channels).type}>;
@group(0) @binding(1) var texels: texture_storage_2d<rgba32float, write>;
${pixelLoader("tensor", grid)}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = ${index} * ${WORKGROUP}u + local;
  if (id >= ${texels}u) { return; }
  let quad = id % ${quads}u;
  let column = id / ${quads}u % ${columns}u;
  let row = id / ${quads * columns}u % ${rows}u;
  let image = id / ${quads * columns * rows}u;
  textureStore(texels, ${
      at("image", "row", "column", "quad")
    }, load_tensor(image, row, column, quad));
}
`,
    bindings: ["read", "storage-texture"],
    grid: workgroups,
    cost: {
      flops: 0,
      bytesRead: 4 * batch * Math.ceil(height / grid.step) * Math.ceil(width / grid.step) *
        channels,
      bytesWritten: 16 * texels,
      workgroupMemory: 0,
    },
  };
}
