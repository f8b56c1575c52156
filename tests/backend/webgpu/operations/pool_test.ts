import {
  globalAveragePool,
  globalAveragePoolGradient,
} from "../../../../src/backend/webgpu/operations/pool.ts";
import { assertSnapshot } from "../../../testing/snapshot.ts";
import { assertWithin, normals, onBench, textOf } from "./support.ts";

onBench("globalAveragePool() and its gradient agree with float64", async (bench) => {
  for (const shape of [[3, 4, 4, 20], [1, 5, 3, 7]] as const) {
    const [batch, height, width, channels] = shape, pixels = height * width;
    const x = normals(batch * pixels * channels, 1), dy = normals(batch * channels, 2);
    /** Where `[N,C]` has the value of `[N,H,W,C]`'s value `i`. */
    const pooled = (i: number) => Math.floor(i / (pixels * channels)) * channels + i % channels;
    const means = new Float64Array(batch * channels);
    x.forEach((value, i) => means[pooled(i)]! += value / pixels);
    const [y] = await bench.run(globalAveragePool(shape), [x], [batch * channels]);
    assertWithin(y!, means, `mean of [${shape}]`);

    const slopes = Array.from(x, (_, i) => dy[pooled(i)]! / pixels);
    const gradient = globalAveragePoolGradient(shape, false);
    const [dx] = await bench.run(gradient, [dy], [x.length]);
    assertWithin(dx!, slopes, `gradient of [${shape}]`);
    const masked = globalAveragePoolGradient(shape, true);
    const rectified = x.map((value) => Math.max(value, 0));
    const [counted] = await bench.run(masked, [dy, rectified], [x.length]);
    const expected = slopes.map((slope, i) => rectified[i]! > 0 ? slope : 0);
    assertWithin(counted!, expected, `masked gradient of [${shape}]`);
  }
});

Deno.test("globalAveragePool() and its gradient write this WGSL", async () => {
  const shape = [2, 4, 4, 8] as const;
  await assertSnapshot(import.meta.url, "pool.wgsl", textOf(globalAveragePool(shape)));
  const gradient = textOf(globalAveragePoolGradient([2, 3, 3, 5], true));
  await assertSnapshot(import.meta.url, "pool_gradient.wgsl", gradient);
});
