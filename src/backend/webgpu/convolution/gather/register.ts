/**
 * Convolution straight from buffers with register tiles: for devices whose caches do what workgroup memory would.
 *
 * @module
 */
import { single } from "../../program/kernel.ts";
import { pixelLoader, vectorWidth } from "../../program/wgsl.ts";
import { depthRows, enables, packFilterRows, rowQuads, rowsFit } from "./filter_rows.ts";
import {
  type Gather,
  type GatherMode,
  gatherOf,
  laneCount,
  sourceImage,
  tapsOf,
} from "./gather.ts";
import { INVOCATIONS, type Loads, type RegisterTile, registerTileKernel } from "./register_tile.ts";
import { type ConvolutionVariant, type Precision, quadType } from "../shape.ts";

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
  const { margin } = tapsOf(gather, 0);
  const rows = depthRows(gather), quads = rowQuads(gather), lanes = laneCount(gather);
  return {
    from: "buffers",
    bindings: ["read", "read"],
    weightBytes: precision === "f16" ? 8 : 16,
    declarations: `${enables(precision)}@group(0) @binding(0) var<storage, read> source: array<${
      vectorWidth(gather.depth).type
    }>;
@group(0) @binding(1) var<storage, read> filters: array<${quadType(precision)}>;
${pixelLoader("source", sourceImage(gather, margin, 1))}`,
    source: (down, right) =>
      `load_source(image, y + ${down + margin}u + t, x + ${right + margin}u, d)`,
    filter(ahead, i, next) {
      const row = `((tap + ${ahead}u) * ${rows}u + 4u * d + ${i}u) * ${quads}u`;
      return `vec4f(filters[${row} + (block + ${next}u) * ${lanes}u + lane])`;
    },
  };
}
