import assert from "node:assert/strict";
import { type BoundKernel, submissionsOf } from "../../../../src/backend/webgpu/program/device.ts";

Deno.test("submissionsOf() keeps the order, and no submission busy for long", () => {
  const half = 2 ** 35;
  for (
    const [flops, expected] of [
      [[], [[]]],
      [[half, half, 0, 1], [[half, half, 0], [1]]],
      [[3 * half, 1], [[3 * half], [1]]],
      [[1, 3 * half, half, half], [[1], [3 * half], [half, half]]],
    ] as const
  ) {
    const kernels = flops.map((each) => ({ kernel: { cost: { flops: each } } }) as BoundKernel);
    const submissions = submissionsOf(kernels);
    assert.deepEqual(
      submissions.map((each) => each.map(({ kernel }) => kernel.cost.flops)),
      expected,
    );
    assert.deepEqual(submissions.flat(), kernels);
  }
});
