/**
 * The whole V1 step, ours against tfjs's own WebGPU backend, in turns: seconds, dispatches, and what JavaScript costs. On
 * the CPU engine, which tfjs has no step to hold against, seconds.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { flush } from "../backend/webgpu/tensors.ts";
import type { Backend } from "../backend/backend.ts";
import { type Engine, type Engines, guardAll } from "./engines.ts";
import { type GpuCalls, watchGpu } from "./gpu_calls.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import { compareInTurns } from "./turns.ts";
import { V1Step } from "./v1_step.ts";

/** One side's steps. */
export interface StepSpeed {
  readonly seconds: Spread;
  readonly imagesPerSecond: Spread;
  /** Of compute shaders in one step; absent on the CPU engine, as the next two. */
  readonly dispatches?: number;
  /** Of command buffers in one step. */
  readonly submissions?: number;
  /**
   * From the first call of a step to the last one, when the queue was empty before and nothing is waited for or read;
   * without the time inside `queue.submit`, where a software device computes.
   */
  readonly javascriptMilliseconds?: Spread;
}

/** Both sides' steps. */
export interface StepComparison {
  /** Names of the variants that compute our convolutions. */
  readonly variants: Readonly<Record<string, string>>;
  readonly ours: StepSpeed;
  readonly stock?: StepSpeed;
  /** How many times as fast as tfjs we are, pair by pair. */
  readonly ratio?: Spread;
  /** How many times our JavaScript's time tfjs's takes, pair by pair. */
  readonly javascriptRatio?: Spread;
}

/** One measurement. */
interface Sample {
  readonly seconds: number;
  readonly javascript: number;
  readonly calls: GpuCalls;
}

/** A step on one engine. */
class Contender {
  readonly #engine: Engine;
  readonly #step: V1Step;
  readonly samples: Sample[] = [];

  private constructor(engine: Engine, step: V1Step) {
    this.#engine = engine;
    this.#step = step;
  }

  /** A model on `engine`, after a step: shaders are compiled, memory is there. */
  static async open(engine: Engine, width: number, batchSize: number): Promise<Contender> {
    await tf.setBackend(engine.name);
    const contender = new Contender(engine, new V1Step(engine.backend, width, batchSize));
    await contender.#step.run();
    return contender;
  }

  /** The step that is timed follows another on the same engine, as in training: the other engine's leaves caches cold. */
  async measure(): Promise<void> {
    await tf.setBackend(this.#engine.name);
    const calls = await this.#ask();
    const { step: seconds } = await this.#step.run();
    this.samples.push({ seconds, ...calls });
  }

  /** Asks for one step: what of the device, and how many seconds of JavaScript that takes. */
  async #ask(): Promise<Omit<Sample, "seconds">> {
    const { tfjs } = this.#engine, { queue } = tfjs.device;
    const inputs = this.#step.inputs();
    await queue.onSubmittedWorkDone();
    const started = performance.now();
    const calls = await watchGpu(async () => {
      await this.#step.submit(inputs);
      flush(tfjs);
    });
    const javascript = (performance.now() - started) / 1000 - calls.submitSeconds;
    await queue.onSubmittedWorkDone();
    tf.dispose(inputs);
    return { javascript, calls };
  }

  speed(batchSize: number): StepSpeed {
    const seconds = this.samples.map((sample) => sample.seconds);
    const { dispatches, submissions } = this.samples.at(-1)!.calls;
    return {
      seconds: spreadOf(seconds),
      imagesPerSecond: spreadOf(seconds.map((each) => batchSize / each)),
      dispatches,
      submissions,
      javascriptMilliseconds: spreadOf(this.samples.map(({ javascript }) => 1000 * javascript)),
    };
  }

  dispose(): void {
    this.#step.dispose();
  }
}

/**
 * Makes `pairs` steps on each of `engines`.
 *
 * @throws {RunError} if a device fails
 */
export async function compareSteps(
  engines: Engines,
  width: number,
  batchSize: number,
  pairs: number,
  progress: (what: string) => void,
): Promise<StepComparison> {
  const open = (engine: Engine, who: string) => {
    progress(`${who}: the first steps compile shaders`);
    return guardAll(engines, Contender.open(engine, width, batchSize));
  };
  const ours = await open(engines.ours, "ours");
  const stock = engines.stock && await open(engines.stock, "stock");
  for (let pair = 1; pair <= pairs; pair++) {
    progress(`step, pair ${pair} of ${pairs}`);
    await guardAll(engines, ours.measure());
    if (stock) await guardAll(engines, stock.measure());
  }
  const ratio = (part: "seconds" | "javascript") =>
    spreadOf(stock!.samples.map((sample, pair) => sample[part] / ours.samples[pair]![part]));
  const comparison = {
    variants: engines.ours.backend.choices(),
    ours: ours.speed(batchSize),
    ...stock && {
      stock: stock.speed(batchSize),
      ratio: ratio("seconds"),
      javascriptRatio: ratio("javascript"),
    },
  };
  ours.dispose();
  stock?.dispose();
  return comparison;
}

/**
 * Makes `pairs` steps on the CPU engine, each after one that is not timed.
 *
 * @throws {RunError} if the engine fails
 */
export async function timeCpuSteps(
  backend: Backend,
  width: number,
  batchSize: number,
  pairs: number,
  progress: (what: string) => void,
): Promise<StepComparison> {
  const step = new V1Step(backend, width, batchSize);
  const side = { name: "V1 step", passes: step.passes, run: async () => (await step.run()).step };
  const [cost] = await compareInTurns([side], batchSize, pairs, progress);
  step.dispose();
  const { seconds, imagesPerSecond } = cost!;
  return { variants: backend.choices(), ours: { seconds, imagesPerSecond } };
}
