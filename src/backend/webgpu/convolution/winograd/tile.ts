/**
 * Winograd's 36 products `M = V·U` for discrete GPUs: a workgroup shares tiles of both operands in its memory, and each of
 * its invocations keeps a part of the result in registers.
 *
 * @module
 */
import type { Kernel } from "../../program/kernel.ts";
import { lines, range } from "../../program/wgsl.ts";
import type { Precision } from "../shape.ts";
import { PLANES, type Planes } from "./planes.ts";

/** Quads of rows of U, or of columns of V, in workgroup memory at a time. */
const DEPTH = 4;

/** The part of the result that a workgroup makes: its invocations, and what each of them computes. */
export interface WorkgroupTile {
  /** Invocations down and across. */
  readonly down: number;
  readonly across: number;
  /** Rows and quads of columns of an invocation. */
  readonly rows: number;
  readonly quads: number;
}

/** Bytes of workgroup memory that `tile` takes. */
export function workgroupBytes(tile: WorkgroupTile, precision: Precision): number {
  const vectors = DEPTH * tile.down * tile.rows + 4 * DEPTH * tile.across * tile.quads;
  return vectors * (precision === "f16" ? 8 : 16);
}

/** `M[plane] = V[plane]·U[plane]`: bindings V, U, M. */
export function tileProducts(
  v: Planes,
  u: Planes,
  m: Planes,
  tile: WorkgroupTile,
  precision: Precision,
): Kernel {
  const { down, across } = tile, threads = down * across;
  const high = down * tile.rows, wide = across * tile.quads;
  const type = precision === "f16" ? "vec4h" : "vec4f";
  const grid = [Math.ceil(m.quads / wide), Math.ceil(m.rows / high), PLANES] as const;
  const rounds = Math.ceil(v.quads / DEPTH);
  const rows = range(tile.rows), quads = range(tile.quads);
  const code = `${v.enable}
${v.declare(0, "v", "read")}
${u.declare(1, "u", "read")}
${m.declare(2, "m", "write")}

var<workgroup> vs: array<${type}, ${DEPTH * high}>;
var<workgroup> us: array<${type}, ${4 * DEPTH * wide}>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let across = local % ${across}u;
  let down = local / ${across}u;
  let plane = group.z;
  let firstRow = group.y * ${high}u;
  let firstQuad = group.x * ${wide}u;
  ${lines(2, rows.flatMap((r) => quads.map((q) => `var m${r}_${q} = vec4f();`)))}
  for (var k = 0u; k < ${v.quads}u; k += ${DEPTH}u) {
    for (var i = local; i < ${DEPTH * high}u; i += ${threads}u) {
      let row = firstRow + i / ${DEPTH}u;
      let quad = k + i % ${DEPTH}u;
      var value = vec4f();
      if (row < ${v.rows}u && quad < ${v.quads}u) { value = ${
    v.read("v", "row", "plane", "quad")
  }; }
      vs[i % ${DEPTH}u * ${high}u + i / ${DEPTH}u] = ${type}(value);
    }
    for (var i = local; i < ${4 * DEPTH * wide}u; i += ${threads}u) {
      let row = 4u * k + i / ${wide}u;
      let quad = firstQuad + i % ${wide}u;
      var value = vec4f();
      if (row < ${u.rows}u && quad < ${u.quads}u) { value = ${
    u.read("u", "row", "plane", "quad")
  }; }
      us[i] = ${type}(value);
    }
    workgroupBarrier();
    for (var s = 0u; s < ${DEPTH}u; s++) {
      ${
    lines(6, [
      ...rows.map((r) => `let v${r} = vec4f(vs[s * ${high}u + ${r * down}u + down]);`),
      ...range(4).flatMap((i) =>
        quads.map((q) =>
          `let u${i}_${q} = vec4f(us[(4u * s + ${i}u) * ${wide}u + ${q * across}u + across]);`
        )
      ),
      ...rows.flatMap((r) =>
        quads.flatMap((q) =>
          range(4).map((i) => `m${r}_${q} = fma(vec4f(v${r}[${i}]), u${i}_${q}, m${r}_${q});`)
        )
      ),
    ])
  }
    }
    workgroupBarrier();
  }
  let row = firstRow + down;
  let quad = firstQuad + across;
  ${
    lines(
      2,
      rows.flatMap((r) =>
        quads.map((q) =>
          `if (row + ${r * down}u < ${m.rows}u && quad + ${q * across}u < ${m.quads}u) { ${
            m.write("m", `(row + ${r * down}u)`, "plane", `quad + ${q * across}u`, `m${r}_${q}`)
          } }`
        )
      ),
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
      flops: workgroups * rounds * 4 * DEPTH * high * wide * 8,
      bytesRead: PLANES *
        (grid[0] * v.rows * v.quads * v.quadBytes + grid[1] * u.rows * u.quads * u.quadBytes),
      bytesWritten: PLANES * m.rows * m.quads * m.quadBytes,
      workgroupMemory: workgroupBytes(tile, precision),
    },
  };
}
