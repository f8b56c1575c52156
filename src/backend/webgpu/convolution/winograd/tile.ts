/**
 * Winograd's 36 products `M = V·U` for discrete GPUs: a workgroup shares tiles of both operands in its memory, and each of
 * its invocations keeps a part of the result in registers.
 *
 * @module
 */
import type { Kernel } from "../../program/kernel.ts";
import { lines, range } from "../../program/wgsl.ts";
import { type Precision, quadType } from "../shape.ts";
import {
  DEPTH,
  DEPTH_QUADS,
  type WorkgroupProduct,
  workgroupProduct,
  type WorkgroupTile,
} from "../workgroup_product.ts";
import { PLANES, type Planes } from "./planes.ts";

/** What the workgroups of `tile` share: each invocation brings four rows' quad of V, transposed, or four rows of U. */
export function productOf(tile: WorkgroupTile, precision: Precision): WorkgroupProduct {
  return workgroupProduct(tile, precision, [4, 4], 1);
}

/** `M[plane] = V[plane]·U[plane]`: bindings V, U, M. */
export function tileProducts(
  v: Planes,
  u: Planes,
  m: Planes,
  tile: WorkgroupTile,
  precision: Precision,
): Kernel {
  const product = productOf(tile, precision), { left, right } = product;
  const high = 4 * left.quads, wide = right.quads;
  const grid = [Math.ceil(m.quads / wide), Math.ceil(m.rows / high), PLANES] as const;
  const code = `${v.enable}
${v.declare(0, "v", "read")}
${u.declare(1, "u", "read")}
${m.declare(2, "m", "write")}

${product.declarations}

@compute @workgroup_size(${product.threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let across = local % ${tile.across}u;
  let down = local / ${tile.across}u;
  let plane = group.z;
  let firstRow = group.y * ${high}u;
  let firstQuad = group.x * ${wide}u;
  ${lines(2, product.zeros)}
  for (var first = 0u; first < ${v.quads}u; first += ${DEPTH_QUADS}u) {
    ${lines(4, bringing(v, u, product, precision))}
    workgroupBarrier();
    ${lines(4, product.products)}
    workgroupBarrier();
  }
  ${
    lines(
      2,
      product.sums.map(({ name, r, i, c }) => {
        const row = `firstRow + 4u * down + ${4 * r * tile.down + i}u`;
        const quad = `firstQuad + across + ${c * tile.across}u`;
        const inside = [
          ...m.rows % high ? [`${row} < ${m.rows}u`] : [],
          ...m.quads % wide ? [`${quad} < ${m.quads}u`] : [],
        ].join(" && ");
        const store = m.write("m", `(${row})`, "plane", quad, name);
        return inside === "" ? store : `if (${inside}) { ${store} }`;
      }),
    )
  }
}
`;
  const workgroups = grid[0] * grid[1] * grid[2];
  return {
    name: `winograd products ${m.rows}×${4 * v.quads}×${4 * m.quads}, ${precision} tiles ` +
      `${high}×${4 * wide}`,
    code,
    bindings: [v.binding.read, u.binding.read, m.binding.write],
    grid,
    cost: {
      flops: workgroups * Math.ceil(v.quads / DEPTH_QUADS) * DEPTH * high * wide * 8,
      bytesRead: PLANES *
        (grid[0] * v.rows * v.quads * v.quadBytes + grid[1] * u.rows * u.quads * u.quadBytes),
      bytesWritten: PLANES * m.rows * m.quads * m.quadBytes,
      workgroupMemory: product.bytes,
    },
  };
}

/**
 * Statements that fill the tiles from quad `first` of the depth on. What lies beyond the last rows and columns becomes
 * results that nobody stores; beyond the last quad of depth, V is zero and U is any number.
 */
function bringing(
  v: Planes,
  u: Planes,
  { threads, left, right }: WorkgroupProduct,
  precision: Precision,
): string[] {
  const four = range(4), type = quadType(precision);
  const ragged = v.quads % DEPTH_QUADS > 0;
  const bring = (first: number) => {
    const at = first > 0 ? `(local - ${first}u)` : "local";
    const column = `${at} % ${right.quads}u`, set = `${at} / ${right.quads}u`;
    return {
      left: [
        `let quad = first + local % ${DEPTH_QUADS}u;`,
        `let row = firstRow + local / ${DEPTH_QUADS}u * 4u;`,
        ...four.map((i) => {
          const value = v.read("v", `(row + ${i}u)`, "plane", "quad");
          const inside = `quad < ${v.quads}u`;
          return `let v${i} = ${ragged ? `select(vec4f(), ${value}, ${inside})` : value};`;
        }),
        ...four.map((k) =>
          `${left.at(`local % ${DEPTH_QUADS}u`, k, `local / ${DEPTH_QUADS}u`)} = ` +
          `${type}(vec4f(v0[${k}], v1[${k}], v2[${k}], v3[${k}]));`
        ),
      ],
      right: [
        `let depth = 4u * (first + ${set});`,
        `let column = firstQuad + ${column};`,
        ...four.map((i) => {
          const row = ragged ? `min(depth + ${i}u, ${u.rows - 1}u)` : `(depth + ${i}u)`;
          return `let u${i} = ${u.read("u", row, "plane", "column")};`;
        }),
        ...four.map((i) => `${right.at(set, i, column)} = ${type}(u${i});`),
      ],
    };
  };
  const lefts = DEPTH_QUADS * left.quads, rights = DEPTH_QUADS * right.quads;
  if (lefts + rights <= threads) {
    const split = [`if (local < ${lefts}u) {`, ...bring(0).left, "} else {", ...bring(lefts).right];
    return [...split, "}"];
  }
  const limited = (needed: number, statements: readonly string[]) =>
    needed < threads ? [`if (local < ${needed}u) {`, ...statements, "}"] : [...statements];
  return [...limited(lefts, bring(0).left), ...limited(rights, bring(0).right)];
}
