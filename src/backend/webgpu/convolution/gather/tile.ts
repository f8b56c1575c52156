/**
 * Convolution as a product of matrices, pixels × depth of all taps by depth × channels, in tiles that a workgroup
 * shares; the first matrix is made from the image as its tiles are loaded. For discrete GPUs.
 *
 * @module
 */
import { linearGrid } from "../../program/grid.ts";
import { type Kernel, single } from "../../program/kernel.ts";
import { lines, pixelLoader, range, vectorWidth } from "../../program/wgsl.ts";
import { epilogueText } from "../epilogue.ts";
import {
  depthRows,
  enables,
  packFilterRows,
  rowQuads,
  rowsFit,
  weightType,
} from "./filter_rows.ts";
import {
  describeGather,
  type Gather,
  gatherFlops,
  type GatherMode,
  gatherOf,
  phaseSize,
  sourceImage,
  tapsOf,
  tapsText,
} from "./gather.ts";
import type { ConvolutionVariant, Epilogue, Precision } from "../shape.ts";

/** Channels of a tile, and its depth at a time. */
const CHANNELS = 64, DEPTH = 16;
/** Quads of the same. */
const CHANNEL_QUADS = CHANNELS / 4, DEPTH_QUADS = DEPTH / 4;

/** The variant of `mode` with tiles of `pixels` × 64 channels; every invocation computes 8 × 8 of them. */
export function tileVariant(mode: GatherMode, pixels: 64 | 128): ConvolutionVariant {
  return {
    mode,
    name: `tile-${pixels}x${CHANNELS}`,
    supports: (shape, precision, device) =>
      rowsFit(gatherOf(mode, shape), precision, device) &&
      device.maxComputeInvocationsPerWorkgroup >= pixels &&
      device.maxComputeWorkgroupStorageSize >= sharedBytes(pixels, precision),
    pack: (shape, precision) => packFilterRows(gatherOf(mode, shape), precision),
    lower(shape, precision, epilogue) {
      const kernel = tileKernel(gatherOf(mode, shape), epilogue, pixels, precision);
      return single(kernel, kernel.bindings.length - 1, 1);
    },
  };
}

/** Quads in a row of the pixels' tile; one more than there are, so that rows begin in different banks. */
const pitch = (pixels: number) => pixels / 4 + 1;

function sharedBytes(pixels: number, precision: Precision): number {
  return DEPTH * (pitch(pixels) + CHANNEL_QUADS) * (precision === "f16" ? 8 : 16);
}

