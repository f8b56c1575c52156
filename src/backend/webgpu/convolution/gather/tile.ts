/**
 * Convolution as a product of matrices, pixels × depth of all taps by depth × channels, in tiles that a workgroup
 * shares; the first matrix is made from the image as its tiles are loaded. For discrete GPUs.
 *
 * @module
 */
import { linearGrid } from "../../program/grid.ts";
import { type Kernel, single } from "../../program/kernel.ts";
import { channelsAt, lines, range, vectorWidth } from "../../program/wgsl.ts";
import { epilogueText } from "../epilogue.ts";
import { depthRows, enables, packFilterRows, rowQuads, rowsFit } from "./filter_rows.ts";
import {
  describeGather,
  type Gather,
  gatherFlops,
  type GatherMode,
  gatherOf,
  phaseSize,
  tapsOf,
  tapsText,
} from "./gather.ts";
import { type ConvolutionVariant, type Epilogue, type Precision, quadType } from "../shape.ts";
import {
  DEPTH,
  DEPTH_QUADS,
  type WorkgroupProduct,
  workgroupProduct,
} from "../workgroup_product.ts";

/** Channels of a tile, and quads of them. */
const CHANNELS = 64, CHANNEL_QUADS = CHANNELS / 4;

/** The variant of `mode` with tiles of `pixels` × 64 channels; every invocation computes 8 × 8 of them. */
export function tileVariant(mode: GatherMode, pixels: 64 | 128): ConvolutionVariant {
  return {
    mode,
    name: `tile-${pixels}x${CHANNELS}`,
    supports: (shape, precision, device) =>
      rowsFit(gatherOf(mode, shape), precision, device) &&
      device.maxComputeInvocationsPerWorkgroup >= pixels &&
      device.maxComputeWorkgroupStorageSize >= productOf(pixels, precision).bytes,
    pack: (shape, precision) => packFilterRows(gatherOf(mode, shape), precision),
    lower(shape, precision, epilogue) {
      const kernel = tileKernel(gatherOf(mode, shape), epilogue, pixels, precision);
      return single(kernel, kernel.bindings.length - 1, 1);
    },
  };
}

/** Pixels are the rows of the result, channels its columns. Each invocation brings four pixels' quad of depth, transposed. */
function productOf(pixels: number, precision: Precision): WorkgroupProduct {
  return workgroupProduct(
    { down: pixels / 8, across: 8, rowQuads: 2, columnQuads: 2 },
    precision,
    [4, DEPTH * CHANNEL_QUADS / pixels],
    1,
  );
}

/** The body of `filterRow`: a phase by itself has all taps, in the matrix's order. */
function filterRowText(gather: Gather): string {
  if (gather.phases === 1) return "return at;";
  const { kernel, phases } = gather, depth = depthRows(gather);
  const down = tapsText(gather, "p"), right = tapsText(gather, "q");
  return `let tap = at / ${depth}u;
  let row = ${down.first} + tap / ${right.count} * ${phases}u;
  let column = ${right.first} + tap % ${right.count} * ${phases}u;
  return (row * ${kernel}u + column) * ${depth}u + at % ${depth}u;`;
}

/**
 * How an invocation loads its pixels: the taps at which one has a source are bits of a number, found before the loop.
 *
 * @param uniform whether all invocations are at the same tap
 */
function sourceText(gather: Gather, uniform: boolean) {
  const { batch, sourceRows, sourceColumns, depth, step } = gather;
  const { margin } = tapsOf(gather, 0), quads = depthRows(gather) / 4;
  const whole = depth % 4 === 0, unit = whole ? quads : 1; // what `source` counts
  const own = uniform ? " + loadQuad" : "";
  const load = (i: number) =>
    whole
      ? `source[first${i} + offset]`
      : channelsAt("source", `(first${i} + offset)`, `(quad % ${quads}u)`, depth);
  return {
    reaches: `// Bit \`y · columnTaps + x\`: whether the pixel has a source at that tap.
fn reaches(pixel: Pixel, rowTaps: u32, columnTaps: u32) -> u32 {
  var taps = 0u;
  if (pixel.image >= ${batch}u) { return taps; }
  for (var y = 0u; y < rowTaps; y++) {
    for (var x = 0u; x < columnTaps; x++) {
      let down = pixel.row * ${step}u + y - ${margin}u;
      let right = pixel.column * ${step}u + x - ${margin}u;
      if (down < ${sourceRows}u && right < ${sourceColumns}u) { taps |= 1u << (y * columnTaps + x); }
    }
  }
  return taps;
}`,
    before: (i: number, index: string) => [
      `let pixel${i} = pixelAt(${index});`,
      `let taps${i} = reaches(pixel${i}, rowTaps, columnTaps);`,
      `let first${i} = ((pixel${i}.image * ${sourceRows}u + pixel${i}.row * ${step}u - ${margin}u) * ` +
      `${sourceColumns}u + pixel${i}.column * ${step}u - ${margin}u) * ${unit}u${own};`,
    ],
    tap: [
      `let quad = first${uniform ? "" : " + loadQuad"};`,
      `let tap = quad / ${quads}u;`,
      `let offset = (tap / columnTaps * ${sourceColumns}u + tap % columnTaps) * ${unit}u` +
      `${whole ? ` + quad % ${quads}u` : ""};`,
    ],
    load: (i: number) => `select(vec4f(), ${load(i)}, (taps${i} >> tap & 1u) != 0u)`,
  };
}

