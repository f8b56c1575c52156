import type { ConvolutionShape } from "../../../../src/backend/operations/convolution_shape.ts";
import assert from "node:assert/strict";
import { KernelDevice } from "../../../../src/backend/webgpu/program/device.ts";
import { describeAdapters } from "../../../../src/backend/webgpu/open.ts";
import type { DispatchClock, Timing } from "../../../../src/backend/webgpu/tuning/clock.ts";
import { Trial } from "../../../../src/backend/webgpu/tuning/trial.ts";
import { skipWebGpu } from "../../../testing/webgpu/adapter.ts";
import { naiveConvolution } from "../../../testing/naive/convolution.ts";

const SHAPE: ConvolutionShape = {
  ...{ batch: 1, height: 3, width: 2, inChannels: 2, outChannels: 3, kernel: 3, stride: 1 },
};

for (
  const [what, timings, best, seconds, runs] of [
    ["gives up after one run of three times the best", [[3.1, 0, 3.2]], 1, 3.1, [1]],
    [
      "goes on where the clock may be off by that",
      [[0.031, 0.02, 0.031], [0.12, 0.02, 0.12]],
      ...[0.01, 0.12 / 5, [1, 5]] as const,
    ],
    [
      "takes the least of its times, of short ones none",
      [[0.001, 0, 0.06], [0.3, 0, 0.3], [0.15, 0, 0.16], [0.18, 0, 0.2]],
      ...[1, 0.05, [1, 3, 3, 3]] as const,
    ],
    [
      "records few runs at once however short they are",
      [[1e-6, 0, 1e-4], [2e-5, 0, 1e-3]],
      ...[1, 1e-7, [1, 200]] as const,
    ],
  ] as const
) {
  Deno.test({
    name: `Trial.seconds() ${what}`,
    ignore: skipWebGpu,
    async fn() {
      const { adapter } = (await describeAdapters())[0]!;
      const device = await adapter.requestDevice();
      const asked: number[] = [], left = timings.map((timing) => timing);
      let milliseconds = 0;
      const clock = {
        time(_: unknown, times: number): Promise<Timing> {
          asked.push(times);
          const [seconds, resolution, wall] = left.shift()!;
          // The last one ends the 200 ms that a candidate is timed for.
          if (left.length === 0) milliseconds = 200;
          return Promise.resolve({ seconds, resolution, wall });
        },
      } as DispatchClock;
      const convolution = { mode: "forward", shape: SHAPE, precision: "f32" } as const;
      const trial = await Trial.open(new KernelDevice(device), clock, convolution);
      const { now } = performance;
      performance.now = () => milliseconds; // a busy machine is to end nothing early
      const taken = await trial.seconds(naiveConvolution("forward"), best)
        .finally(() => performance.now = now);
      trial.dispose();
      device.destroy();
      assert.ok(Math.abs(taken - seconds) < 1e-12, `${taken}`);
      assert.deepEqual(asked, runs);
    },
  });
}

Deno.test({
  name: "Trial.open() frees what it has made when the device refuses a part of it",
  ignore: skipWebGpu,
  async fn() {
    const { adapter } = (await describeAdapters())[0]!;
    const device = await adapter.requestDevice();
    const create = device.createBuffer.bind(device);
    let made = 0, freed = 0;
    device.createBuffer = (descriptor) => {
      const refused = made++ === 1 ? { size: 2 ** 45 } : {};
      const buffer = create({ ...descriptor, ...refused });
      const destroy = buffer.destroy.bind(buffer);
      buffer.destroy = () => {
        freed++;
        destroy();
      };
      return buffer;
    };
    const convolution = { mode: "forward", shape: SHAPE, precision: "f32" } as const;
    const clock = undefined as unknown as DispatchClock;
    await assert.rejects(Trial.open(new KernelDevice(device), clock, convolution), /[Bb]uffer/);
    assert.deepEqual([made, freed], [3, 3]);
    device.destroy();
  },
});
