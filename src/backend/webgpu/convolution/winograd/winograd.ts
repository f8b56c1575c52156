/**
 * Winograd's F(4×4,3×3) for 3×3 convolutions of stride 1: a quarter of the multiplications in three dispatches. Tiles of
 * the input are transformed, 36 matrix products take the place of the sum, and tiles of the result are transformed back.
 *
 * @module
 */
import { input, type Kernel, type Lowered, output, scratch, single } from "../../program/kernel.ts";
import type { Lanes } from "../../program/wgsl.ts";
import type { ConvolutionVariant, DeviceTraits, Epilogue, Precision } from "../shape.ts";
import { type Gather, type GatherMode, gatherOf, largestBuffer } from "../gather/gather.ts";
import { bufferPlanes, PLANES, type Planes, texturePlanes } from "./planes.ts";
import { textureProducts } from "./texture.ts";
import type { WorkgroupTile } from "../workgroup_product.ts";
import { productOf, tileProducts } from "./tile.ts";
import {
  filterTransform,
  inputTransform,
  outputTransform,
  type Slice,
  tilesOf,
} from "./transforms.ts";

/** Bytes of scratch that V and M may each take: larger batches are computed slice by slice. */
const SLICE_BYTES = 2 ** 27;

/** One way to keep the filter's 36 matrices and to multiply the tiles' by them. */
interface Products {
  readonly name: string;
  /** The layout of U. */
  layout(precision: Precision): string;
  filterPlanes(rows: number, quads: number, precision: Precision): Planes;
  multiply(v: Planes, u: Planes, m: Planes, precision: Precision): Kernel;
  supports(precision: Precision, device: DeviceTraits): boolean;
}

function tiled(tile: WorkgroupTile): Products {
  return {
    name: `winograd-tile-${4 * tile.down * tile.rowQuads}x${4 * tile.across * tile.columnQuads}`,
    layout: (precision) => `winograd-buffer-${precision}`,
    filterPlanes: bufferPlanes,
    multiply: (v, u, m, precision) => tileProducts(v, u, m, tile, precision),
    supports: (precision, device) =>
      (precision === "f32" || device.shaderF16) &&
      productOf(tile, precision).bytes <= device.maxComputeWorkgroupStorageSize &&
      tile.down * tile.across <= device.maxComputeInvocationsPerWorkgroup,
  };
}

const TEXTURES: Products = {
  name: "winograd-texture",
  layout: () => "winograd-texture",
  filterPlanes: texturePlanes,
  multiply: textureProducts,
  supports: (precision) => precision === "f32",
};

/** Forward and input-gradient convolutions by Winograd's method. */
export const WINOGRAD_VARIANTS: readonly ConvolutionVariant[] = [
  TEXTURES,
  tiled({ down: 8, across: 8, rowQuads: 1, columnQuads: 2 }),
  tiled({ down: 8, across: 8, rowQuads: 2, columnQuads: 2 }),
  tiled({ down: 32, across: 8, rowQuads: 2, columnQuads: 2 }),
  tiled({ down: 16, across: 16, rowQuads: 2, columnQuads: 2 }),
].flatMap((products) => [variant("forward", products), variant("inputGradient", products)]);

function variant(mode: GatherMode, products: Products): ConvolutionVariant {
  const filterPlanes = (gather: Gather, precision: Precision) =>
    products.filterPlanes(4 * quads(gather.depth), quads(gather.channels), precision);
  return {
    mode,
    name: products.name,
    supports(shape, precision, device) {
      if (shape.kernel !== 3 || shape.stride !== 1) return false;
      if (!products.supports(precision, device)) return false;
      const gather = gatherOf(mode, shape), [slice] = slices(gather);
      if (slice === undefined) return false;
      if (largestBuffer(gather) > device.maxStorageBufferBindingSize) return false;
      const { v, m } = tilePlanes(gather, slice, precision);
      return [v, m, filterPlanes(gather, precision)].every(({ storage }) =>
        storage.kind === "buffer"
          ? storage.bytes <= device.maxStorageBufferBindingSize
          : Math.max(storage.width, storage.height) <= device.maxTextureDimension2D
      );
    },
    pack(shape, precision) {
      const gather = gatherOf(mode, shape), u = filterPlanes(gather, precision);
      return {
        layout: `${products.layout(precision)}-${mode}`,
        storage: u.storage,
        lowered: single(filterTransform(gather, u), 1, 1),
      };
    },
    lower(shape, precision, epilogue) {
      const gather = gatherOf(mode, shape), u = filterPlanes(gather, precision);
      const parts = slices(gather);
      const { v, m } = tilePlanes(gather, parts[0]!, precision);
      return {
        scratch: [v.storage, m.storage],
        dispatches: parts.flatMap((slice) =>
          dispatches(products, gather, slice, u, precision, epilogue)
        ),
      };
    },
  };
}

const quads = (channels: number) => Math.ceil(channels / 4);

/** V and M of a slice. */
function tilePlanes(
  gather: Gather,
  slice: Slice,
  precision: Precision,
  lanes: Lanes = 4,
): { v: Planes; m: Planes } {
  const [down, across] = tilesOf(gather), rows = slice.images * down * across;
  return {
    v: bufferPlanes(rows, quads(gather.depth), precision, lanes),
    m: bufferPlanes(rows, quads(gather.channels), "f32", lanes),
  };
}

/** The batch in the fewest parts whose V and M are small enough, the first the largest; none if no image is. */
function slices(gather: Gather): Slice[] {
  const { batch, depth, channels } = gather, [down, across] = tilesOf(gather);
  const row = PLANES * 16 * quads(Math.max(depth, channels));
  const most = Math.floor(SLICE_BYTES / row / (down * across));
  if (most === 0) return [];
  const images = Math.ceil(batch / Math.ceil(batch / most));
  return Array.from({ length: Math.ceil(batch / images) }, (_, i) => ({
    start: i * images,
    images: Math.min(images, batch - i * images),
  }));
}

function dispatches(
  products: Products,
  gather: Gather,
  slice: Slice,
  u: Planes,
  precision: Precision,
  epilogue: Epilogue,
): Lowered["dispatches"] {
  const { v, m } = tilePlanes(gather, slice, precision);
  const narrow = tilePlanes(gather, slice, precision, 2);
  const followers = [epilogue.bias, epilogue.add, epilogue.mask].filter(Boolean).map((_, i) =>
    input(2 + i)
  );
  return [
    { kernel: inputTransform(gather, slice, narrow.v), operands: [input(0), scratch(0)] },
    { kernel: products.multiply(v, u, m, precision), operands: [scratch(0), input(1), scratch(1)] },
    {
      kernel: outputTransform(gather, slice, narrow.m, epilogue),
      operands: [scratch(1), ...followers, output(0)],
    },
  ];
}
