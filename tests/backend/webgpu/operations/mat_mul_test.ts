import { matMul } from "../../../../src/backend/webgpu/operations/mat_mul.ts";
import { assertSnapshot } from "../../../testing/snapshot.ts";
import { assertWithin, normals, onBench, textOf } from "./support.ts";

onBench("matMul() agrees with float64, either matrix transposed", async (bench) => {
  for (
    const [transposeA, transposeB] of [[0, 0], [0, 1], [1, 0], [1, 1]].map((bits) =>
      bits.map(Boolean)
    )
  ) {
    const [m, depth, n] = [19, 71, 10];
    const a = normals(m * depth, 1), b = normals(depth * n, 2);
    const expected = Array.from({ length: m * n }, (_, at) => {
      const row = Math.floor(at / n), column = at % n;
      let sum = 0;
      for (let k = 0; k < depth; k++) {
        sum += a[transposeA ? k * m + row : row * depth + k]! *
          b[transposeB ? column * depth + k : k * n + column]!;
      }
      return sum;
    });
    const shapeA = transposeA ? [depth, m] : [m, depth];
    const shapeB = transposeB ? [1, n, depth] : [1, depth, n];
    const lowered = matMul(shapeA, shapeB, transposeA, transposeB);
    const [actual] = await bench.run(lowered, [a, b], [m * n]);
    assertWithin(actual!, expected, `transposed ${transposeA}, ${transposeB}`);
  }
});

Deno.test("matMul() writes this WGSL", async () => {
  await assertSnapshot(
    import.meta.url,
    "mat_mul.wgsl",
    textOf(matMul([9, 40], [10, 40], false, true)),
  );
});
