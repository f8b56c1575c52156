import assert from "node:assert/strict";
import { floats } from "../../../src/backend/webgpu/kernel.ts";
import { KernelDevice } from "../../../src/backend/webgpu/device.ts";
import { describeAdapters } from "../../../src/backend/webgpu/open.ts";
import { DispatchClock, type Timing } from "../../../src/backend/webgpu/tuning_clock.ts";
import { skipWebGpu } from "../../testing/backends.ts";

const adapter = (await describeAdapters())[0]?.adapter;
const timestamps = adapter?.features.has("timestamp-query") === true;

/** Runs `body` with a device and a kernel that takes at least a millisecond on it. */
function onDevice(
  name: string,
  features: readonly GPUFeatureName[],
  body: (device: GPUDevice, once: Timing, spin: (times: number) => Spin) => Promise<void>,
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
      await body(device, clock.first, clock.spin);
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
    async (_, once, spin) => {
      assert.equal(once.resolution, features.length > 0 ? 0 : 0.02);
      let least = once.seconds; // others can only add to it
      for (let i = 0; i < 3; i++) least = Math.min(least, (await spin(1)).seconds);
      const often = await spin(10);
      assert.ok(least > 0 && often.seconds > 3 * (least - once.resolution));
      assert.ok(often.seconds < 60, "seconds");
    },
  );
}

onDevice(
  "DispatchClock.time() leaves timestamps that are wrong, for good",
  ["timestamp-query"],
  async (device, once, spin) => {
    assert.equal(once.resolution, 0);
    const create = device.createCommandEncoder.bind(device);
    let resolved = 0;
    device.createCommandEncoder = (descriptor) => {
      const encoder = create(descriptor);
      encoder.resolveQuerySet = () => void resolved++;
      encoder.copyBufferToBuffer = () => {}; // all zero then
      return encoder;
    };
    const { seconds, resolution } = await spin(1);
    assert.ok(seconds > 0 && resolution > 0);
    assert.ok((await spin(1)).resolution > 0);
    assert.equal(resolved, 1);
  },
);
