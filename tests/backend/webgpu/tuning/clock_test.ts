import assert from "node:assert/strict";
import { floats } from "../../../../src/backend/webgpu/program/kernel.ts";
import { KernelDevice } from "../../../../src/backend/webgpu/program/device.ts";
import { describeAdapters } from "../../../../src/backend/webgpu/open.ts";
import { DispatchClock, type Timing } from "../../../../src/backend/webgpu/tuning/clock.ts";
import { skipWebGpu } from "../../../testing/webgpu/adapter.ts";

const adapter = (await describeAdapters())[0]?.adapter;
const timestamps = adapter?.features.has("timestamp-query") === true;

/** Runs `body` with a device and a kernel that takes at least a millisecond on it. */
function onDevice(
  name: string,
  features: readonly GPUFeatureName[],
  body: (once: Timing, spin: (times: number) => Spin) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: skipWebGpu || features.length > 0 && !timestamps,
    async fn() {
      const { adapter } = (await describeAdapters())[0]!;
      const device = await adapter.requestDevice({ requiredFeatures: [...features] });
      const kernels = new KernelDevice(device);
      const kernel = kernels.bind({
        name: "spin",
        code: `@group(0) @binding(0) var<storage, read_write> state: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  var value = state[id.x];
  for (var i = 0; i < 100000; i++) { value = fract(value * 1.7 + 0.3); }
  state[id.x] = value;
}`,
        bindings: ["write"],
        grid: [16, 1, 1],
        cost: { flops: 0, bytesRead: 0, bytesWritten: 0, workgroupMemory: 0 },
      }, [kernels.allocate(floats(1024))]);
      const open = async () => {
        const clock = new DispatchClock(device);
        const spin: (times: number) => Spin = (times) => clock.time([kernel], times);
        return { spin, first: await spin(1), dispose: () => clock.dispose() };
      };
      (await open()).dispose(); // compiles, for which no clock but that of the wall allows
      let clock = await open();
      // On a busy machine the process is woken so late that timestamps seem to be wrong.
      for (let i = 0; i < 20 && features.length > 0 && clock.first.resolution > 0; i++) {
        clock.dispose();
        clock = await open();
      }
      await body(clock.first, clock.spin);
      clock.dispose();
      device.destroy();
    },
  });
}

type Spin = ReturnType<DispatchClock["time"]>;

for (const features of [[], ["timestamp-query"]] as const) {
  const by = features.length > 0 ? "timestamps" : "the wall clock without timestamps";
  onDevice(
    `DispatchClock.time() takes more for more runs, by ${by}`,
    features,
    async (once, spin) => {
      assert.equal(once.resolution, features.length > 0 ? 0 : 0.02);
      let least = once.seconds; // others can only add to it
      for (let i = 0; i < 3; i++) least = Math.min(least, (await spin(1)).seconds);
      const often = await spin(10);
      assert.ok(least > 0 && often.seconds > 3 * (least - once.resolution));
      assert.ok(often.seconds < 60, "seconds");
    },
  );
}

/** A device without work, whose timestamps and whose wall clock tell `seconds` and `wall`. */
function pretendedDevice(told: { seconds: number; wall: number }): GPUDevice {
  const pass = { end() {} },
    staging = {
      mapAsync: () => Promise.resolve(),
      getMappedRange: () =>
        BigUint64Array.of(7n, 7n + BigInt(Math.round(1e9 * told.seconds))).buffer,
      destroy() {},
    };
  const encoder = {
    beginComputePass: () => pass,
    ...{ resolveQuerySet() {}, copyBufferToBuffer() {}, finish() {} },
  };
  let milliseconds = 0;
  performance.now = () => milliseconds;
  return {
    features: new Set(["timestamp-query"]),
    createQuerySet: () => ({ destroy() {} }),
    createBuffer: () => staging,
    createCommandEncoder: () => encoder,
    queue: {
      submit() {},
      onSubmittedWorkDone: () => Promise.resolve(void (milliseconds += 1000 * told.wall)),
    },
  } as unknown as GPUDevice;
}

Deno.test(
  "DispatchClock.time() forgives timestamps two contradictions, but not a third",
  async () => {
    const { now } = performance, told = { seconds: 0, wall: 0 };
    try {
      const clock = new DispatchClock(pretendedDevice(told));
      const RIGHT = [0.1, 0.11, true], LATE = [0.1, 0.2, false], SHORT = [0.001, 0.015, true];
      for (
        const [seconds, wall, believed] of [
          ...[RIGHT, LATE, LATE, RIGHT], // which clears them
          ...[LATE, SHORT, LATE, SHORT], // which does not: it would agree with anything
          ...[[0, 0.001, false], [0.1, 0.11, false]],
        ] as [number, number, boolean][]
      ) {
        Object.assign(told, { seconds, wall });
        const timing = await clock.time([], 1);
        const expected = believed ? [seconds, 0] : [wall, 0.02];
        assert.deepEqual(
          [timing.seconds, timing.resolution].map((value) => +value.toFixed(9)),
          expected,
        );
      }
    } finally {
      performance.now = now;
    }
  },
);
