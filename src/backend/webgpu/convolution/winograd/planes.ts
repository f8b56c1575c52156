/**
 * Where Winograd's 36 matrices live between dispatches: in a storage buffer, or side by side in a texture.
 *
 * @module
 */
import type { BindingKind, Storage } from "../../program/kernel.ts";
import type { Lanes } from "../../program/wgsl.ts";
import type { Precision } from "../shape.ts";

/** Values that the transforms of F(4×4,3×3) make of a tile: 6 × 6. */
export const PLANES = 36;

/** 36 matrices of `rows × 4·quads` values, read and written a vector of neighbouring columns at a time. */
export interface Planes {
  readonly rows: number;
  readonly quads: number;
  /** Columns of a vector. */
  readonly lanes: Lanes;
  readonly storage: Storage;
  /** Bytes of one quad. */
  readonly quadBytes: number;
  /** What WGSL that declares them begins with. */
  readonly enable: string;
  /** How a shader binds them. */
  readonly binding: { readonly read: BindingKind; readonly write: BindingKind };
  /** WGSL that declares them as `name`. */
  declare(binding: number, name: string, access: "read" | "write"): string;
  /** WGSL of the vector of float32s there; row, plane and vector are WGSL of `u32`s. */
  read(name: string, row: string, plane: string, vector: string): string;
  /** WGSL that stores such a vector, `value`. */
  write(name: string, row: string, plane: string, vector: string, value: string): string;
}

/** In a buffer as `[36,rows,4·quads]`, of float16 values under `f16`, read and written `lanes` columns at a time. */
export function bufferPlanes(
  rows: number,
  quads: number,
  precision: Precision,
  lanes: Lanes = 4,
): Planes {
  const half = precision === "f16", quadBytes = half ? 8 : 16;
  const index = (row: string, plane: string, vector: string) =>
    `(${plane} * ${rows}u + ${row}) * ${4 / lanes * quads}u + ${vector}`;
  return {
    rows,
    quads,
    lanes,
    storage: { kind: "buffer", bytes: 16 * Math.ceil(PLANES * rows * quads * quadBytes / 16) },
    quadBytes,
    enable: half ? "enable f16;\n" : "",
    binding: { read: "read", write: "write" },
    declare: (binding, name, access) =>
      `@group(0) @binding(${binding}) var<storage, ${access === "read" ? "read" : "read_write"}> ` +
      `${name}: array<vec${lanes}${half ? "h" : "f"}>;`,
    read: (name, row, plane, quad) =>
      half
        ? `vec${lanes}f(${name}[${index(row, plane, quad)}])`
        : `${name}[${index(row, plane, quad)}]`,
    write: (name, row, plane, quad, value) =>
      `${name}[${index(row, plane, quad)}] = ${half ? `vec${lanes}h(${value})` : value};`,
  };
}

/** In a texture as `[rows,36,quads]`: a matrix row is a row of texels, the planes lie side by side. */
export function texturePlanes(rows: number, quads: number): Planes {
  const place = (row: string, plane: string, quad: string) =>
    `vec2u(${plane} * ${quads}u + ${quad}, ${row})`;
  return {
    rows,
    quads,
    lanes: 4,
    storage: { kind: "texture", width: PLANES * quads, height: rows },
    quadBytes: 16,
    enable: "",
    binding: { read: "texture", write: "storage-texture" },
    declare: (binding, name, access) =>
      `@group(0) @binding(${binding}) var ${name}: ` +
      `${access === "read" ? "texture_2d<f32>" : "texture_storage_2d<rgba32float, write>"};`,
    read: (name, row, plane, quad) => `textureLoad(${name}, ${place(row, plane, quad)}, 0)`,
    write: (name, row, plane, quad, value) =>
      `textureStore(${name}, ${place(row, plane, quad)}, ${value});`,
  };
}
