/**
 * What is asked of WebGPU, by whomever, while something runs.
 *
 * @module
 */

/** Calls into WebGPU. */
export interface GpuCalls {
  /** Compute dispatches that were encoded. */
  dispatches: number;
  submissions: number;
  /** Seconds inside `queue.submit`. */
  submitSeconds: number;
}

/** Runs `work` and watches. Not to be nested. */
export async function watchGpu(work: () => Promise<unknown>): Promise<GpuCalls> {
  const calls: GpuCalls = { dispatches: 0, submissions: 0, submitSeconds: 0 };
  const pass = GPUComputePassEncoder.prototype, queue = GPUQueue.prototype;
  const { dispatchWorkgroups } = pass, { submit } = queue;
  pass.dispatchWorkgroups = function (...grid) {
    calls.dispatches++;
    return dispatchWorkgroups.apply(this, grid);
  };
  queue.submit = function (...buffers) {
    const started = performance.now();
    submit.apply(this, buffers);
    calls.submissions++;
    calls.submitSeconds += (performance.now() - started) / 1000;
  };
  try {
    await work();
  } finally {
    pass.dispatchWorkgroups = dispatchWorkgroups;
    queue.submit = submit;
  }
  return calls;
}
