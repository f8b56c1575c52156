/**
 * The filter gradient for discrete GPUs, as one product of matrices: rows are the filter's taps and input channels, columns
 * its output channels, and the sum runs over pixels. A workgroup shares tiles of both operands in its memory, and each of
 * its invocations keeps a part of the result in registers.
 *
 * @module
 */
import { type ConvolutionShape, outputSize } from "../../../operations/convolution_shape.ts";
import type { Kernel } from "../../program/kernel.ts";
import { channelsAt, lines, range, storeChannels, vectorWidth } from "../../program/wgsl.ts";
import { partialSums, type Split, splitSum } from "./split.ts";
import { gatherOf, largestBuffer } from "../gather/gather.ts";
import { type ConvolutionVariant, type Precision, quadType } from "../shape.ts";
import {
  DEPTH,
  type WorkgroupProduct,
  workgroupProduct,
  type WorkgroupTile,
} from "../workgroup_product.ts";

/** Workgroups that keep a large GPU busy. */
const WANTED = 512;

/** Pixels of a part: with fewer, partial sums would cost more than they gain. */
const LEAST_PIXELS = 256;

/** The variant `tile-<rows>x<columns>` of a workgroup's tile. */
export function filterGradientTile(tile: WorkgroupTile): ConvolutionVariant {
  return {
    mode: "filterGradient",
    name: `tile-${4 * tile.down * tile.rowQuads}x${4 * tile.across * tile.columnQuads}`,
    supports: (shape, precision, device) =>
      (precision === "f32" || device.shaderF16) &&
      largestBuffer(gatherOf("forward", shape)) <= device.maxStorageBufferBindingSize &&
      productOf(tile, precision).bytes <= device.maxComputeWorkgroupStorageSize &&
      tile.down * tile.across <= device.maxComputeInvocationsPerWorkgroup,
    lower(shape, precision) {
      const { batch, kernel, inChannels, outChannels } = shape, [rows, columns] = outputSize(shape);
      const [across, down] = blocks(shape, tile), values = kernel ** 2 * inChannels * outChannels;
      const split = splitSum(batch * rows * columns, {
        wanted: Math.ceil(WANTED / (across * down)),
        least: LEAST_PIXELS,
        unit: DEPTH,
        values,
      });
      const partial = partialSums(split, values, 0);
      const operands = [
        { from: "input", index: 0 },
        { from: "input", index: 1 },
        partial.operand,
      ] as const;
      return {
        scratch: partial.storage,
        dispatches: [
          { kernel: tileKernel(shape, split, tile, precision), operands },
          ...partial.sum,
        ],
      };
    },
  };
}

/** Rows of the product are pixels. */
function productOf(tile: WorkgroupTile, precision: Precision): WorkgroupProduct {
  const { down, across, rowQuads, columnQuads } = tile, each = DEPTH / (down * across);
  return workgroupProduct(tile, precision, [
    each * down * rowQuads,
    each * across * columnQuads,
  ]);
}

/** Workgroups across and down. */
function blocks(shape: ConvolutionShape, tile: WorkgroupTile): [across: number, down: number] {
  const { kernel, inChannels, outChannels } = shape;
  return [
    Math.ceil(outChannels / (4 * tile.across * tile.columnQuads)),
    Math.ceil(kernel ** 2 * inChannels / (4 * tile.down * tile.rowQuads)),
  ];
}

