import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { timeKernels } from "../../../tasks/bench/kernel_times.ts";

const OUTER = "TestOuter";
const INNER = "TestInner";
const INNER_SECONDS = 0.02;

/** Registers a kernel that computes nothing, and the kernel that calls it twice. */
async function registerNested(): Promise<void> {
  await tf.setBackend("cpu");
  tf.registerKernel({
    kernelName: INNER,
    backendName: "cpu",
    kernelFunc() {
      const started = performance.now();
      while (performance.now() - started < 1000 * INNER_SECONDS);
      return [];
    },
  });
  tf.registerKernel({
    kernelName: OUTER,
    backendName: "cpu",
    kernelFunc() {
      for (let call = 0; call < 2; call++) tf.engine().runKernel(INNER, {});
      return [];
    },
  });
}

function unregisterNested(): void {
  for (const name of [OUTER, INNER]) tf.unregisterKernel(name, "cpu");
}

function run(): Promise<void> {
  tf.engine().runKernel(OUTER, {});
  return Promise.resolve();
}

Deno.test("timeKernels() counts a kernel's time once when another kernel called it", async () => {
  await registerNested();
  try {
    const [slowest, other, ...rest] = await timeKernels(run);
    assert.deepEqual([slowest!.kernel, slowest!.calls], [INNER, 2]);
    assert.deepEqual([other!.kernel, other!.calls], [OUTER, 1]);
    assert.deepEqual(rest, []);
    assert.ok(slowest!.seconds >= 2 * INNER_SECONDS);
    assert.ok(other!.seconds < INNER_SECONDS);
  } finally {
    unregisterNested();
  }
});

Deno.test("timeKernels() leaves the kernels as they were when the work fails", async () => {
  await registerNested();
  try {
    const before = tf.getKernel(OUTER, "cpu").kernelFunc;
    await assert.rejects(timeKernels(() => Promise.reject(new Error("stop"))), /stop/);
    assert.equal(tf.getKernel(OUTER, "cpu").kernelFunc, before);
  } finally {
    unregisterNested();
  }
});
