/**
 * A gather in which every invocation keeps a tile of pixels × channels in registers, lanes across channels, and loads
 * its operands itself: nothing is shared and nobody waits.
 *
 * @module
 */
import { linearGrid } from "../../program/grid.ts";
import type { BindingKind, Kernel } from "../../program/kernel.ts";
import { lines, range } from "../../program/wgsl.ts";
import { epilogueText } from "../epilogue.ts";
import {
  describeGather,
  type Gather,
  gatherFlops,
  laneCount,
  phaseSize,
  tapsOf,
  tapsText,
} from "./gather.ts";
import type { Epilogue } from "../shape.ts";

/** What one invocation computes: neighbouring pixels of one phase, and quads of channels. */
export interface RegisterTile {
  readonly rows: number;
  readonly columns: number;
  readonly quads: number;
}

/** How the operands are loaded, at bindings 0 and 1, by WGSL expressions for a vec4f. */
export interface Loads {
  /** Kind of memory, for the kernel's name. */
  readonly from: string;
  readonly bindings: readonly [source: BindingKind, filter: BindingKind];
  /** Bytes of four weights. */
  readonly weightBytes: number;
  readonly declarations: string;
  /** A statement before the loops, which sees `image` and the first source pixel `(y, x)` of the tile. */
  readonly before?: string;
  /** Quad `d` of source pixel `(y + t + down, x + right)`, zero outside the image. */
  source(down: number, right: number): string;
  /** Weights of tap `tap + ahead` and depth `4 * d + i` for the quad of `lane` in the block of lanes `block + next`. */
  filter(ahead: number, i: number, next: number): string;
}

/** Invocations of a workgroup, all in a row: some software devices make vectors along x only. */
export const INVOCATIONS = 32;

/**
 * Bindings: source, filter, what the epilogue reads, result. The tile is the `largest`, or as much of it as the result
 * fills.
 */
export function registerTileKernel(
  gather: Gather,
  epilogue: Epilogue,
  largest: RegisterTile,
  loads: Loads,
): Kernel {
  const { batch, channels, phases } = gather;
  const [phaseRows, phaseColumns] = phaseSize(gather);
  const lanes = laneCount(gather), quads = Math.ceil(channels / 4);
  const tile = {
    rows: Math.min(largest.rows, phaseRows),
    columns: Math.min(largest.columns, phaseColumns),
    quads: Math.min(largest.quads, Math.ceil(quads / lanes)),
  };
  const down = Math.ceil(phaseRows / tile.rows), across = Math.ceil(phaseColumns / tile.columns);
  const tiles = batch * down * across, tilesOfGroup = INVOCATIONS / lanes;
  const blocks = Math.ceil(quads / (lanes * tile.quads)), kinds = phases ** 2;
  const { grid, index } = linearGrid(kinds * blocks * Math.ceil(tiles / tilesOfGroup));
  const ends = epilogueText(gather, epilogue, 2);
  const phaseList = range(phases);
  const products = phaseList.map((q) => productsText(gather, tile, loads, q));
  const call = (q: number) => `compute${q}(p, image, row, column, block, lane);`;
  const code = `${loads.declarations}
${ends.code}

${phaseList.map((q) => computeText(gather, tile, loads, q, products[q]!.texts)).join("\n\n")}

@compute @workgroup_size(${INVOCATIONS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = ${index};
  let lane = local % ${lanes}u;
  let p = index % ${kinds}u / ${phases}u;
  let block = index / ${kinds}u % ${blocks}u * ${tile.quads}u;
  let tile = index / ${kinds * blocks}u * ${tilesOfGroup}u + local / ${lanes}u;
  if (tile >= ${tiles}u || block * ${lanes}u + lane >= ${quads}u) { return; }
  let image = tile / ${down * across}u;
  let row = tile / ${across}u % ${down}u * ${tile.rows}u;
  let column = tile % ${across}u * ${tile.columns}u;
  ${phases === 1 ? call(0) : `if (index % 2u == 0u) { ${call(0)} } else { ${call(1)} }`}
}
`;
  const full = (blocks - 1) * lanes;
  const invocations = tiles * (full + Math.min(lanes, quads - full * tile.quads));
  const loops = phaseList.reduce((sum, p) => sum + tapsOf(gather, p).count, 0) *
    Math.ceil(gather.depth / 4);
  const bytes = loops * products.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    name: `${gather.mode} ${tile.rows}×${tile.columns}×${4 * tile.quads} from ${loads.from}, ` +
      describeGather(gather),
    code,
    bindings: [...loads.bindings, ...ends.bindings],
    grid,
    cost: {
      flops: gatherFlops(gather),
      bytesRead: invocations * bytes + ends.bytesRead,
      bytesWritten: ends.bytesWritten,
      workgroupMemory: 0,
    },
  };
}

