/**
 * What touches every value of large tensors once: sums, pooling, SiLU, the steps of attack and optimiser.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  GLOBAL_AVERAGE_POOL,
  GLOBAL_AVERAGE_POOL_GRADIENT,
} from "../../operations/average_pool.ts";
import { AVERAGE_STEP } from "../../operations/average_step.ts";
import { SGD_STEP, type SgdStepAttributes } from "../../operations/sgd_step.ts";
import { SIGN_STEP, type SignStepAttributes } from "../../operations/sign_step.ts";
import { SILU, SILU_GRADIENT } from "../../operations/silu.ts";
import { phase, type Word } from "../phases.ts";
import { addRepeating } from "./channelwise.ts";
import { type EngineKernel, type KernelTable, stock } from "./registration.ts";
import type { TensorEngine } from "../tensors.ts";

/** Values per slice of an elementwise kernel. */
const SLICE = 16_384;

const sizeOf = ({ shape }: tf.TensorInfo) => tf.util.sizeFromShape(shape);

/** Runs the elementwise `kernel` over `size` values. */
function run(engine: TensorEngine, kernel: string, size: number, words: readonly Word[]): void {
  engine.crew.run([phase(Math.ceil(size / SLICE), kernel, words)]);
}

/** `a + b`. */
const add: EngineKernel = (engine, inputs, attributes) => {
  const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
  if (!isFloat(a, b) || !tf.util.arraysEqual(a.shape, b.shape)) {
    return addRepeating(engine, inputs, attributes);
  }
  const size = sizeOf(a);
  const [first, second] = [engine.address(a), engine.address(b)];
  const sum = engine.allocate(a.shape);
  run(engine, "add", size, [first, second, engine.address(sum), size]);
  return sum;
};

/** A tensor of another type; tfjs's kernel would pass on integers under the name of float32, which no kernel of ours can read. */
const cast: EngineKernel = (engine, inputs, attributes) => {
  const x = inputs.x!, { dtype } = attributes as { dtype: tf.DataType };
  const becomesFloat = dtype === "float32" && (x.dtype === "int32" || x.dtype === "bool");
  if (!becomesFloat) return stock("Cast", engine, inputs, attributes);
  const values = Float32Array.from(engine.readSync(x.dataId) as Int32Array | Uint8Array);
  return engine.makeTensorInfo(x.shape, "float32", values);
};

function isFloat(...tensors: tf.TensorInfo[]): boolean {
  return tensors.every(({ dtype }) => dtype === "float32");
}

const pool: EngineKernel = (engine, { x }) => {
  const [n, height, width, channels] = x!.shape as [number, number, number, number];
  const source = engine.address(x!);
  const y = engine.allocate([n, channels]);
  const words = [source, engine.address(y), n, height * width, channels, 1];
  engine.crew.run([phase(n, "globalAveragePool", words)]);
  return y;
};

const poolGradient: EngineKernel = (engine, { dy }, attributes) => {
  const shape = attributes.shape as [number, number, number, number];
  const [n, height, width, channels] = shape;
  const slope = engine.address(dy!);
  const dx = engine.allocate(shape);
  const words = [slope, engine.address(dx), 0, n, height * width, channels, 1];
  engine.crew.run([phase(n, "globalAveragePoolGradient", words)]);
  return dx;
};

const signStep: EngineKernel = (engine, { x, adversarial, slope }, attributes) => {
  const { stepSize, epsilon } = attributes as SignStepAttributes;
  const size = sizeOf(x!);
  const sources = [x, adversarial, slope].map((tensor) => engine.address(tensor!));
  const y = engine.allocate(x!.shape);
  const reals = [{ real: stepSize }, { real: epsilon }];
  run(engine, "signStep", size, [...sources, engine.address(y), size, ...reals]);
  return y;
};

const sgdStep: EngineKernel = (engine, { weight, gradient, velocity, rates }, attributes) => {
  const { weightDecay, nesterov } = attributes as SgdStepAttributes;
  const [lr, momentum] = engine.readSync(rates!.dataId) as Float32Array;
  const size = sizeOf(weight!);
  const sources = [weight, gradient, velocity].map((tensor) => engine.address(tensor!));
  const updated = [engine.allocate(weight!.shape), engine.allocate(weight!.shape)];
  const reals = [{ real: lr! }, { real: momentum! }, { real: weightDecay }];
  run(engine, "sgd", size, [
    ...[...sources, ...updated.map((tensor) => engine.address(tensor)), size],
    ...[...reals, nesterov],
  ]);
  return updated;
};

const silu: EngineKernel = (engine, { x }) => {
  const size = sizeOf(x!), source = engine.address(x!), y = engine.allocate(x!.shape);
  run(engine, "silu", size, [source, engine.address(y), size]);
  return y;
};

const siluGradient: EngineKernel = (engine, { x, dy }) => {
  const size = sizeOf(x!), sources = [engine.address(x!), engine.address(dy!)];
  const dx = engine.allocate(x!.shape);
  run(engine, "siluGradient", size, [...sources, engine.address(dx), size]);
  return dx;
};

const averageStep: EngineKernel = (engine, { average, value, share }) => {
  const [part] = engine.readSync(share!.dataId) as Float32Array;
  const size = sizeOf(average!);
  const [from, to] = [engine.address(average!), engine.address(value!)];
  const moved = engine.allocate(average!.shape);
  run(engine, "averageStep", size, [from, to, engine.address(moved), size, { real: part! }]);
  return moved;
};

/** Everything elementwise. */
export const elementwiseKernels: KernelTable = {
  Add: add,
  Cast: cast,
  [GLOBAL_AVERAGE_POOL]: pool,
  [GLOBAL_AVERAGE_POOL_GRADIENT]: poolGradient,
  [SIGN_STEP]: signStep,
  [SILU]: silu,
  [SILU_GRADIENT]: siluGradient,
  [SGD_STEP]: sgdStep,
  [AVERAGE_STEP]: averageStep,
};
