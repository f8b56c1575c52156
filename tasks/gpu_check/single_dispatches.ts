/**
 * WebGPU's work submitted piece by piece: what a program of many dispatches must come to as well.
 *
 * @module
 */

/** Runs `work` with every dispatch and every copy in a submission of its own, in the order in which they are encoded. */
export async function submittedSingly<T>(work: () => Promise<T>): Promise<T> {
  const prototype = GPUDevice.prototype, { createCommandEncoder: create } = prototype;
  prototype.createCommandEncoder = function () {
    const alone = (encode: (encoder: GPUCommandEncoder) => void) => {
      const encoder = create.call(this);
      encode(encoder);
      this.queue.submit([encoder.finish()]);
    };
    const pass = () => {
      let pipeline: GPUComputePipeline;
      const groups = new Map<number, GPUBindGroup>();
      return {
        setPipeline: (given: GPUComputePipeline) => void (pipeline = given),
        setBindGroup: (index: number, group: GPUBindGroup) => void groups.set(index, group),
        dispatchWorkgroups: (...grid: [number, number?, number?]) =>
          alone((encoder) => {
            const single = encoder.beginComputePass();
            single.setPipeline(pipeline);
            for (const [index, group] of groups) single.setBindGroup(index, group);
            single.dispatchWorkgroups(...grid);
            single.end();
          }),
        end() {},
      };
    };
    type Copy = Parameters<GPUCommandEncoder["copyBufferToBuffer"]>;
    type Clear = Parameters<GPUCommandEncoder["clearBuffer"]>;
    return {
      beginComputePass: pass,
      copyBufferToBuffer: (...args: Copy) => alone((each) => each.copyBufferToBuffer(...args)),
      clearBuffer: (...args: Clear) => alone((each) => each.clearBuffer(...args)),
      finish: () => create.call(this).finish(),
    } as unknown as GPUCommandEncoder;
  };
  try {
    return await work();
  } finally {
    prototype.createCommandEncoder = create;
  }
}
