import assert from "node:assert/strict";
import { floats } from "../../../src/backend/webgpu/kernel.ts";
import { KernelDevice } from "../../../src/backend/webgpu/device.ts";
import { describeAdapters } from "../../../src/backend/webgpu/open.ts";
import { DispatchClock } from "../../../src/backend/webgpu/tuning_clock.ts";
import { skipWebGpu } from "../../testing/backends.ts";

const adapter = (await describeAdapters())[0]?.adapter;
const timestamps = adapter?.features.has("timestamp-query") === true;

/** Runs `body` with a device and a kernel that takes at least a millisecond on it. */
function onDevice(
  name: string,
  features: readonly GPUFeatureName[],
  body: (device: GPUDevice, spin: (times: number) => Spin) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: skipWebGpu || features.length > 0 && !timestamps,
    async fn() {
      const { adapter } = (await describeAdapters())[0]!;
      const device = await adapter.requestDevice({ requiredFeatures: [...features] });
      const kernels = new KernelDevice(device), clock = new DispatchClock(device);
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
      const spin: (times: number) => Spin = (times) => clock.time([kernel], times);
      await spin(1); // compiles
      await body(device, spin);
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
    async (_, spin) => {
      const once = await spin(1), often = await spin(10);
      assert.equal(once.resolution, features.length > 0 ? 0 : 0.02);
      assert.ok(once.seconds > 0 && often.seconds > 3 * (once.seconds - once.resolution));
      assert.ok(often.seconds < 60, "seconds");
    },
  );
}

onDevice(
  "DispatchClock.time() leaves timestamps that are wrong, for good",
  ["timestamp-query"],
  async (device, spin) => {
    assert.equal((await spin(1)).resolution, 0);
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
