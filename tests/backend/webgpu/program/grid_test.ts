import assert from "node:assert/strict";
import { linearGrid } from "../../../../src/backend/webgpu/program/grid.ts";

Deno.test("linearGrid() numbers every workgroup once, however many there are", () => {
  for (const workgroups of [1, 65535, 65536, 200_000, 65535 ** 2, 65535 ** 2 + 1]) {
    const { grid: [x, y, z], index } = linearGrid(workgroups);
    assert(Math.max(x, y, z) <= 65535, `${workgroups}: ${[x, y, z]}`);
    assert(
      x * y * z >= workgroups && x * y * z < workgroups * 1.01 + 1,
      `${workgroups}: ${[x, y, z]}`,
    );
    const number = new Function("group", `return ${index.replaceAll(/(\d)u/g, "$1")}`);
    assert.equal(number({ x: 0, y: 0, z: 0 }), 0);
    assert.equal(number({ x: x - 1, y: y - 1, z: z - 1 }), x * y * z - 1);
    if (y > 1) assert.equal(number({ x: 0, y: 1, z: 0 }), x);
  }
});
