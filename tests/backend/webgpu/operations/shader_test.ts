import assert from "node:assert/strict";
import fc from "fast-check";
import { real, threadKernel } from "../../../../src/backend/webgpu/operations/shader.ts";

Deno.test("real() is short and gives the same float32", () => {
  assert.deepEqual([1, 0.1, -2 / 255, 1e-5, 1e30].map(real), [
    "1f",
    "0.1f",
    "-0.0078431373f",
    "0.00001f",
    "1e+30f",
  ]);
  fc.assert(fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
    const text = real(value);
    assert.ok(text.endsWith("f"));
    assert.equal(Math.fround(Number(text.slice(0, -1))) + 0, value + 0);
  }));
});

Deno.test("threadKernel() counts every thread's cost, and folds a grid with a guard", () => {
  const threads = { name: "", bindings: [], body: "", flops: 2, bytesRead: 8, bytesWritten: 4 };
  const small = threadKernel({ ...threads, count: 65 });
  assert.deepEqual(small.grid, [2, 1, 1]);
  assert.deepEqual(small.cost, {
    flops: 130,
    bytesRead: 520,
    bytesWritten: 260,
    workgroupMemory: 0,
  });
  assert.ok(!small.code.includes("workgroup >="));
  const large = threadKernel({ ...threads, count: 64 * 65_537 });
  assert.deepEqual(large.grid, [32_769, 2, 1]);
  assert.ok(large.code.includes("if (workgroup >= 65537u) { return; }"));
});