/** The function for pixels of column phase `q` and row phase `p`: `products` for every row of taps and every depth. */
function computeText(
  gather: Gather,
  tile: RegisterTile,
  loads: Loads,
  q: number,
  products: readonly string[],
): string {
  const { rows, columns, channels, depth, kernel, phases, step } = gather;
  const lanes = laneCount(gather);
  const taps = tapsText(gather, "p");
  const loop = products.length === 0 ? "" : `
  for (var t = 0u; t < ${taps.count}; t++) {
    let tap = (${taps.first} + t * ${phases}u) * ${kernel}u;
    for (var d = 0u; d < ${Math.ceil(depth / 4)}u; d++) {
      ${lines(6, products)}
    }
  }`;
  const sums = pixelsOf(tile).flatMap(([r, c]) =>
    range(tile.quads).map((v) => ({ r, c, v, sum: `sum${r}_${c}_${v}` }))
  );
  // No loop over an array of sums: software devices take seconds to compile one.
  const stores = sums.map(({ r, c, v, sum }) => {
    const row = `((row + ${r}u) * ${phases}u + p)`;
    const column = `((column + ${c}u) * ${phases}u + ${q}u)`;
    const channel = `4u * ((block + ${v}u) * ${lanes}u + lane)`;
    const inside = [
      ...rows % (phases * tile.rows) ? [`${row} < ${rows}u`] : [],
      ...columns % (phases * tile.columns) ? [`${column} < ${columns}u`] : [],
      ...channels % (4 * lanes * tile.quads) && v > 0 ? [`${channel} < ${channels}u`] : [],
    ];
    const call =
      `finish((image * ${rows}u + ${row}) * ${columns}u + ${column}, ${channel}, ${sum});`;
    return inside.length > 0 ? `if (${inside.join(" && ")}) { ${call} }` : call;
  });
  return `fn compute${q}(p: u32, image: u32, row: u32, column: u32, block: u32, lane: u32) {
  let y = row * ${step}u;
  let x = column * ${step}u;
  ${loads.before ?? ""}
  ${lines(2, sums.map(({ sum }) => `var ${sum} = vec4f();`))}${loop}
  ${lines(2, stores)}
}`;
}

/** All products of one row of taps and one quad of depth, and the bytes they load. */
function productsText(gather: Gather, tile: RegisterTile, loads: Loads, q: number) {
  const { depth, phases, step } = gather;
  const { count, margin, first } = tapsOf(gather, q);
  const above = tapsOf(gather, 0).margin, depths = Math.min(4, depth);
  const pixels = pixelsOf(tile), loaded = new Set<string>(), texts: string[] = [];
  for (let u = 0; u < count; u++) {
    const source = (r: number, c: number) => `source${r}_${c * step + u}`;
    for (const [r, c] of pixels) {
      if (loaded.has(source(r, c))) continue;
      loaded.add(source(r, c));
      texts.push(`let ${source(r, c)} = ${loads.source(r * step - above, c * step + u - margin)};`);
    }
    for (let v = 0; v < tile.quads; v++) {
      const weights = (i: number) => `weights${u}_${v}_${i}`;
      for (let i = 0; i < depths; i++) {
        texts.push(`let ${weights(i)} = ${loads.filter(first + u * phases, i, v)};`);
      }
      for (const [r, c] of pixels) {
        let sum = `sum${r}_${c}_${v}`;
        for (let i = 0; i < depths; i++) {
          sum = `fma(vec4f(${source(r, c)}[${i}]), ${weights(i)}, ${sum})`;
        }
        texts.push(`sum${r}_${c}_${v} = ${sum};`);
      }
    }
  }
  const weights = count * tile.quads * depths;
  return { texts, bytes: 16 * loaded.size + loads.weightBytes * weights };
}

function pixelsOf({ rows, columns }: RegisterTile): [row: number, column: number][] {
  return range(rows * columns).map((i) => [Math.floor(i / columns), i % columns]);
}
