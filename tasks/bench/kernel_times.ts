/**
 * Where the time goes: seconds per tfjs kernel on an engine that computes before it returns, as the CPU engine does.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** What one kernel did. */
export interface KernelTime {
  readonly kernel: string;
  readonly calls: number;
  /** Without the kernels that it called. */
  readonly seconds: number;
}

/** Runs `work` with every kernel of the current backend timed; slowest first. */
export async function timeKernels(work: () => Promise<void>): Promise<KernelTime[]> {
  const totals = new Map<string, { calls: number; seconds: number }>();
  const restore = tf.getKernelsForBackend(tf.getBackend()).map((config) => {
    const { kernelName, kernelFunc } = config;
    const total = { calls: 0, seconds: 0 };
    totals.set(kernelName, total);
    config.kernelFunc = timed(kernelFunc, total);
    return () => config.kernelFunc = kernelFunc;
  });
  try {
    await work();
  } finally {
    for (const put of restore) put();
  }
  return [...totals]
    .map(([kernel, total]) => ({ kernel, ...total }))
    .filter(({ calls }) => calls > 0)
    .sort((a, b) => b.seconds - a.seconds);
}

/** Seconds spent in kernels called by the kernel that is running. */
let inner = 0;

function timed(
  kernelFunc: tf.KernelFunc,
  total: { calls: number; seconds: number },
): tf.KernelFunc {
  return (parameters) => {
    const before = inner;
    inner = 0;
    const started = performance.now();
    try {
      return kernelFunc(parameters);
    } finally {
      const seconds = (performance.now() - started) / 1000;
      total.calls++;
      total.seconds += seconds - inner;
      inner = before + seconds;
    }
  };
}
