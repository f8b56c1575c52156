import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../../src/backend/backend.ts";
import { describeAdapters, ENGINE_NAME, openWebGpu } from "../../../src/backend/webgpu/open.ts";
import { TuningStore } from "../../../src/backend/webgpu/tuning/store.ts";
import { RunError } from "../../../src/errors.ts";
import { skipWebGpu } from "../../testing/webgpu/adapter.ts";
import { withAdapter } from "../../testing/webgpu/fake_gpu.ts";
import { naiveConvolution } from "../../testing/naive/convolution.ts";

Deno.test("describeAdapters() finds none where WebGPU or an adapter is missing", async () => {
  for (const info of [undefined, null]) {
    await withAdapter(info, async () => assert.deepEqual(await describeAdapters(), []));
  }
});

for (
  const [info, description, software] of [
    [{ description: "llvmpipe (LLVM 15.0.6)" }, "llvmpipe (LLVM 15.0.6)", true],
    [{ description: "SwiftShader Device (Subzero)" }, "SwiftShader Device (Subzero)", true],
    [{ description: "Microsoft Basic Render Driver" }, "Microsoft Basic Render Driver", true],
    [{ vendor: "nobody", isFallbackAdapter: true }, "nobody", true],
    [{ description: "NVIDIA GeForce RTX 4090" }, "NVIDIA GeForce RTX 4090", false],
    [{ vendor: "apple", architecture: "m3", device: "" }, "apple m3", false],
  ] as const
) {
  const kind = software ? "a software" : "a hardware";
  Deno.test(`describeAdapters() takes "${description}" for ${kind} adapter`, () =>
    withAdapter(info, async () => {
      const adapters = await describeAdapters();
      assert.deepEqual(
        adapters.map(({ description, software }) => ({ description, software })),
        [{ description, software }],
      );
    }));
}

/** Opens a device of the first adapter, with a handle that the program itself never gives out, until the test is over. */
async function open(): Promise<{ backend: Backend; device: GPUDevice } & Disposable> {
  const described = (await describeAdapters())[0]!, { adapter } = described;
  let device: GPUDevice | undefined;
  const request = adapter.requestDevice.bind(adapter);
  adapter.requestDevice = async (descriptor) => device = await request(descriptor);
  const backend = await openWebGpu(described, { tune: false });
  return { backend, device: device!, [Symbol.dispose]: () => backend.close() };
}

/** What `backend.guard` makes of work that takes a third of a second. */
async function outcome(backend: Backend): Promise<unknown> {
  const work = Promise.withResolvers<string>();
  const timer = setTimeout(work.resolve, 333, "the work finished");
  try {
    return await backend.guard(work.promise).catch((error: unknown) => error);
  } finally {
    clearTimeout(timer);
  }
}

function onDevice(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: skipWebGpu, fn });
}

onDevice("openWebGpu() asks for all the limits that the adapter has", async () => {
  using opened = await open();
  const { device } = opened;
  const { adapter } = (await describeAdapters())[0]!;
  assert.equal(device.limits.maxBufferSize, adapter.limits.maxBufferSize);
  assert.equal(
    device.limits.maxStorageBufferBindingSize,
    adapter.limits.maxStorageBufferBindingSize,
  );
});

onDevice("Backend.guard() rejects when the device reports an error", async () => {
  using opened = await open();
  const { backend, device } = opened;
  device.createBuffer({ size: 2 ** 50, usage: GPUBufferUsage.STORAGE });
  const error = await outcome(backend);
  assert.ok(error instanceof RunError, String(error));
  assert.match(error.message, /^The GPU reported an error: /);
});

onDevice("Backend.guard() says what to do when the device has no memory left", async () => {
  using opened = await open();
  const { backend, device } = opened;
  const error = new GPUOutOfMemoryError("Not enough memory left.");
  device.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error }));
  assert.match(
    String(await outcome(backend)),
    /^RunError: The GPU has not enough memory left: use a smaller --batch-size or --width\.$/,
  );
});

