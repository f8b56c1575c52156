/**
 * The global average pool and its gradient.
 *
 * @module
 */
import type { BatchShape } from "../../operations/convolution_shape.ts";
import { type Lowered, single } from "../program/kernel.ts";
import { channelVectors } from "./channels.ts";
import { reads, sizeOf, threadKernel, writes } from "./shader.ts";

/** Input `x` `[N,H,W,C]`, output the mean over height and width, `[N,C]`. */
export function globalAveragePool(shape: BatchShape): Lowered {
  const [batch, height, width, channels] = shape, pixels = height * width;
  const { type, width: lanes, units } = channelVectors(channels);
  const kernel = threadKernel({
    name: `globalAveragePool [${shape}]`,
    bindings: [...reads(type, "x"), ...writes(type, "y")],
    count: batch * units,
    body: `let first = i / ${units}u * ${pixels * units}u + i % ${units}u;
var sum = ${type}();
for (var pixel = 0u; pixel < ${pixels}u; pixel++) {
  sum += x[first + pixel * ${units}u];
}
y[i] = sum / ${pixels}.0;`,
    flops: lanes * pixels,
    bytesRead: 4 * lanes * pixels,
    bytesWritten: 4 * lanes,
  });
  return single(kernel, 1, 1);
}

/**
 * Inputs `dy` `[N,C]` and, if `masked`, a tensor of `shape`; output `dx` of `shape`, zero where that tensor is not
 * positive.
 */
export function globalAveragePoolGradient(shape: BatchShape, masked: boolean): Lowered {
  const [, height, width, channels] = shape, pixels = height * width;
  const { type, width: lanes, units } = channelVectors(channels);
  const value = `dy[i / ${pixels * units}u * ${units}u + i % ${units}u] / ${pixels}.0`;
  const kernel = threadKernel({
    name: `globalAveragePoolGradient [${shape}]${masked ? " masked" : ""}`,
    bindings: [...reads(type, "dy", ...masked ? ["mask"] : []), ...writes(type, "dx")],
    count: sizeOf(shape) / lanes,
    body: masked
      ? `dx[i] = select(${type}(), ${value}, mask[i] > ${type}());`
      : `dx[i] = ${value};`,
    flops: lanes,
    bytesRead: 4 * lanes * (masked ? 2 : 1),
    bytesWritten: 4 * lanes,
  });
  return single(kernel, masked ? 2 : 1, 1);
}