/** Bindings: x, dy, partial sums `[parts,kernel,kernel,inChannels,outChannels]`. */
function tileKernel(
  shape: ConvolutionShape,
  split: Split,
  tile: WorkgroupTile,
  precision: Precision,
): Kernel {
  const { batch, inChannels, outChannels, kernel, stride } = shape;
  const [rows, columns] = outputSize(shape), taps = kernel ** 2;
  const product = productOf(tile, precision), { left, right } = product;
  const high = left.quads, wide = right.quads, type = quadType(precision);
  const grid = [...blocks(shape, tile), split.parts] as const;
  const rowsOfX = rowReader(shape);
  const lefts = range(left.together), rights = range(right.together);
  const brought = [
    ...lefts.map((i) => `let x${i} = ${rowsOfX.load(`(first + leftPixel + ${i}u)`)};`),
    ...rights.map((i) =>
      `let d${i} = load_columns(first + rightPixel + ${i}u, column, columnEnd);`
    ),
    ...lefts.map((i) => `${left.at("leftSet", i, `local % ${high}u`)} = ${type}(x${i});`),
    ...rights.map((i) => `${right.at("rightSet", i, `local % ${wide}u`)} = ${type}(d${i});`),
  ];
  const code = `${precision === "f16" ? "enable f16;" : ""}
@group(0) @binding(0) var<storage, read> x: array<${vectorWidth(inChannels).type}>;
@group(0) @binding(1) var<storage, read> dy: array<${vectorWidth(outChannels).type}>;
@group(0) @binding(2) var<storage, read_write> sums: array<${vectorWidth(outChannels).type}>;

${product.declarations}

${rowsOfX.declarations}

fn load_columns(pixel: u32, quad: u32, end: u32) -> vec4f {
  return select(vec4f(), ${channelsAt("dy", "pixel", "quad", outChannels)}, pixel < end);
}

@compute @workgroup_size(${product.threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let across = local % ${tile.across}u;
  let down = local / ${tile.across}u;
  let firstRow = group.y * ${high}u;
  let firstColumn = group.x * ${wide}u;
  let end = min((group.z + 1u) * ${split.each}u, ${split.total}u);
  let leftSet = local / ${high}u;
  let leftPixel = leftSet * ${left.together}u;
  let rightSet = local / ${wide}u;
  let rightPixel = rightSet * ${right.together}u;
  let column = firstColumn + local % ${wide}u;
  let columnEnd = select(0u, end, 4u * column < ${outChannels}u);
  ${lines(2, rowsOfX.before(`firstRow + local % ${high}u`))}
  ${lines(2, product.zeros)}
  for (var first = group.z * ${split.each}u; first < end; first += ${DEPTH}u) {
    ${lines(4, brought)}
    workgroupBarrier();
    ${lines(4, product.products)}
    workgroupBarrier();
  }
  let row = 4u * (firstRow + down);
  let quad = firstColumn + across;
  let start = group.z * ${taps * inChannels}u;
  ${
    lines(
      2,
      product.sums.map(({ r, i, c, name }) => {
        const to = `row + ${4 * r * tile.down + i}u`, at = `(quad + ${c * tile.across}u)`;
        return `if (${to} < ${taps * inChannels}u && 4u * ${at} < ${outChannels}u) { ${
          storeChannels("sums", `(start + ${to})`, at, outChannels, name)
        } }`;
      }),
    )
  }
}
`;
  const rounds = split.parts * Math.ceil(split.each / DEPTH);
  return {
    name: `filter gradient ${batch}×${rows}×${columns} ${inChannels}→${outChannels} ` +
      `${kernel}×${kernel}/${stride}, ${precision} tiles ${4 * high}×${
        4 * wide
      }, ${split.parts} parts`,
    code,
    bindings: ["read", "read", "write"],
    grid,
    cost: {
      flops: grid[0] * grid[1] * rounds * DEPTH * high * wide * 32,
      bytesRead: 4 * split.total * (grid[0] * taps * inChannels + grid[1] * outChannels),
      bytesWritten: 4 * split.parts * taps * inChannels * outChannels,
      workgroupMemory: product.bytes,
    },
  };
}

/** How an invocation reads what its four rows multiply at one pixel after another; their tap's place does not change. */
function rowReader(shape: ConvolutionShape) {
  const { height, width, inChannels, kernel, stride } = shape, [rows, columns] = outputSize(shape);
  const margin = (kernel - 1) / 2, whole = inChannels % 4 === 0;
  const per = whole ? inChannels / 4 : inChannels, type = whole ? "vec4f" : "f32";
  const names = range(whole ? 1 : 4).map((i) => `row${i}`);
  // Beyond the filter's last row no pixel counts.
  const before = (name: string, at: string) => [
    `let ${name}Tap = (${at}) / ${per}u;`,
    `let ${name} = Row(${name}Tap / ${kernel}u - ${margin}u, ${name}Tap % ${kernel}u - ${margin}u, ` +
    `(${at}) % ${per}u, select(0u, end, ${name}Tap < ${kernel ** 2}u));`,
  ];
  const load = (pixel: string) => names.map((name) => `load_row(${pixel}, ${name})`).join(", ");
  return {
    declarations: `
struct Row { down: u32, right: u32, channel: u32, end: u32 }

fn load_row(pixel: u32, row: Row) -> ${type} {
  let image = pixel / ${rows * columns}u;
  let down = pixel / ${columns}u % ${rows}u * ${stride}u + row.down;
  let right = pixel % ${columns}u * ${stride}u + row.right;
  let at = ((image * ${height}u + down) * ${width}u + right) * ${per}u + row.channel;
  return select(${type}(), x[at], pixel < row.end && down < ${height}u && right < ${width}u);
}`,
    before: (quad: string) =>
      names.flatMap((name, i) => before(name, whole ? quad : `4u * (${quad}) + ${i}u`)),
    load: (pixel: string) => whole ? load(pixel) : `vec4f(${load(pixel)})`,
  };
}
