/**
 * One convolution, ready to be timed: by a variant of ours, or as tfjs computes it.
 *
 * @module
 */
import type { ConvolutionShape } from "../../backend/operations/convolution_shape.ts";
import * as tf from "@tensorflow/tfjs";
import {
  type ConvolutionMode,
  type ConvolutionVariant,
  operandShapes,
  PLAIN,
} from "../../backend/webgpu/convolution/shape.ts";
import {
  dispatchAll,
  type KernelDevice,
  type Memory,
  release,
} from "../../backend/webgpu/program/device.ts";
import { floats, type Lowered } from "../../backend/webgpu/program/kernel.ts";
import { flush } from "../../backend/webgpu/tensors.ts";
import type { Engine } from "../engines.ts";
import { Sampler } from "../timing.ts";

/** The three computations of a convolution. */
export const MODES: readonly ConvolutionMode[] = ["forward", "inputGradient", "filterGradient"];

/** A convolution on a device; its operands are random and stay the same. */
export interface TimedConvolution {
  readonly sampler: Sampler;
  dispose(): void;
}

/**
 * `variant` on `kernels`. Everything that it needs at each run is timed, except packing the filter, which is done here,
 * once.
 */
export function timeVariant(
  kernels: KernelDevice,
  variant: ConvolutionVariant,
  shape: ConvolutionShape,
): TimedConvolution {
  const { device } = kernels;
  const owned: Memory[] = [];
  const allocate: KernelDevice["allocate"] = (storage) => {
    const memory = kernels.allocate(storage);
    owned.push(memory);
    return memory;
  };
  const bind = (lowered: Lowered, inputs: Memory[], output: Memory) =>
    kernels.bindAll(lowered, inputs, [output], allocate);
  const run = (bound: ReturnType<typeof bind>, times: number) => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let i = 0; i < times; i++) dispatchAll(pass, bound);
    pass.end();
    device.queue.submit([encoder.finish()]);
    return device.queue.onSubmittedWorkDone();
  };

  const sizes = operandShapes(variant.mode, shape);
  const inputs = sizes.inputs.map((size) => {
    const values = randomValues(tf.util.sizeFromShape(size));
    const memory = allocate(floats(values.length));
    if ("buffer" in memory) device.queue.writeBuffer(memory.buffer, 0, values);
    return memory;
  });
  const output = allocate(floats(tf.util.sizeFromShape(sizes.output)));
  const pack = variant.pack?.(shape, "f32");
  if (pack) {
    const packed = allocate(pack.storage);
    void run(bind(pack.lowered, [inputs[1]!], packed), 1);
    inputs[1] = packed;
  }
  const bound = bind(variant.lower(shape, "f32", PLAIN), inputs, output);
  return {
    sampler: new Sampler((times) => run(bound, times)),
    dispose: () => owned.forEach(release),
  };
}

/** The kernel for `mode` of tfjs's own `engine`, each run with all that tfjs does around it. */
export async function timeStock(
  { name, tfjs }: Engine,
  mode: ConvolutionMode,
  shape: ConvolutionShape,
): Promise<TimedConvolution> {
  await tf.setBackend(name);
  const { inputs: [first, second], output } = operandShapes(mode, shape);
  const [a, b] = [first!, second!].map((size) =>
    tf.tensor(randomValues(tf.util.sizeFromShape(size)), size)
  ) as [tf.Tensor, tf.Tensor];
  const attributes = {
    strides: shape.stride,
    pad: (shape.kernel - 1) / 2,
    dataFormat: "NHWC",
    dilations: 1,
    dimRoundingMode: "floor",
    inputShape: output,
    filterShape: output,
  };
  const [kernel, names] = ({
    forward: ["Conv2D", ["x", "filter"]],
    inputGradient: ["Conv2DBackpropInput", ["dy", "filter"]],
    filterGradient: ["Conv2DBackpropFilter", ["x", "dy"]],
  } as const)[mode];
  return {
    sampler: new Sampler(async (times) => {
      await tf.setBackend(name);
      for (let i = 0; i < times; i++) {
        tf.dispose(tf.engine().runKernel(kernel, { [names[0]]: a, [names[1]]: b }, attributes));
      }
      flush(tfjs);
      await tfjs.device.queue.onSubmittedWorkDone();
    }),
    dispose: () => tf.dispose([a, b]),
  };
}

function randomValues(count: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, () => 2 * Math.random() - 1);
}
