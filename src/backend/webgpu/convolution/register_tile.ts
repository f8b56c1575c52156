/**
 * A gather in which every invocation keeps a tile of pixels × channels in registers, lanes across channels, and loads
 * its operands itself: nothing is shared and nobody waits. All taps are unrolled, the depth is the only loop.
 *
 * @module
 */
import { linearGrid } from "../grid.ts";
import type { BindingKind, Kernel } from "../kernel.ts";
import { epilogueText } from "./epilogue.ts";
import { describeGather, type Gather, gatherFlops, phaseSize, tapsOf } from "./gather.ts";
import type { Epilogue } from "./shape.ts";

/** What one invocation computes: neighbouring pixels of one phase, and quads of channels. */
export interface RegisterTile {
  readonly rows: number;
  readonly columns: number;
  readonly quads: number;
}

/** How the operands are loaded, at bindings 0 and 1. WGSL expressions give a vec4f. */
export interface Loads {
  /** Kind of memory, for the kernel's name. */
  readonly from: string;
  readonly bindings: readonly [source: BindingKind, filter: BindingKind];
  /** Bytes of a filter's quad. */
  readonly filterBytes: number;
  readonly declarations: string;
  /** Quads of channels that lie side by side: as many lanes take one each. */
  readonly lanes: number;
  /** Statements before the loop; they see `image` and the tile's first source pixel `(y, x)`. */
  readonly before: string;
  /** Quad `d` of source pixel `(y + down, x + right)`, zero outside the image. */
  source(down: number, right: number): string;
  /** Weights of `tap` and depth `4d + i`, for lane `lane` of `block + ahead`. */
  filter(tap: number, i: number, ahead: number): string;
}

/** Invocations of a workgroup. */
export const INVOCATIONS = 32;

