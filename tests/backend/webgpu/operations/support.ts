/**
 * Operations of the WebGPU engine under test: run on a device, compared with float64, and shown as text.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Lowered } from "../../../../src/backend/webgpu/program/kernel.ts";
import { Purpose, Stream } from "../../../../src/random/stream.ts";
import { skipWebGpu } from "../../../testing/webgpu/adapter.ts";
import { largestError } from "../../../testing/numbers.ts";
import { KernelBench } from "../../../testing/webgpu/kernels.ts";

/** Largest error as a share of the largest output. */
export const TOLERANCE = 5e-6;

let bench: KernelBench | undefined;
Deno.test.afterAll(() => bench?.close());

/** Registers `body` as a test that runs operations on a device; all tests of a file share it. */
export function onBench(name: string, body: (bench: KernelBench) => Promise<void>): void {
  Deno.test({
    name,
    ignore: skipWebGpu,
    fn: async () => await body(bench ??= await KernelBench.open()),
  });
}

/** `length` standard-normal values. */
export function normals(length: number, seed: number): Float32Array {
  const stream = new Stream(seed, Purpose.synthetic);
  return Float32Array.from({ length }, () => stream.normal());
}

/** Fails unless every value is within `tolerance` of the largest of `expected`; `what` names the tensor. */
export function assertWithin(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
  tolerance = TOLERANCE,
): void {
  const error = largestError(actual, expected);
  assert.ok(error <= tolerance, `${what}: error ${error} exceeds ${tolerance}`);
}

/** All that `lowered` says, to be read. */
export function textOf({ scratch, dispatches }: Lowered): string {
  const shown = dispatches.map(({ kernel: { name, code, grid, cost }, operands }) => {
    const places = operands.map(({ from, index }) => `${from} ${index}`).join(", ");
    return `// ${name}\n// grid ${grid.join(" × ")}; ${places}\n// ${
      JSON.stringify(cost)
    }\n${code}`;
  });
  const memory = scratch.map((storage) => `// scratch ${JSON.stringify(storage)}\n`);
  return [...memory, shown.join("\n")].join("");
}
