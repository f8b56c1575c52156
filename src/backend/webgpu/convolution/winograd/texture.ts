/**
 * Winograd's 36 products `M = V·U` with U in a texture: each invocation keeps a large tile of the result in registers,
 * shares nothing and waits for nobody. Made for software devices, which load textures faster than buffers, but store
 * them more slowly: V and M, written every time, stay in buffers.
 *
 * @module
 */
import { linearGrid } from "../../program/grid.ts";
import type { Kernel } from "../../program/kernel.ts";
import { lines, range } from "../../program/wgsl.ts";
import { PLANES, type Planes } from "./planes.ts";

const WORKGROUP = 32;

/** `M[plane] = V[plane]·U[plane]`: bindings V, U, M. */
export function textureProducts(v: Planes, u: Planes, m: Planes): Kernel {
  const tile = registerTile(m);
  const rowBlocks = Math.ceil(m.rows / tile.rows), quadBlocks = Math.ceil(m.quads / tile.quads);
  const invocations = PLANES * rowBlocks * quadBlocks;
  const { grid, index } = linearGrid(Math.ceil(invocations / WORKGROUP));
  const rows = range(tile.rows), quads = range(tile.quads);
  const code = `
${v.declare(0, "v", "read")}
${u.declare(1, "u", "read")}
${m.declare(2, "m", "write")}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = ${index} * ${WORKGROUP}u + local;
  if (id >= ${invocations}u) { return; }
  let quad = id % ${quadBlocks}u * ${tile.quads}u;
  let row = id / ${quadBlocks}u % ${rowBlocks}u * ${tile.rows}u;
  let plane = id / ${quadBlocks * rowBlocks}u;
  ${lines(2, rows.flatMap((r) => quads.map((q) => `var m${r}_${q} = vec4f();`)))}
  for (var k = 0u; k < ${v.quads}u; k++) {
    ${
    lines(4, [
      ...rows.map((r) => `let v${r} = ${v.read("v", `row + ${r}u`, "plane", "k")};`),
      ...range(4).flatMap((i) =>
        quads.map((q) =>
          `let u${i}_${q} = ${u.read("u", `4u * k + ${i}u`, "plane", `quad + ${q}u`)};`
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
  ${
    lines(
      2,
      rows.flatMap((r) =>
        quads.map((q) =>
          `if (row + ${r}u < ${m.rows}u && quad + ${q}u < ${m.quads}u) { ${
            m.write("m", `row + ${r}u`, "plane", `quad + ${q}u`, `m${r}_${q}`)
          } }`
        )
      ),
    )
  }
}
`;
  return {
    name: `winograd products ${m.rows}×${4 * v.quads}×${4 * m.quads}, texture ` +
      `${tile.rows}×${4 * tile.quads}`,
    code,
    bindings: [v.binding.read, u.binding.read, m.binding.write],
    grid,
    cost: {
      flops: invocations * v.quads * 4 * tile.rows * tile.quads * 8,
      bytesRead: invocations * v.quads * (tile.rows + 4 * tile.quads) * 16,
      bytesWritten: PLANES * m.rows * m.quads * m.quadBytes,
      workgroupMemory: 0,
    },
  };
}

/** Rows and quads of columns of an invocation: as many as compile in reasonable time, no more than M has. */
function registerTile(m: Planes): { rows: number; quads: number } {
  const rows = Math.ceil(m.rows / Math.ceil(m.rows / 16));
  return { rows, quads: Math.min(m.quads, rows > 8 ? 4 : 8) };
}
