/**
 * Convolution from textures, the source copied into one with its padding, so that no bounds are tested. Made for
 * software devices, where loads are dear and textures are the fastest to load.
 *
 * @module
 */
import { input, output, scratch } from "../../program/kernel.ts";
import { filterTexture, MAX_SIDE, packFilterTexture } from "./filter_texture.ts";
import { type Gather, type GatherMode, gatherOf, laneCount, largestBuffer } from "./gather.ts";
import { INVOCATIONS, type Loads, type RegisterTile, registerTileKernel } from "./register_tile.ts";
import type { ConvolutionVariant } from "../shape.ts";
import { packSource, sourceTexture } from "./source_texture.ts";

/** The variant of `mode` with register tiles of `tile`. */
export function textureVariant(mode: GatherMode, tile: RegisterTile): ConvolutionVariant {
  return {
    mode,
    name: `texture-${tile.rows}x${tile.columns}x${4 * tile.quads}`,
    supports(shape, precision, device) {
      const gather = gatherOf(mode, shape);
      const side = Math.min(MAX_SIDE, device.maxTextureDimension2D);
      return precision === "f32" && largestBuffer(gather) <= device.maxStorageBufferBindingSize &&
        device.maxComputeInvocationsPerWorkgroup >= INVOCATIONS &&
        [sourceTexture(gather), filterTexture(gather)].every(({ width, height }) =>
          Math.max(width, height) <= side
        );
    },
    pack: (shape) => packFilterTexture(gatherOf(mode, shape)),
    lower(shape, _precision, epilogue) {
      const gather = gatherOf(mode, shape);
      const { width, height } = sourceTexture(gather);
      const kernel = registerTileKernel(gather, epilogue, tile, textureLoads(gather));
      const more = kernel.bindings.slice(2, -1).map((_, i) => input(2 + i));
      return {
        scratch: [{ kind: "texture", width, height }],
        dispatches: [
          { kernel: packSource(gather), operands: [input(0), scratch(0)] },
          { kernel, operands: [scratch(0), input(1), ...more, output(0)] },
        ],
      };
    },
  };
}

function textureLoads(gather: Gather): Loads {
  const { margin, skip, quads, high, wide, beside } = sourceTexture(gather);
  const lanes = laneCount(gather), taps = gather.kernel ** 2;
  const pixel = (at: string) => skip === 1 ? at : `${at} / ${skip}u`;
  const corner = beside === 1
    ? `${pixel("x")} * ${quads}u, image * ${high}u + ${pixel("y")}`
    : `image % ${beside}u * ${wide}u + ${pixel("x")} * ${quads}u, ` +
      `image / ${beside}u * ${high}u + ${pixel("y")}`;
  return {
    from: "textures",
    bindings: ["texture", "texture"],
    weightBytes: 16,
    declarations: `@group(0) @binding(0) var source: texture_2d<f32>;
@group(0) @binding(1) var filters: texture_2d<f32>;`,
    before: `let corner = vec2u(${corner});`,
    source(down, right) {
      const across = (right / skip + margin) * quads, below = down / skip + margin;
      return `textureLoad(source, corner + vec2u(d + ${across}u, ${below}u + t), 0)`;
    },
    filter(ahead, i, next) {
      const x = `(4u * d + ${i}u) * ${lanes}u + lane`;
      return `textureLoad(filters, vec2u(${x}, (block + ${next}u) * ${taps}u + tap + ${ahead}u), 0)`;
    },
  };
}