/** Bindings: source, filter rows, what the epilogue reads, result. `pixels` is the number of invocations too. */
export function tileKernel(
  gather: Gather,
  epilogue: Epilogue,
  pixels: number,
  precision: Precision,
): Kernel {
  const { batch, rows, columns, channels, phases } = gather;
  const [phaseRows, phaseColumns] = phaseSize(gather);
  const kinds = phases ** 2, all = batch * phaseRows * phaseColumns;
  const blocks = Math.ceil(channels / CHANNELS), tiles = Math.ceil(all / pixels);
  const { grid, index } = linearGrid(kinds * blocks * tiles);
  const quads = depthRows(gather) / 4;
  const type = quadType(precision), ends = epilogueText(gather, epilogue, 2);
  const down = tapsText(gather, "p"), right = tapsText(gather, "q");
  const product = productOf(pixels, precision), four = range(4);
  const uniform = gather.depth % DEPTH === 0, source = sourceText(gather, uniform);
  const weights = range(product.right.together), pitch = rowQuads(gather);
  // Beyond the last row, where the pixels are zero, any weight will do.
  const weight = (i: number) =>
    uniform
      ? `filters[filterRow(p, q, 4u * first) * ${pitch}u + ownWeight + ${i * pitch}u]`
      : `filters[filterRow(p, q, min(4u * first + weightRow + ${i}u, 4u * quads - 1u)) * ${pitch}u` +
        ` + weightColumn]`;
  const brought = [
    ...source.tap,
    ...four.map((i) => `let v${i} = ${source.load(i)};`),
    ...weights.map((i) => `let weight${i} = ${weight(i)};`),
    ...four.map((k) =>
      `${product.left.at("loadQuad", k, "loadPixels")} = ` +
      `${type}(vec4f(v0[${k}], v1[${k}], v2[${k}], v3[${k}]));`
    ),
    ...weights.map((i) =>
      `${product.right.at("weightSet", i, `local % ${CHANNEL_QUADS}u`)} = weight${i};`
    ),
  ];
  const stores = product.sums.filter(({ c }) => c === 0).map(({ r, i, name }) => {
    const at = `tile + 4u * down + ${r * pixels / 2 + i}u`, high = name.replace(/0$/, "1");
    return `store(p, q, ${at}, block * ${CHANNELS}u + 4u * across, ${name}, ${high});`;
  });
  const code = `${enables(precision)}@group(0) @binding(0) var<storage, read> source: array<${
    vectorWidth(gather.depth).type
  }>;
@group(0) @binding(1) var<storage, read> filters: array<${type}>;
${ends.code}

${product.declarations}

struct Pixel { image: u32, row: u32, column: u32 }

fn pixelAt(index: u32) -> Pixel {
  let row = index / ${phaseColumns}u;
  return Pixel(row / ${phaseRows}u, row % ${phaseRows}u, index % ${phaseColumns}u);
}

// Row of the filter's matrix for depth \`at\` of all taps of a phase.
fn filterRow(p: u32, q: u32, at: u32) -> u32 {
  ${filterRowText(gather)}
}

${source.reaches}

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
  let weightSet = local / ${CHANNEL_QUADS}u;
  let weightRow = weightSet * ${product.right.together}u;
  let weightColumn = block * ${CHANNEL_QUADS}u + local % ${CHANNEL_QUADS}u;
  let ownWeight = weightRow * ${pitch}u + weightColumn;
  ${lines(2, four.flatMap((i) => source.before(i, `tile + 4u * loadPixels + ${i}u`)))}
  let down = local / 8u;
  let across = local % 8u;
  ${lines(2, product.zeros)}

  for (var first = 0u; first < quads; first += ${DEPTH_QUADS}u) {
    ${lines(4, brought)}
    workgroupBarrier();
    ${lines(4, product.products)}
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
      workgroupMemory: product.bytes,
    },
  };
}
