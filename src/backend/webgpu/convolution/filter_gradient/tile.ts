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
import type { ConvolutionVariant, Precision } from "../shape.ts";

/** Pixels in workgroup memory at a time. */
const DEPTH = 16;

/** Workgroups that keep a large GPU busy. */
const WANTED = 512;

/** Pixels of a part: with fewer, partial sums would cost more than they gain. */
const LEAST_PIXELS = 256;

/** The invocations of a workgroup, and the quads of rows and of columns that each of them computes. */
export interface FilterTile {
  readonly down: number;
  readonly across: number;
  readonly rowQuads: number;
  readonly columnQuads: number;
}

/** The variant `tile-<rows>x<columns>` of a workgroup's tile. */
export function filterGradientTile(tile: FilterTile): ConvolutionVariant {
  return {
    mode: "filterGradient",
    name: `tile-${4 * tile.down * tile.rowQuads}x${4 * tile.across * tile.columnQuads}`,
    supports: (shape, precision, device) =>
      (precision === "f32" || device.shaderF16) &&
      largestBuffer(gatherOf("forward", shape)) <= device.maxStorageBufferBindingSize &&
      workgroupBytes(tile, precision) <= device.maxComputeWorkgroupStorageSize &&
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

function workgroupBytes(tile: FilterTile, precision: Precision): number {
  const vectors = tile.down * tile.rowQuads + tile.across * tile.columnQuads;
  return DEPTH * vectors * (precision === "f16" ? 8 : 16);
}

/** Workgroups across and down. */
function blocks(shape: ConvolutionShape, tile: FilterTile): [across: number, down: number] {
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
  tile: FilterTile,
  precision: Precision,
): Kernel {
  const { batch, inChannels, outChannels, kernel, stride } = shape;
  const [rows, columns] = outputSize(shape), taps = kernel ** 2;
  const { down, across, rowQuads, columnQuads } = tile, threads = down * across;
  const high = down * rowQuads, wide = across * columnQuads;
  const type = precision === "f16" ? "vec4h" : "vec4f";
  const grid = [...blocks(shape, tile), split.parts] as const;
  const sums = range(rowQuads).flatMap((r) =>
    range(4).flatMap((i) => range(columnQuads).map((c) => ({ r, i, c, name: `s${r}_${i}_${c}` })))
  );
  const code = `${precision === "f16" ? "enable f16;" : ""}
@group(0) @binding(0) var<storage, read> x: array<${vectorWidth(inChannels).type}>;
@group(0) @binding(1) var<storage, read> dy: array<${vectorWidth(outChannels).type}>;
@group(0) @binding(2) var<storage, read_write> sums: array<${vectorWidth(outChannels).type}>;

var<workgroup> xs: array<${type}, ${DEPTH * high}>;
var<workgroup> ds: array<${type}, ${DEPTH * wide}>;

${rowLoader(shape)}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let across = local % ${across}u;
  let down = local / ${across}u;
  let firstRow = group.y * ${high}u;
  let firstColumn = group.x * ${wide}u;
  let end = min((group.z + 1u) * ${split.each}u, ${split.total}u);
  ${lines(2, sums.map(({ name }) => `var ${name} = vec4f();`))}
  for (var first = group.z * ${split.each}u; first < end; first += ${DEPTH}u) {
    for (var i = local; i < ${DEPTH * high}u; i += ${threads}u) {
      let pixel = first + i / ${high}u;
      var value = vec4f();
      if (pixel < end) {
        let image = pixel / ${rows * columns}u;
        let row = pixel / ${columns}u % ${rows}u * ${stride}u;
        let column = pixel % ${columns}u * ${stride}u;
        value = load_rows(image, row, column, firstRow + i % ${high}u);
      }
      xs[i] = ${type}(value);
    }
    for (var i = local; i < ${DEPTH * wide}u; i += ${threads}u) {
      let pixel = first + i / ${wide}u;
      let quad = firstColumn + i % ${wide}u;
      var value = vec4f();
      if (pixel < end && 4u * quad < ${outChannels}u) { value = ${
    channelsAt("dy", "pixel", "quad", outChannels)
  }; }
      ds[i] = ${type}(value);
    }
    workgroupBarrier();
    for (var k = 0u; k < ${DEPTH}u; k++) {
      ${
    lines(6, [
      ...range(rowQuads).map((r) => `let x${r} = vec4f(xs[k * ${high}u + ${r * down}u + down]);`),
      ...range(columnQuads).map((c) =>
        `let d${c} = vec4f(ds[k * ${wide}u + ${c * across}u + across]);`
      ),
      ...sums.map(({ r, i, c, name }) => `${name} = fma(vec4f(x${r}[${i}]), d${c}, ${name});`),
    ])
  }
    }
    workgroupBarrier();
  }
  let row = 4u * (firstRow + down);
  let quad = firstColumn + across;
  let start = group.z * ${taps * inChannels}u;
  ${
    lines(
      2,
      sums.map(({ r, i, c, name }) => {
        const to = `row + ${4 * r * down + i}u`, at = `(quad + ${c * across}u)`;
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
      workgroupMemory: workgroupBytes(tile, precision),
    },
  };
}

/** WGSL of `load_rows`: what four rows multiply at one pixel, whose place is where its middle tap (or only one) lies. */
function rowLoader({ height, width, inChannels, kernel }: ConvolutionShape): string {
  const margin = (kernel - 1) / 2, whole = inChannels % 4 === 0;
  const per = whole ? inChannels / 4 : inChannels;
  const one = `
fn load_${whole ? "rows" : "row"}(image: u32, row: u32, column: u32, at: u32) -> ${
    whole ? "vec4f" : "f32"
  } {
  let tap = at / ${per}u;
  let down = row + tap / ${kernel}u - ${margin}u;
  let right = column + tap % ${kernel}u - ${margin}u;
  if (tap >= ${kernel ** 2}u || down >= ${height}u || right >= ${width}u) { return ${
    whole ? "vec4f()" : "0.0"
  }; }
  return x[((image * ${height}u + down) * ${width}u + right) * ${per}u + at % ${per}u];
}`;
  if (whole) return one;
  return `${one}

fn load_rows(image: u32, row: u32, column: u32, quad: u32) -> vec4f {
  return vec4f(${
    range(4).map((i) => `load_row(image, row, column, 4u * quad + ${i}u)`).join(", ")
  });
}`;
}
