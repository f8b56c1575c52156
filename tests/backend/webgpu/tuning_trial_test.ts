import assert from "node:assert/strict";
import type { ConvolutionShape } from "../../../src/backend/webgpu/convolution/shape.ts";
import { KernelDevice } from "../../../src/backend/webgpu/device.ts";
import { describeAdapters } from "../../../src/backend/webgpu/open.ts";
import type { DispatchClock, Timing } from "../../../src/backend/webgpu/tuning_clock.ts";
import { Trial } from "../../../src/backend/webgpu/tuning_trial.ts";
import { skipWebGpu } from "../../testing/backends.ts";
import { naiveConvolution } from "../../testing/naive_convolution.ts";

const SHAPE: ConvolutionShape = {
  ...{ batch: 1, height: 3, width: 2, inChannels: 2, outChannels: 3, kernel: 3, stride: 1 },
};

for (
  const [what, timings, best, seconds, runs] of [
    ["gives up after one run of three times the best", [[3.1, 0]], 1, 3.1, [1]],
    ["goes on where the clock may be off by that", [[0.031, 0.02], [0.09, 0.02]], 0.01, 0.0225, [
      1,
      4,
    ]],
    ["takes the least of its times", [[0.05, 0], [0.08, 0], [0.06, 0], [0.1, 0]], 1, 0.03, [
      1,
      2,
      2,
      2,
    ]],
    ["records few runs at once however short they are", [[1e-6, 0], [2e-5, 0]], 1, 1e-7, [1, 200]],
  ] as const
) {
  Deno.test({
    name: `Trial.seconds() ${what}`,
    ignore: skipWebGpu,
    async fn() {
      const { adapter } = (await describeAdapters())[0]!;
      const device = await adapter.requestDevice();
      const asked: number[] = [], left = timings.map((timing) => timing);
      const clock = {
        async time(_: unknown, times: number): Promise<Timing> {
          asked.push(times);
          const [seconds, resolution] = left.shift()!;
          // The last one ends the 200 ms that a candidate is timed for.
          await new Promise((resolve) => setTimeout(resolve, left.length === 0 ? 200 : 0));
          return { seconds, resolution };
        },
      } as DispatchClock;
      const convolution = { mode: "forward", shape: SHAPE, precision: "f32" } as const;
      const trial = await Trial.open(new KernelDevice(device), clock, convolution);
      const taken = await trial.seconds(naiveConvolution("forward"), best);
      trial.dispose();
      device.destroy();
      assert.ok(Math.abs(taken - seconds) < 1e-12, `${taken}`);
      assert.deepEqual(asked, runs);
    },
  });
}
