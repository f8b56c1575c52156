import type { ConvolutionShape } from "../../../../src/backend/operations/convolution_shape.ts";
import assert from "node:assert/strict";
import type { Tuner } from "../../../../src/backend/webgpu/tuning/tuner.ts";
import { convolutionKey } from "../../../../src/backend/webgpu/tuning/key.ts";
import type { TuningStore } from "../../../../src/backend/webgpu/tuning/store.ts";
import { UsageError } from "../../../../src/errors.ts";
import {
  FORWARD,
  KEY,
  MemoryStore,
  onBareDevice,
  openTuner,
  SHAPE,
  slow,
  sound,
  variant,
} from "../../../testing/webgpu/tuner.ts";

const name = (tuner: Tuner) => tuner.choose(FORWARD).name;

onBareDevice(
  "Tuner.choose() takes what is pinned, and refuses what there is not",
  async (device) => {
    const absent = { ...sound, name: "absent", supports: () => false };
    const forward = [sound, slow, absent];
    const pinnedTo = (name: string) => openTuner(device, forward, { pinned: { [KEY]: name } });
    const { tuner, progress } = await pinnedTo("slow");
    await tuner.prepare([FORWARD]);
    assert.deepEqual([name(tuner), progress], ["slow", []]);
    for (
      const [pinned, reason] of [["gone", /gone.*does not have/], [
        "absent",
        /absent.*cannot do/,
      ]] as const
    ) {
      const { tuner } = await pinnedTo(pinned);
      assert.throws(() => name(tuner), (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, reason);
        return true;
      });
    }
  },
);

onBareDevice(
  "Tuner.choose() takes its kind of device's default where nothing was measured",
  async (device) => {
    const forward = [
      "register-1",
      "tile-1",
      "winograd-tile-1",
      "texture-1",
      "winograd-texture-1",
      "odd",
    ]
      .map((name) => variant(name));
    const store = undefined as unknown as TuningStore;
    for (
      const [software, expected] of [[true, "winograd-texture-1"], [
        false,
        "winograd-tile-1",
      ]] as const
    ) {
      const { tuner, progress } = await openTuner(device, forward, { software, store });
      await tuner.prepare([FORWARD]);
      assert.deepEqual([name(tuner), progress], [expected, []]);
    }
    const { tuner } = await openTuner(device, [forward.at(-1)!], { store });
    assert.equal(name(tuner), "odd");
  },
);

onBareDevice("Tuner.prepare() takes a measurement for similar batches", async (device) => {
  const store = new MemoryStore(), { tuner } = await openTuner(device, [slow, sound], { store });
  const batches = [8, 1, 2, 32, 33].map((batch) => ({ ...FORWARD, shape: { ...SHAPE, batch } }));
  await tuner.prepare(batches);
  assert.deepEqual([...store.saved.keys()], [
    "forward 8x5x7x3 5 k3 s2 f32",
    "forward 1x5x7x3 5 k3 s2 f32",
    "forward 33x5x7x3 5 k3 s2 f32",
  ]);
  store.saved.set("forward 1x5x7x3 5 k3 s2 f32", {
    ...store.saved.get("forward 1x5x7x3 5 k3 s2 f32")!,
    variant: "slow",
  });
  const later = (await openTuner(device, [slow, sound], { store })).tuner;
  const names = [1, 2, 3, 5, 12, 999].map((batch) =>
    later.choose({ ...FORWARD, shape: { ...SHAPE, batch } }).name
  );
  assert.deepEqual(names, ["slow", "slow", "sound", "sound", "sound", "slow"]);
});

onBareDevice("Tuner takes no measurement whose winner cannot do the batch", async (device) => {
  const narrow = { ...sound, name: "narrow", supports: ({ batch }: ConvolutionShape) => batch < 9 };
  const { tuner, progress } = await openTuner(device, [narrow, slow]);
  const of = (batch: number) => ({ ...FORWARD, shape: { ...SHAPE, batch } });
  for (const batch of [8, 9]) await tuner.prepare([of(batch)]);
  assert.deepEqual([7, 8, 9].map((batch) => tuner.choose(of(batch)).name), [
    ...["narrow", "narrow", "slow"],
  ]);
  assert.equal(progress.length, 2);
});

onBareDevice("Tuner.settle() lets what is chosen decide about other batches", async (device) => {
  const of = (batch: number) => ({ ...FORWARD, shape: { ...SHAPE, batch } });
  const narrow = { ...sound, name: "narrow", supports: ({ batch }: ConvolutionShape) => batch < 9 };
  const pinned = Object.fromEntries(
    ([[2, "narrow"], [12, "sound"], [64, "slow"]] as const)
      .map(([batch, name]) => [convolutionKey(of(batch)), name]),
  );
  const store = new MemoryStore();
  const { tuner, progress } = await openTuner(device, [sound, slow, narrow], { pinned, store });
  for (const batch of [2, 64]) tuner.choose(of(batch));
  assert.equal(tuner.suggest(of(3)).name, "sound");
  tuner.settle();
  await tuner.prepare([3, 8, 10, 999].map(of));
  const names = () => [3, 8, 10, 999].map((batch) => tuner.suggest(of(batch)).name);
  assert.deepEqual([names(), progress], [["narrow", "narrow", "slow", "slow"], []]);
  assert.equal(tuner.choose(of(12)).name, "sound"); // too late to decide about others
  assert.deepEqual(names(), ["narrow", "narrow", "slow", "slow"]);
  const other = { ...FORWARD, shape: { ...SHAPE, inChannels: 4 } };
  await tuner.prepare([other]);
  assert.equal(progress.length, 1, "another layer is measured as before");
});

onBareDevice("Tuner.suggest() commits to nothing", async (device) => {
  const { tuner } = await openTuner(device, [slow, sound]);
  assert.equal(tuner.suggest(FORWARD).name, "slow");
  assert.deepEqual(tuner.choices(), {});
  await tuner.prepare([FORWARD]);
  assert.equal(tuner.suggest(FORWARD).name, "sound");
});

onBareDevice("Tuner.choose() stands by a choice once made", async (device) => {
  const { tuner, progress } = await openTuner(device, [slow, sound]);
  const other = { ...SHAPE, batch: 1 };
  tuner.choose({ ...FORWARD, shape: other });
  assert.equal(name(tuner), "slow");
  await tuner.prepare([FORWARD]);
  assert.deepEqual([name(tuner), progress], ["slow", []]);
  assert.deepEqual(Object.entries(tuner.choices()), [
    ["forward 1x5x7x3 5 k3 s2 f32", "slow"],
    [KEY, "slow"],
  ]);
});