/** Bindings: source, filter, what the epilogue reads, result. */
export function registerTileKernel(
  gather: Gather,
  epilogue: Epilogue,
  tile: RegisterTile,
  loads: Loads,
): Kernel {
  const { batch, channels, phases, step } = gather, { lanes } = loads;
  const [phaseRows, phaseColumns] = phaseSize(gather);
  const down = Math.ceil(phaseRows / tile.rows), across = Math.ceil(phaseColumns / tile.columns);
  const tiles = batch * down * across, tilesOfGroup = INVOCATIONS / lanes;
  const quads = Math.ceil(channels / 4), blocks = Math.ceil(quads / lanes / tile.quads);
  const kinds = phases ** 2;
  const { grid, index } = linearGrid(kinds * blocks * Math.ceil(tiles / tilesOfGroup));
  const ends = epilogueText(gather, epilogue, 2);
  const bodies = Array.from(
    { length: kinds },
    (_, kind) => phaseText(gather, tile, loads, Math.floor(kind / phases), kind % phases),
  );
  const call = (kind: number) => `phase${kind}(image, row, column, block, local.x);`;
  const code = `${loads.declarations}
${ends.code}

${bodies.map(({ code }, kind) => `fn phase${kind}${code}`).join("\n\n")}

@compute @workgroup_size(${lanes}, ${tilesOfGroup})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let index = ${index};
  let block = index / ${kinds}u % ${blocks}u * ${tile.quads}u;
  let tile = index / ${kinds * blocks}u * ${tilesOfGroup}u + local.y;
  if (tile >= ${tiles}u || block * ${lanes}u + local.x >= ${quads}u) { return; }
  let image = tile / ${down * across}u;
  let row = tile / ${across}u % ${down}u * ${tile.rows}u;
  let column = tile % ${across}u * ${tile.columns}u;
  ${
    kinds === 1 ? call(0) : `switch index % 4u {
    case 0u: { ${call(0)} }
    case 1u: { ${call(1)} }
    case 2u: { ${call(2)} }
    default: { ${call(3)} }
  }`
  }
}
`;
  const invocations = tiles * Math.ceil(quads / tile.quads);
  return {
    name: `${gather.mode} ${tile.rows}×${tile.columns}×${4 * tile.quads} from ${loads.from}, ` +
      describeGather(gather),
    code,
    bindings: [...loads.bindings, ...ends.bindings],
    grid,
    cost: {
      flops: gatherFlops(gather),
      bytesRead: invocations * bodies.reduce((sum, { bytes }) => sum + bytes, 0) + ends.bytesRead,
      bytesWritten: ends.bytesWritten,
      workgroupMemory: 0,
    },
  };

  /** Parameters and body of the function for the pixels of phase `(p, q)`, and the bytes that one call loads. */
  function phaseText(gather: Gather, tile: RegisterTile, loads: Loads, p: number, q: number) {
    const { depth, kernel } = gather;
    const vertical = tapsOf(gather, p), horizontal = tapsOf(gather, q);
    const components = Math.min(4, depth);
    const pixels = pairs(tile.rows, tile.columns);
    const loop: string[] = [], loaded = new Set<string>();
    let filters = 0;
    for (const [t, u] of pairs(vertical.count, horizontal.count)) {
      const name = (r: number, c: number) => `s${r * step + t}_${c * step + u}`;
      for (const [r, c] of pixels) {
        if (loaded.has(name(r, c))) continue;
        loaded.add(name(r, c));
        const y = r * step + t - vertical.margin, x = c * step + u - horizontal.margin;
        loop.push(`let ${name(r, c)} = ${loads.source(y, x)};`);
      }
      const tap = (vertical.first + t * phases) * kernel + horizontal.first + u * phases;
      for (let v = 0; v < tile.quads; v++) {
        const weight = (i: number) => `f${t}${u}${i}_${v}`;
        for (let i = 0; i < components; i++, filters++) {
          loop.push(`let ${weight(i)} = ${loads.filter(tap, i, v)};`);
        }
        for (const [r, c] of pixels) {
          let sum = `sum${r}_${c}_${v}`;
          for (let i = 0; i < components; i++) {
            sum = `fma(vec4f(${name(r, c)}[${i}]), ${weight(i)}, ${sum})`;
          }
          loop.push(`sum${r}_${c}_${v} = ${sum};`);
        }
      }
    }
    const depthQuads = Math.ceil(depth / 4);
    const sums = pixels.flatMap(([r, c]) =>
      Array.from({ length: tile.quads }, (_, v) => [r, c, v] as const)
    );
    const code = `(image: u32, row: u32, column: u32, block: u32, lane: u32) {
  let y = row * ${step}u;
  let x = column * ${step}u;
  ${loads.before}
  ${sums.map(([r, c, v]) => `var sum${r}_${c}_${v} = vec4f();`).join("\n  ")}
  for (var d = 0u; d < ${loop.length && depthQuads}u; d++) {
    ${loop.join("\n    ")}
  }
  ${sums.map(([r, c, v]) => store(p, q, r, c, v)).join("\n  ")}
}`;
    return { code, bytes: depthQuads * (16 * loaded.size + loads.filterBytes * filters) };
  }

  function store(p: number, q: number, r: number, c: number, v: number): string {
    const { rows, columns } = gather;
    const row = `((row + ${r}u) * ${phases}u + ${p}u)`;
    const column = `((column + ${c}u) * ${phases}u + ${q}u)`;
    const channel = `4u * ((block + ${v}u) * ${lanes}u + lane)`;
    const inside = [
      ...rows % (phases * tile.rows) ? [`${row} < ${rows}u`] : [],
      ...columns % (phases * tile.columns) ? [`${column} < ${columns}u`] : [],
      ...v > 0 && quads % (lanes * tile.quads) ? [`${channel} < ${channels}u`] : [],
    ];
    const at = `(image * ${rows}u + ${row}) * ${columns}u + ${column}`;
    const call = `finish(${at}, ${channel}, sum${r}_${c}_${v});`;
    return inside.length ? `if (${inside.join(" && ")}) { ${call} }` : call;
  }
}

function pairs(rows: number, columns: number): [number, number][] {
  return Array.from({ length: rows * columns }, (_, i) => [Math.floor(i / columns), i % columns]);
}
