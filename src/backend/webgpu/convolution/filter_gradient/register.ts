/**
 * The filter gradient in registers: each invocation keeps several taps of several channels of both sides, walks along its
 * rows of pixels, shares nothing and waits for nobody.
 *
 * @module
 */
import { type ConvolutionShape, outputSize } from "../../../operations/convolution_shape.ts";
import { linearGrid } from "../../program/grid.ts";
import type { Kernel } from "../../program/kernel.ts";
import { lines, range, storeChannels, vectorWidth } from "../../program/wgsl.ts";
import {
  type Grid,
  gridFromBuffer,
  gridFromTexture,
  type GridReader,
  gridTexture,
} from "./operands.ts";
import { partialSums, type Split, splitSum } from "./split.ts";
import { gatherOf, largestBuffer } from "../gather/gather.ts";
import type { ConvolutionVariant } from "../shape.ts";

const WORKGROUP = 32;

/** Invocations that keep a software device busy to the end. Where thousands run at once, the tiles of a workgroup do better. */
const WANTED = 2048;

/** Pixels of a part: with fewer, partial sums would cost more than they gain. */
const LEAST_PIXELS = 128;

/** Straight from the buffers. */
export const FILTER_GRADIENT_REGISTER: ConvolutionVariant = {
  mode: "filterGradient",
  name: "register",
  supports: (shape, precision, { maxStorageBufferBindingSize }) =>
    precision === "f32" && largestBuffer(gatherOf("forward", shape)) <= maxStorageBufferBindingSize,
  lower(shape) {
    const { x, dy } = grids(shape);
    return lower(shape, gridFromBuffer(x, 0), gridFromBuffer(dy, 1));
  },
};

/** By way of textures: two copies first, then no bounds to test. */
export const FILTER_GRADIENT_TEXTURE: ConvolutionVariant = {
  mode: "filterGradient",
  name: "texture",
  supports(shape, precision, device) {
    const { x, dy } = grids(shape);
    return FILTER_GRADIENT_REGISTER.supports(shape, precision, device) &&
      [x, dy].map(gridTexture).every(({ width, height }) =>
        Math.max(width, height) <= device.maxTextureDimension2D
      );
  },
  lower(shape) {
    const { x, dy } = grids(shape);
    return lower(shape, gridFromTexture(x, 0), gridFromTexture(dy, 1));
  },
};

/** What an invocation computes: a row of the filter's taps for `inQuads × outQuads` quads of channels. */
interface RegisterTile {
  readonly inQuads: number;
  readonly outQuads: number;
  /** Pixels of a step. */
  readonly pixels: number;
}

/** As large as compiles in reasonable time, no larger than the shape. */
function registerTile(shape: ConvolutionShape): RegisterTile {
  const inQuads = Math.min(shape.kernel === 3 ? 2 : 4, Math.ceil(shape.inChannels / 4));
  const outQuads = Math.min(shape.kernel === 3 ? 4 / inQuads : 4, Math.ceil(shape.outChannels / 4));
  const columns = outputSize(shape)[1], steps = Math.ceil(columns / (shape.kernel === 3 ? 4 : 2));
  return { inQuads, outQuads, pixels: Math.ceil(columns / steps) };
}

/** Both operands, in whole steps along a row; `stride` is that of `x` on its grid. */
function grids(shape: ConvolutionShape): { x: Grid; dy: Grid; stride: number } {
  const { batch, height, width, inChannels, outChannels, kernel } = shape;
  const [rows, columns] = outputSize(shape), { pixels } = registerTile(shape);
  const step = kernel === 1 ? shape.stride : 1, stride = shape.stride / step;
  const whole = pixels * Math.ceil(columns / pixels);
  return {
    x: {
      batch,
      height,
      width,
      channels: inChannels,
      margin: (kernel - 1) / 2,
      step,
      rows: stride * (rows - 1) + kernel,
      columns: stride * (whole - 1) + kernel,
    },
    dy: {
      batch,
      height: rows,
      width: columns,
      channels: outChannels,
      margin: 0,
      step: 1,
      rows,
      columns: whole,
    },
    stride,
  };
}

function lower(shape: ConvolutionShape, x: GridReader, dy: GridReader) {
  const { batch, inChannels, outChannels, kernel } = shape;
  const { inQuads, outQuads } = registerTile(shape), [rows, columns] = outputSize(shape);
  const values = kernel ** 2 * inChannels * outChannels;
  const tiles = kernel * Math.ceil(inChannels / 4 / inQuads) *
    Math.ceil(outChannels / 4 / outQuads);
  const split = splitSum(batch * rows, {
    wanted: Math.ceil(WANTED / tiles),
    least: Math.ceil(LEAST_PIXELS / columns),
    unit: 1,
    values,
  });
  const memory = [...x.scratch, ...dy.scratch], partial = partialSums(split, values, memory.length);
  return {
    scratch: [...memory, ...partial.storage],
    dispatches: [
      ...x.prepare,
      ...dy.prepare,
      {
        kernel: registerKernel(shape, split, x, dy),
        operands: [x.operand, dy.operand, partial.operand],
      },
      ...partial.sum,
    ],
  };
}