onDevice("Backend.guard() rejects when the device is lost", async () => {
  using opened = await open();
  const { backend, device } = opened;
  device.destroy();
  const error = await outcome(backend);
  assert.ok(error instanceof RunError, String(error));
  assert.match(error.message, /^The GPU device was lost \(destroyed\): /);
});

onDevice("Backend.guard() rejects after a failure whatever is already finished", async () => {
  using opened = await open();
  const { backend, device } = opened;
  device.destroy();
  await outcome(backend);
  await assert.rejects(backend.guard(Promise.resolve()), RunError);
});

onDevice(
  "Backend.close() is no loss of the device, and another can be opened after it",
  async () => {
    const { backend } = await open();
    backend.close();
    assert.equal(await outcome(backend), "the work finished");
    const again = await open();
    assert.equal(tf.getBackend(), ENGINE_NAME);
    assert.deepEqual([...await tf.ones([3]).data()], [1, 1, 1]);
    again.backend.close();
  },
);

onDevice("Backend.choices() lists how the convolutions of a deviceState are computed", async () => {
  const naive = naiveConvolution("forward"), progress: string[] = [];
  const backend = await openWebGpu((await describeAdapters())[0]!, {
    catalogue: { forward: [naive], inputGradient: [], filterGradient: [] },
    store: new TuningStore(undefined, assert.fail),
    onNote: assert.fail,
    onProgress: (text) => void progress.push(text),
  });
  try {
    const filter = tf.ones<tf.Rank.R4>([1, 1, 2, 3]), map = new Map([["filter", filter]]);
    const deviceState = backend.deviceState([map]);
    const convolve = deviceState.compile(({ x }) => ({
      y: tf.conv2d(x as tf.Tensor4D, map.get("filter")!, 1, 0),
    }));
    const request = { computation: convolve, shapes: { x: [1, 2, 2, 2] } };
    await deviceState.preflight([request], false);
    assert.deepEqual([backend.choices(), progress], [{}, []], "a preflight alone decides nothing");
    await deviceState.preflight([request], true);
    assert.deepEqual(backend.choices(), { "forward 1x2x2x2 3 k1 s1 f32": "naive" });
    const x = tf.ones([1, 2, 2, 2]);
    const many = tf.ones([64, 2, 2, 2]);
    for (const images of [x, x, many]) {
      const { y } = await backend.guard(convolve({ x: images }));
      assert.deepEqual([...await y!.data()], Array(12 * images.shape[0]!).fill(2));
      y!.dispose();
    }
    assert.equal(progress.length, 1, "timed once, for whatever batch comes later");
    deviceState.dispose();
  } finally {
    backend.close();
  }
});

onDevice("openWebGpu() uses what a run has pinned on the device that the run had", async () => {
  const naive = naiveConvolution("forward"), other = { ...naive, name: "other" };
  const catalogue = { forward: [naive, other], inputGradient: [], filterGradient: [] };
  const choicesOn = async (adapter: string, name: string) => {
    const variants = { "forward 1x2x2x2 3 k1 s1 f32": name };
    const pinned = { adapter, variants };
    const described = (await describeAdapters())[0]!;
    const backend = await openWebGpu(described, { catalogue, tune: false, pinned });
    try {
      const map = new Map([["filter", tf.ones<tf.Rank.R4>([1, 1, 2, 3])]]);
      const deviceState = backend.deviceState([map]);
      const computation = deviceState.compile(({ x }) => ({
        y: tf.conv2d(x as tf.Tensor4D, map.get("filter")! as tf.Tensor4D, 1, 0),
      }));
      await deviceState.preflight([{ computation, shapes: { x: [1, 2, 2, 2] } }], true)
        .finally(() => deviceState.dispose());
      return Object.values(backend.choices());
    } finally {
      backend.close();
    }
  };
  const { description, vendor } = (await describeAdapters())[0]!.adapter.info;
  const here = description || vendor;
  assert.deepEqual(await choicesOn(here, "other"), ["other"]);
  await assert.rejects(choicesOn(here, "gone"), /by gone, which this version of memloss does not/);
  for (const name of ["other", "gone"]) {
    assert.deepEqual(await choicesOn("elsewhere", name), ["naive"]);
  }
});
