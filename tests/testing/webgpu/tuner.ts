/**
 * Tuners with variants whose faults and speeds are known.
 *
 * @module
 */
import type { ConvolutionShape } from "../../../src/backend/operations/convolution_shape.ts";
import assert from "node:assert/strict";
import type { Catalogue } from "../../../src/backend/webgpu/convolution/catalogue.ts";
import type {
  ConvolutionMode,
  ConvolutionVariant,
} from "../../../src/backend/webgpu/convolution/shape.ts";
import { traitsOf } from "../../../src/backend/webgpu/program/device.ts";
import type { Kernel } from "../../../src/backend/webgpu/program/kernel.ts";
import { describeAdapters } from "../../../src/backend/webgpu/open.ts";
import { Tuner, type TunerOptions } from "../../../src/backend/webgpu/tuning/tuner.ts";
import { TuningStore } from "../../../src/backend/webgpu/tuning/store.ts";
import { skipWebGpu } from "./adapter.ts";
import { naiveConvolution } from "../naive/convolution.ts";

/** A small convolution of odd sizes. */
export const SHAPE: ConvolutionShape = {
  ...{ batch: 2, height: 5, width: 7, inChannels: 3, outChannels: 5, kernel: 3, stride: 2 },
};
/** Its forward pass, and the key of that. */
export const FORWARD = { mode: "forward", shape: SHAPE, precision: "f32" } as const;
export const KEY = "forward 2x5x7x3 5 k3 s2 f32";

/** The naive variant called `name`, its kernel changed by `change`. */
export function variant(
  name: string,
  change: (kernel: Kernel) => Partial<Kernel> = () => ({}),
  mode: ConvolutionMode = "forward",
): ConvolutionVariant {
  const naive = naiveConvolution(mode);
  return {
    ...naive,
    name,
    lower(...given) {
      const lowered = naive.lower(...given);
      return {
        ...lowered,
        dispatches: lowered.dispatches.map(({ kernel, operands }) => ({
          kernel: { ...kernel, ...change(kernel) },
          operands,
        })),
      };
    },
  };
}

/** A change that puts `after` where the code has `before`, which it must. */
export const replace = (before: string, after: string) => ({ code }: Kernel) => {
  assert.ok(code.includes(before));
  return { code: code.replaceAll(before, after) };
};
/** Takes its time before each result. */
export const slow = variant(
  "slow",
  replace(
    "result[i] = sum;",
    `var state = sum;
  for (var k = 0; k < 50000; k++) { state = fract(state * 1.7 + 0.3); }
  result[i] = select(sum, 0.0, state == 7.0);`,
  ),
);
/** As plain as can be. */
export const sound = variant("sound");

/** A store that lives as long as the test. */
export class MemoryStore extends TuningStore {
  readonly saved = new Map<string, Parameters<TuningStore["save"]>[2]>();

  constructor() {
    super(undefined, assert.fail);
  }

  override load() {
    return Promise.resolve(new Map(this.saved));
  }

  override save(
    _device: string,
    ...[key, measurement]: [string, Parameters<TuningStore["save"]>[2]]
  ) {
    this.saved.set(key, measurement);
    return Promise.resolve();
  }
}

/** A tuner of `forward` variants, and what it says. */
export async function openTuner(
  device: GPUDevice,
  forward: readonly ConvolutionVariant[],
  options: Partial<TunerOptions> = {},
) {
  const notes: string[] = [], progress: string[] = [];
  const catalogue: Catalogue = { forward, inputGradient: [], filterGradient: [] };
  const tuner = await Tuner.open(device, {
    ...{ catalogue, traits: traitsOf(device), software: true, host: "test" },
    ...{ pinned: {}, store: new MemoryStore() },
    onNote: (note) => void notes.push(note),
    onProgress: (text) => void progress.push(text),
    ...options,
  });
  return { tuner, notes, progress };
}

/** Registers `body` as a test on a bare device none of whose errors goes unnoticed. */
export function onBareDevice(name: string, body: (device: GPUDevice) => Promise<void>): void {
  Deno.test({
    name,
    ignore: skipWebGpu,
    async fn() {
      const { adapter } = (await describeAdapters())[0]!;
      const requiredFeatures = (["timestamp-query"] as const).filter((each) =>
        adapter.features.has(each)
      );
      const device = await adapter.requestDevice({ requiredFeatures });
      const errors: string[] = [];
      device.addEventListener("uncapturederror", (event) => {
        event.preventDefault();
        errors.push(event.error.message);
      });
      await body(device);
      await device.queue.onSubmittedWorkDone();
      device.destroy();
      assert.deepEqual(errors, []);
    },
  });
}
