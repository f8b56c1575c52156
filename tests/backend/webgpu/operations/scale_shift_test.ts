import {
  scaleGradient,
  scaleShift,
} from "../../../../src/backend/webgpu/operations/scale_shift.ts";
import { assertSnapshot } from "../../../testing/snapshot.ts";
import { assertWithin, normals, onBench, textOf } from "./support.ts";

onBench("scaleShift() and its gradient agree with float64", async (bench) => {
  for (const shape of [[3, 4, 4, 20], [1, 5, 3, 7]] as const) {
    const channels = shape[3], size = shape.reduce<number>((a, b) => a * b, 1);
    const x = normals(size, 1), scale = normals(channels, 2), shift = normals(channels, 3);
    const [y] = await bench.run(scaleShift(shape), [x, scale, shift], [size]);
    const expected = Array.from(
      x,
      (value, i) => Math.max(0, value * scale[i % channels]! + shift[i % channels]!),
    );
    assertWithin(y!, expected, `value of [${shape}]`);

    const other = normals(size, 4), gate = normals(size, 5);
    for (const [add, masked] of [[false, false], [true, false], [false, true], [true, true]]) {
      const inputs = [x, scale, ...add ? [other] : [], ...masked ? [gate] : []];
      const options = { add: add!, masked: masked! };
      const [dx] = await bench.run(scaleGradient(shape, options), inputs, [size]);
      const slopes = Array.from(
        x,
        (value, i) =>
          masked && gate[i]! <= 0 ? 0 : value * scale[i % channels]! + (add ? other[i]! : 0),
      );
      assertWithin(dx!, slopes, `gradient of [${shape}], ${JSON.stringify(options)}`);
    }
  }
});

Deno.test("scaleShift() and its gradient write this WGSL", async () => {
  const value = textOf(scaleShift([2, 4, 4, 8]));
  await assertSnapshot(import.meta.url, "scale_shift.wgsl", value);
  const gradient = textOf(scaleGradient([2, 3, 3, 5], { add: true, masked: true }));
  await assertSnapshot(import.meta.url, "scale_gradient.wgsl", gradient);
});
