/**
 * Convolution as a product of matrices, pixels × depth of all taps by depth × channels, in tiles that a workgroup
 * shares; the first matrix is made from the image as its tiles are loaded. For discrete GPUs.
 *
 * @module
 */
import { linearGrid } from "../grid.ts";
import { type Kernel, single } from "../kernel.ts";
import { epilogueText } from "./epilogue.ts";
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
  tapsOf,
} from "./gather.ts";
import type { ConvolutionVariant, Epilogue, Precision } from "./shape.ts";
import { sourceQuad } from "./source_quad.ts";

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
  const quads = depthRows(gather) / 4, weights = rowQuads(gather);
  const type = weightType(precision), ends = epilogueText(gather, epilogue, 2);
  const { margin } = tapsOf(gather, 0);
  const dimension = (name: string, phase: string) => {
    if (phases === 1) return `let ${name}Taps = ${kernel}u;`;
    return kernel === 3 ? `let ${name}Taps = 1u + ${phase};` : `let ${name}Taps = 1u - ${phase};`;
  };
  const filterIndex = (tap: string, phase: string) =>
    phases === 1 ? tap : kernel === 3 ? `(1u - ${phase} + 2u * ${tap})` : tap;
  const eight = Array.from({ length: 8 }, (_, i) => i), four = eight.slice(0, 4), two = [0, 1];
  const text = (parts: string[], indent = 4) => parts.join("\n" + " ".repeat(indent));

  const code = `${enables(precision)}${sourceQuad(gather)}
@group(0) @binding(1) var<storage, read> filters: array<${type}>;
${ends.code}

var<workgroup> pixelTile: array<${type}, ${DEPTH * pitch(pixels)}>;
var<workgroup> weightTile: array<${type}, ${DEPTH * CHANNEL_QUADS}>;

struct Pixel { image: u32, row: u32, column: u32 }

fn pixelAt(index: u32) -> Pixel {
  return Pixel(
    index / ${
    phaseRows * phaseColumns
  }u, index / ${phaseColumns}u % ${phaseRows}u, index % ${phaseColumns}u,
  );
}

@compute @workgroup_size(${pixels})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = ${index};
  let p = index % ${kinds}u / ${phases}u;
  let q = index % ${phases}u;
  let block = index / ${kinds}u % ${blocks}u;
  let tile = index / ${kinds * blocks}u * ${pixels}u;
  ${dimension("row", "p")}
  ${dimension("column", "q")}
  let quads = rowTaps * columnTaps * ${quads}u;
  let loadQuad = local % ${DEPTH_QUADS}u;
  let loadPixels = local / ${DEPTH_QUADS}u;
  ${text(four.map((i) => `let load${i} = pixelAt(tile + 4u * loadPixels + ${i}u);`), 2)}
  let mine = local / 8u;
  let lane = local % 8u;
  ${text(eight.flatMap((i) => two.map((j) => `var sum${i}_${j} = vec4f();`)), 2)}

  for (var first = 0u; first < quads; first += ${DEPTH_QUADS}u) {
    let quad = first + loadQuad;
    let tap = quad / ${quads}u;
    let y = tap / max(columnTaps, 1u) - ${margin}u;
    let x = tap % max(columnTaps, 1u) - ${margin}u;
    ${text(four.map((i) => `var v${i} = vec4f();`))}
    if (quad < quads) {
      ${
    text(
      four.map((i) =>
        `v${i} = sourceQuad(load${i}.image, load${i}.row * ${step}u + y, load${i}.column * ${step}u + x, quad % ${quads}u);`
      ),
      6,
    )
  }
    }
    let at = 4u * loadQuad * ${pitch(pixels)}u + loadPixels;
    ${
    text(four.map((k) =>
      `pixelTile[at + ${k * pitch(pixels)}u] = ${type}(${
        four.map((i) => `v${i}[${k}]`)
      });`
    ))
  }
    for (var i = local; i < ${DEPTH * CHANNEL_QUADS}u; i += ${pixels}u) {
      let row = min(first + i / ${4 * CHANNEL_QUADS}u, quads - 1u);
      let tap = row / ${quads}u;
      let filterTap = ${filterIndex("(tap / columnTaps)", "p")} * ${kernel}u + ${
    filterIndex("(tap % columnTaps)", "q")
  };
      let weightRow = (filterTap * ${quads}u + row % ${quads}u) * 4u + i / ${CHANNEL_QUADS}u % 4u;
      weightTile[i] = filters[weightRow * ${weights}u + block * ${CHANNEL_QUADS}u + i % ${CHANNEL_QUADS}u];
    }
    workgroupBarrier();
    for (var k = 0u; k < ${DEPTH}u; k++) {
      ${
    text(
      two.flatMap((i) => [
        `let pixels${i} = vec4f(pixelTile[k * ${pitch(pixels)}u + mine + ${i * pixels / 8}u]);`,
        `let weights${i} = vec4f(weightTile[k * ${CHANNEL_QUADS}u + lane + ${8 * i}u]);`,
      ]),
      6,
    )
  }
      ${
    text(
      eight.flatMap((i) =>
        two.map((j) =>
          `sum${i}_${j} = fma(vec4f(pixels${i >> 2}[${i % 4}]), weights${j}, sum${i}_${j});`
        )
      ),
      6,
    )
  }
    }
    workgroupBarrier();
  }

  ${
    text(
      eight.map((i) =>
        `store(p, q, tile + 4u * mine + ${
          (i >> 2) * pixels / 2 + i % 4
        }u, block * ${CHANNELS}u + 4u * lane, sum${i}_0, sum${i}_1);`
      ),
      2,
    )
  }
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
  let depth = 0;
  for (let p = 0; p < phases; p++) {
    for (let q = 0; q < phases; q++) {
      const taps = tapsOf(gather, p).count * tapsOf(gather, q).count;
      depth += DEPTH * Math.ceil(taps * quads / DEPTH_QUADS);
    }
  }
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
