/**
 * Convolution straight from buffers with register tiles: for devices whose caches do what workgroup memory would.
 *
 * @module
 */
import { single } from "../kernel.ts";
import {
  depthRows,
  enables,
  packFilterRows,
  rowQuads,
  rowsFit,
  weightType,
} from "./filter_rows.ts";
import { type Gather, type GatherMode, gatherOf } from "./gather.ts";
import { INVOCATIONS, type Loads, type RegisterTile, registerTileKernel } from "./register_tile.ts";
import type { ConvolutionVariant, Precision } from "./shape.ts";
import { sourceQuad } from "./source_quad.ts";

/** The variant of `mode` with register tiles of `tile`. */
export function registerVariant(mode: GatherMode, tile: RegisterTile): ConvolutionVariant {
  return {
    mode,
    name: `register-${tile.rows}x${tile.columns}x${4 * tile.quads}`,
    supports(shape, precision, device) {
      return rowsFit(gatherOf(mode, shape), precision, device) &&
        device.maxComputeInvocationsPerWorkgroup >= INVOCATIONS;
    },
    pack: (shape, precision) => packFilterRows(gatherOf(mode, shape), precision),
    lower(shape, precision, epilogue) {
      const gather = gatherOf(mode, shape);
      const kernel = registerTileKernel(gather, epilogue, tile, bufferLoads(gather, precision));
      return single(kernel, kernel.bindings.length - 1, 1);
    },
  };
}

function bufferLoads(gather: Gather, precision: Precision): Loads {
  const rows = depthRows(gather), quads = rowQuads(gather), lanes = 8;
  return {
    from: "buffers",
    bindings: ["read", "read"],
    filterBytes: precision === "f16" ? 8 : 16,
    declarations: `${enables(precision)}${sourceQuad(gather)}
@group(0) @binding(1) var<storage, read> filters: array<${weightType(precision)}>;`,
    lanes,
    before: "",
    source: (down, right) => `sourceQuad(image, y + ${down >>> 0}u, x + ${right >>> 0}u, d)`,
    filter(tap, i, ahead) {
      const row = `(${tap * rows + i}u + 4u * d) * ${quads}u`;
      return `vec4f(filters[${row} + (block + ${ahead}u) * ${lanes}u + lane])`;
    },
  };
}
