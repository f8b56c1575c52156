/**
 * One convolution on random operands, tried with one variant after the other.
 *
 * @module
 */
import type { ConvolutionShape } from "../../operations/convolution_shape.ts";
import {
  type Convolution,
  type ConvolutionVariant,
  operandSizes,
  PLAIN,
  type Precision,
} from "../convolution/shape.ts";
import {
  type BoundKernel,
  dispatchAll,
  type KernelDevice,
  type Memory,
  release,
} from "../program/device.ts";
import { floats, type Lowered, type Storage } from "../program/kernel.ts";
import { randomOperand, type Sample, sampleResult, TOLERANCE, worstError } from "./check.ts";
import type { DispatchClock } from "./clock.ts";

/** Milliseconds that a candidate is timed for at least, and seconds that must pass between two looks at the clock. */
const TIMED = 200, BATCH = 0.1;
/** Runs in a row at most, whose commands all have to be recorded. */
const MOST_RUNS = 200;
/** A candidate is given up when its first timed run takes this many times as long as the best one's. */
const HOPELESS = 3;

type BufferMemory = Extract<Memory, { readonly buffer: GPUBuffer }>;

/** The operands of one convolution on the device. */
export class Trial {
  readonly #kernels: KernelDevice;
  readonly #clock: DispatchClock;
  readonly #shape: ConvolutionShape;
  readonly #precision: Precision;
  readonly #resultSize: number;
  readonly #first: BufferMemory;
  readonly #second: BufferMemory;
  readonly #result: BufferMemory;
  readonly #expected: Sample;
  /** The first variant that passed, and its result. */
  #sound: { readonly name: string; readonly result: Float32Array } | undefined;

  private constructor(
    kernels: KernelDevice,
    clock: DispatchClock,
    { mode, shape, precision }: Convolution,
  ) {
    this.#kernels = kernels;
    this.#clock = clock;
    this.#shape = shape;
    this.#precision = precision;
    const [firstSize, secondSize, resultSize] = operandSizes(mode, shape);
    const first = randomOperand(firstSize, 1), second = randomOperand(secondSize, 2);
    this.#expected = sampleResult(mode, shape, first, second);
    this.#resultSize = resultSize;
    this.#first = this.#upload(first);
    this.#second = this.#upload(second);
    this.#result = kernels.allocate(floats(resultSize)) as BufferMemory;
  }

  /**
   * Puts random operands of a convolution on the device of `kernels`.
   *
   * @throws {Error} if the device has no room for them
   */
  static async open(
    kernels: KernelDevice,
    clock: DispatchClock,
    convolution: Convolution,
  ): Promise<Trial> {
    let trial: Trial | undefined;
    try {
      const make = () => Promise.resolve(trial = new Trial(kernels, clock, convolution));
      return await withoutErrors(kernels.device, make);
    } catch (error) {
      trial?.dispose();
      throw error;
    }
  }

  /**
   * Seconds that one run of `variant` takes: the least of several, since other programs can only add to it. Of a variant
   * that is far from `best` seconds only the first run is timed.
   *
   * @throws {Error} if the device refuses the variant, or what it computes is no convolution
   */
  async seconds(variant: ConvolutionVariant, best: number): Promise<number> {
    const memories: Memory[] = [];
    const allocate = (storage: Storage) => {
      const memory = this.#kernels.allocate(storage);
      memories.push(memory);
      return memory;
    };
    try {
      const kernels = await withoutErrors(this.#kernels.device, async () => {
        const { preparation, main } = this.#bind(variant, allocate);
        this.#check(variant, await this.#run([...preparation, ...main]));
        return main;
      });
      return await this.#time(kernels, best);
    } finally {
      memories.forEach(release);
    }
  }

  /** Frees the operands. */
  dispose(): void {
    [this.#first, this.#second, this.#result].forEach(release);
  }

  /** @throws {Error} unless a sample of `result` is right, and everything as it was with the first sound variant */
  #check({ name }: ConvolutionVariant, result: Float32Array): void {
    const { indices, values } = this.#expected, tolerance = TOLERANCE[this.#precision];
    if (!result.every(Number.isFinite)) {
      throw new Error("it leaves out results, or they are not finite");
    }
    const error = worstError(Float32Array.from(indices, (index) => result[index]!), values);
    if (error > tolerance) {
      throw new Error(`its results are wrong by ${error.toExponential(0)} of the largest`);
    }
    this.#sound ??= { name, result };
    const difference = worstError(result, this.#sound.result);
    if (difference <= 2 * tolerance) return;
    const share = `${difference.toExponential(0)} of the largest`;
    throw new Error(`its results differ from those of ${this.#sound.name} by ${share}`);
  }

  #bind(variant: ConvolutionVariant, allocate: (storage: Storage) => Memory) {
    const bind = (lowered: Lowered, inputs: Memory[], output: Memory) =>
      this.#kernels.bindAll(lowered, inputs, [output], allocate);
    const pack = variant.pack?.(this.#shape, this.#precision);
    const second = pack ? allocate(pack.storage) : this.#second;
    return {
      preparation: pack ? bind(pack.lowered, [this.#second], second) : [],
      main: bind(
        variant.lower(this.#shape, this.#precision, PLAIN),
        [this.#first, second],
        this.#result,
      ),
    };
  }

  /** The result of `kernels`; NaN where they write none. */
  async #run(kernels: readonly BoundKernel[]): Promise<Float32Array> {
    const { device } = this.#kernels, { buffer } = this.#result;
    device.queue.writeBuffer(buffer, 0, new Float32Array(this.#resultSize).fill(NaN));
    const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
    const staging = device.createBuffer({ size: buffer.size, usage });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    dispatchAll(pass, kernels);
    pass.end();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
    device.queue.submit([encoder.finish()]);
    try {
      await staging.mapAsync(GPUMapMode.READ);
      return new Float32Array(staging.getMappedRange()).slice(0, this.#resultSize);
    } finally {
      staging.destroy();
    }
  }

  async #time(kernels: readonly BoundKernel[], best: number): Promise<number> {
    const started = performance.now();
    let runs = 1, least = Infinity;
    while (least === Infinity || performance.now() - started < TIMED) {
      const { seconds, wall, resolution } = await this.#clock.time(kernels, runs);
      if (runs === 1 && seconds > HOPELESS * best + resolution) return Math.min(least, seconds);
      // Of a short time neither clock says enough: a software device may miss a whole run in it.
      if (wall >= BATCH || runs === MOST_RUNS) least = Math.min(least, seconds / runs);
      else runs = Math.min(MOST_RUNS, Math.max(2 * runs, Math.ceil(1.5 * runs * BATCH / wall)));
    }
    return least;
  }

  #upload(values: Float32Array<ArrayBuffer>): BufferMemory {
    const memory = this.#kernels.allocate(floats(values.length)) as BufferMemory;
    this.#kernels.device.queue.writeBuffer(memory.buffer, 0, values);
    return memory;
  }
}

/** What `work` resolves to. @throws {Error} what it throws, or what the device reports meanwhile */
async function withoutErrors<T>(device: GPUDevice, work: () => Promise<T>): Promise<T> {
  const kinds = ["validation", "out-of-memory", "internal"] as const;
  kinds.forEach((kind) => device.pushErrorScope(kind));
  const [outcome] = await Promise.allSettled([work()]);
  const errors = await Promise.all(kinds.map(() => device.popErrorScope()));
  const reported = errors.find((error) => error !== null);
  if (reported) throw new Error(reported.message);
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}