/** Bindings: x, dy, partial sums `[parts,kernel,kernel,inChannels,outChannels]`. */
function registerKernel(
  shape: ConvolutionShape,
  split: Split,
  x: GridReader,
  dy: GridReader,
): Kernel {
  const { batch, inChannels, outChannels, kernel } = shape, { stride, dy: walk } = grids(shape);
  const { inQuads, outQuads, pixels } = registerTile(shape);
  const inBlocks = Math.ceil(inChannels / 4 / inQuads);
  const outBlocks = Math.ceil(outChannels / 4 / outQuads);
  const invocations = split.parts * kernel * inBlocks * outBlocks;
  const { grid, index } = linearGrid(Math.ceil(invocations / WORKGROUP));
  const taps = range(kernel), across = range(stride * (pixels - 1) + kernel);
  const sums = taps.flatMap((tap) =>
    range(4 * inQuads).flatMap((i) =>
      range(outQuads).map((o) => ({ tap, i, o, name: `s${tap}_${i}_${o}` }))
    )
  );
  const code = `
${x.declare(0, "x")}
${dy.declare(1, "dy")}
@group(0) @binding(2) var<storage, read_write> sums: array<${vectorWidth(outChannels).type}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = ${index} * ${WORKGROUP}u + local;
  if (id >= ${invocations}u) { return; }
  let outQuad = id % ${outBlocks}u * ${outQuads}u;
  let inQuad = id / ${outBlocks}u % ${inBlocks}u * ${inQuads}u;
  let down = id / ${outBlocks * inBlocks}u % ${kernel}u;
  let part = id / ${outBlocks * inBlocks * kernel}u;
  ${lines(2, sums.map(({ name }) => `var ${name} = vec4f();`))}
  for (var line = part * ${split.each}u; line < min((part + 1u) * ${split.each}u, ${split.total}u); line++) {
    let image = line / ${walk.rows}u;
    let row = line % ${walk.rows}u;
    for (var column = 0u; column < ${walk.columns}u; column += ${pixels}u) {
      ${
    lines(6, [
      ...across.flatMap((c) =>
        range(inQuads).map((q) =>
          `let x${c}_${q} = ${
            x.read(
              "x",
              "image",
              `row * ${stride}u + down`,
              `column * ${stride}u + ${c}u`,
              `(inQuad + ${q}u)`,
            )
          };`
        )
      ),
      ...range(pixels).flatMap((p) =>
        range(outQuads).map((o) =>
          `let d${p}_${o} = ${
            dy.read("dy", "image", "row", `column + ${p}u`, `(outQuad + ${o}u)`)
          };`
        )
      ),
      ...sums.flatMap(({ tap, i, o, name }) =>
        range(pixels).map((p) =>
          `${name} = fma(vec4f(x${stride * p + tap}_${Math.floor(i / 4)}[${
            i % 4
          }]), d${p}_${o}, ${name});`
        )
      ),
    ])
  }
    }
  }
  let first = (part * ${kernel}u + down) * ${kernel}u;
  ${
    lines(
      2,
      sums.map(({ tap, i, o, name }) => {
        const channel = `4u * inQuad + ${i}u`, quad = `(outQuad + ${o}u)`;
        const at = `((first + ${tap}u) * ${inChannels}u + ${channel})`;
        const inside = [
          ...inChannels % (4 * inQuads) ? [`${channel} < ${inChannels}u`] : [],
          ...outChannels % (4 * outQuads) ? [`4u * ${quad} < ${outChannels}u`] : [],
        ].join(" && ");
        const store = storeChannels("sums", at, quad, outChannels, name);
        return inside === "" ? store : `if (${inside}) { ${store} }`;
      }),
    )
  }
}
`;
  const steps = kernel * inBlocks * outBlocks * split.total * walk.columns / pixels;
  return {
    name: `filter gradient ${batch}×${walk.height}×${walk.width} ${inChannels}→${outChannels} ` +
      `${kernel}×${kernel}/${shape.stride}, ${x.binding === "texture" ? "textures" : "buffers"} ` +
      `${kernel}×${4 * inQuads}×${4 * outQuads}, ${split.parts} parts`,
    code,
    bindings: [x.binding, dy.binding, "write"],
    grid,
    cost: {
      flops: steps * pixels * sums.length * 8,
      bytesRead: steps * (across.length * inQuads + pixels * outQuads) * 16,
      bytesWritten: split.parts * kernel ** 2 * inChannels * outChannels * 4,
      workgroupMemory: 0,
    },
  };
}