/** Bindings: source, filter rows, what the epilogue reads, result. `pixels` is the number of invocations too. */
export function tileKernel(
  gather: Gather,
  epilogue: Epilogue,
  pixels: number,
  precision: Precision,
): Kernel {
  const { batch, rows, columns, channels, kernel, phases, step } = gather;
  const [phaseRows, phaseColumns] = phaseSize(gather);
  const kinds = phases ** 2, all = batch * phaseRows * phaseColumns;
  const blocks = Math.ceil(channels / CHANNELS), tiles = Math.ceil(all / pixels);
  const { grid, index } = linearGrid(kinds * blocks * tiles);
  const quads = depthRows(gather) / 4;
  const type = weightType(precision), ends = epilogueText(gather, epilogue, 2);
  const { margin } = tapsOf(gather, 0);
  const down = tapsText(gather, "p"), right = tapsText(gather, "q");
  const eight = range(8), four = range(4), two = range(2), row = pitch(pixels);
  const loads = four.map((i) =>
    `let v${i} = select(vec4f(), load_source(pixel${i}.image, pixel${i}.row * ${step}u + y, ` +
    `pixel${i}.column * ${step}u + x, quad % ${quads}u), quad < quads);`
  );
  const transposed = four.map((k) =>
    `pixelTile[to + ${k * row}u] = ${type}(vec4f(v0[${k}], v1[${k}], v2[${k}], v3[${k}]));`
  );
  const operands = two.flatMap((i) => [
    `let pixels${i} = vec4f(pixelTile[k * ${row}u + mine + ${i * pixels / 8}u]);`,
    `let weights${i} = vec4f(weightTile[k * ${CHANNEL_QUADS}u + lane + ${8 * i}u]);`,
  ]);
  const products = eight.flatMap((i) =>
    two.map((j) => {
      const value = `vec4f(pixels${Math.floor(i / 4)}[${i % 4}])`;
      return `sum${i}_${j} = fma(${value}, weights${j}, sum${i}_${j});`;
    })
  );
  const stores = eight.map((i) => {
    const at = `tile + 4u * mine + ${Math.floor(i / 4) * pixels / 2 + i % 4}u`;
    return `store(p, q, ${at}, block * ${CHANNELS}u + 4u * lane, sum${i}_0, sum${i}_1);`;
  });
  const code = `${enables(precision)}@group(0) @binding(0) var<storage, read> source: array<${
    vectorWidth(gather.depth).type
  }>;
@group(0) @binding(1) var<storage, read> filters: array<${type}>;
${pixelLoader("source", sourceImage(gather, margin, 1))}
${ends.code}

var<workgroup> pixelTile: array<${type}, ${DEPTH * pitch(pixels)}>;
var<workgroup> weightTile: array<${type}, ${DEPTH * CHANNEL_QUADS}>;

struct Pixel { image: u32, row: u32, column: u32 }

fn pixelAt(index: u32) -> Pixel {
  let row = index / ${phaseColumns}u;
  return Pixel(row / ${phaseRows}u, row % ${phaseRows}u, index % ${phaseColumns}u);
}

@compute @workgroup_size(${pixels})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = ${index};
  let p = index % ${kinds}u / ${phases}u;
  let q = index % ${phases}u;
  let block = index / ${kinds}u % ${blocks}u;
  let tile = index / ${kinds * blocks}u * ${pixels}u;
  let rowTaps = ${down.count};
  let columnTaps = ${right.count};
  let quads = rowTaps * columnTaps * ${quads}u;
  let loadQuad = local % ${DEPTH_QUADS}u;
  let loadPixels = local / ${DEPTH_QUADS}u;
  let to = 4u * loadQuad * ${row}u + loadPixels;
  ${lines(2, four.map((i) => `let pixel${i} = pixelAt(tile + 4u * loadPixels + ${i}u);`))}
  let mine = local / 8u;
  let lane = local % 8u;
  ${lines(2, eight.flatMap((i) => two.map((j) => `var sum${i}_${j} = vec4f();`)))}

  for (var first = 0u; first < quads; first += ${DEPTH_QUADS}u) {
    let quad = first + loadQuad;
    let tap = quad / ${quads}u;
    let y = tap / columnTaps;
    let x = tap % columnTaps;
    ${lines(4, loads)}
    ${lines(4, transposed)}
    for (var i = local; i < ${DEPTH * CHANNEL_QUADS}u; i += ${pixels}u) {
      // Beyond the last row, where the pixels' tile is zero, any weight will do.
      let quad = min(first + i / ${4 * CHANNEL_QUADS}u, quads - 1u);
      let tap = quad / ${quads}u;
      let filterRow = ${down.first} + tap / columnTaps * ${phases}u;
      let filterTap = filterRow * ${kernel}u + ${right.first} + tap % columnTaps * ${phases}u;
      let weightRow = (filterTap * ${quads}u + quad % ${quads}u) * 4u + i / ${CHANNEL_QUADS}u % 4u;
      let column = block * ${CHANNEL_QUADS}u + i % ${CHANNEL_QUADS}u;
      weightTile[i] = filters[weightRow * ${rowQuads(gather)}u + column];
    }
    workgroupBarrier();
    for (var k = 0u; k < ${DEPTH}u; k++) {
      ${lines(6, operands)}
      ${lines(6, products)}
    }
    workgroupBarrier();
  }

  ${lines(2, stores)}
}

fn store(p: u32, q: u32, index: u32, channel: u32, low: vec4f, high: vec4f) {
  let pixel = pixelAt(index);
  let row = pixel.row * ${phases}u + p;
  let column = pixel.column * ${phases}u + q;
  if (pixel.image >= ${batch}u || row >= ${rows}u || column >= ${columns}u) { return; }
  let at = (pixel.image * ${rows}u + row) * ${columns}u + column;
  if (channel < ${channels}u) { finish(at, channel, low); }
  if (channel + ${CHANNELS / 2}u < ${channels}u) { finish(at, channel + ${CHANNELS / 2}u, high); }
}
`;
  const depth = range(kinds).reduce((sum, kind) => {
    const taps = tapsOf(gather, Math.floor(kind / phases)).count *
      tapsOf(gather, kind % phases).count;
    return sum + DEPTH * Math.ceil(taps * quads / DEPTH_QUADS);
  }, 0);
  const bytes = depth * (4 * pixels + CHANNELS * (precision === "f16" ? 2 : 4));
  return {
    name: `${gather.mode} tile ${pixels}×${CHANNELS} ${precision}, ${describeGather(gather)}`,
    code,
    bindings: ["read", "read", ...ends.bindings],
    grid,
    cost: {
      flops: gatherFlops(gather),
      bytesRead: tiles * blocks * bytes + ends.bytesRead,
      bytesWritten: ends.bytesWritten,
      workgroupMemory: sharedBytes(pixels, precision),
    },
  };
}
