import assert from "node:assert/strict";
import {
  type ConvolutionVariant,
  operandSizes,
} from "../../../../src/backend/webgpu/convolution/shape.ts";
import { sampleResult } from "../../../../src/backend/webgpu/tuning/check.ts";
import { RunError } from "../../../../src/errors.ts";
import {
  FORWARD,
  KEY,
  MemoryStore,
  onBareDevice,
  openTuner,
  replace,
  SHAPE,
  slow,
  sound,
  variant,
} from "../../../testing/webgpu/tuner.ts";

onBareDevice(
  "Tuner.prepare() lets the fastest variant win, and measures nothing twice",
  async (device) => {
    const store = new MemoryStore();
    const { tuner, notes, progress } = await openTuner(device, [slow, sound], { store });
    await tuner.prepare([FORWARD, FORWARD]);
    assert.equal(tuner.choose(FORWARD).name, "sound");
    assert.deepEqual([notes, progress.length], [[], 1]);
    const { variant, seconds, excluded } = store.saved.get(KEY)!;
    assert.deepEqual([variant, Object.keys(seconds), excluded], ["sound", ["slow", "sound"], {}]);
    assert.ok(seconds.sound! > 0 && seconds.sound! < seconds.slow!);
    await tuner.prepare([FORWARD]);
    assert.equal(progress.length, 1);

    const later = await openTuner(device, [slow, sound], { store });
    await later.tuner.prepare([FORWARD]);
    assert.deepEqual([later.tuner.choose(FORWARD).name, later.progress], ["sound", []]);
    assert.deepEqual(later.tuner.choices(), { [KEY]: "sound" });

    const changed = variantNamed("slow");
    const other = await openTuner(device, [changed, sound], { store });
    await other.tuner.prepare([FORWARD]);
    assert.equal(other.progress.length, 1, "another kernel is measured anew");
  },
);

/** A variant whose kernel differs in its text from all others. */
const variantNamed = (name: string) =>
  variant(name, ({ code }) => ({ code: `${code}\n// changed` }));

onBareDevice("Tuner.prepare() excludes what is wrong or refused, with a note", async (device) => {
  const wrong = variant("wrong", replace("result[i] = sum;", "result[i] = sum * 1.01;"));
  const shifted = variant("shifted", replace("let row = ", "let row = 1 + "));
  const partial = variant("partial", ({ grid: [x] }) => ({ grid: [x - 1, 1, 1] }));
  const nonsense = variant("nonsense", () => ({ code: "nonsense" }));
  const huge: ConvolutionVariant = {
    ...sound,
    name: "huge",
    lower: (...given) => ({
      ...sound.lower(...given),
      scratch: [{ kind: "buffer", bytes: 2 ** 45 }],
    }),
  };
  const store = new MemoryStore();
  const { tuner, notes } = await openTuner(
    device,
    [wrong, shifted, partial, nonsense, huge, slow],
    { store },
  );
  await tuner.prepare([FORWARD]);
  assert.equal(tuner.choose(FORWARD).name, "slow");
  assert.deepEqual(
    Object.keys(store.saved.get(KEY)!.excluded),
    ["wrong", "shifted", "partial", "nonsense", "huge"],
  );
  assert.equal(notes.length, 5);
  const start = `is not used for ${KEY}:`;
  assert.ok(notes[0]!.startsWith(`wrong ${start} its results are wrong by `), notes[0]);
  assert.match(notes[2]!, /it leaves out results/);
  assert.match(notes[3]!, /nonsense .*expected/);
  assert.match(notes[4]!, /Buffer size/i);
});

onBareDevice(
  "Tuner.prepare() excludes what is wrong where the host has not looked",
  async (device) => {
    const shape = { ...SHAPE, height: 32, width: 32 };
    const operands = operandSizes("forward", shape).map((size) => new Float32Array(size));
    const looked = sampleResult("forward", shape, operands[0]!, operands[1]!).indices;
    const unseen = operands[2]!.findIndex((_, index) => !looked.includes(index));
    const value = `select(sum, sum + 9.0, i == ${unseen}u)`;
    const rarely = variant("rarely", replace("result[i] = sum;", `result[i] = ${value};`));
    const { tuner, notes } = await openTuner(device, [slow, rarely]);
    await tuner.prepare([{ ...FORWARD, shape }]);
    assert.equal(tuner.choose({ ...FORWARD, shape }).name, "slow");
    assert.match(notes[0]!, /^rarely is not used .*: its results differ from those of slow by /);
  },
);

onBareDevice("Tuner.prepare() refuses to go on when no variant is right", async (device) => {
  const wrong = variant("wrong", replace("result[i] = sum;", "result[i] = -sum;"));
  const { tuner } = await openTuner(device, [wrong]);
  await assert.rejects(tuner.prepare([FORWARD]), (error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, /cannot compute forward 2x5x7x3 5 k3 s2 f32/);
    return true;
  });
});

onBareDevice(
  "Tuner.prepare() leaves a convolution untimed that its device has no room for",
  async (device) => {
    const { tuner, notes, progress } = await openTuner(device, [sound]);
    const shape = { ...SHAPE, batch: 1, height: 1, width: 1, inChannels: 8193, outChannels: 8193 };
    const mode = "filterGradient";
    await tuner.prepare([{ mode, shape, precision: "f32" }]);
    assert.match(notes[0]!, /^filterGradient 1x1x1x8193 8193 k3 s2 f32 is not timed: .*[Bb]uffer/);
    assert.equal(progress.length, 1);
  },
);

onBareDevice("Tuner.prepare() blames no variant for the loss of the device", async (device) => {
  const unlucky: ConvolutionVariant = {
    ...sound,
    name: "unlucky",
    lower(...given) {
      if (measuring) device.destroy();
      return sound.lower(...given);
    },
  };
  const store = new MemoryStore();
  let measuring = false;
  const { tuner, notes } = await openTuner(device, [sound, unlucky, slow], {
    store,
    onProgress: () => void (measuring = true),
  });
  for (let attempt = 1; attempt <= 2; attempt++) { // the second on a device that is lost before
    await assert.rejects(tuner.prepare([FORWARD]), (error) => {
      assert.ok(error instanceof RunError);
      assert.match(error.message, /^The GPU device was lost \(destroyed\): /);
      return true;
    });
  }
  assert.deepEqual([notes, store.saved.size], [[], 0]);
});

for (const mode of ["forward", "inputGradient", "filterGradient"] as const) {
  onBareDevice(`Tuner.prepare() knows a right ${mode}`, async (device) => {
    const { tuner, notes } = await openTuner(device, [], {
      catalogue: {
        ...{ forward: [], inputGradient: [], filterGradient: [] },
        [mode]: [variant("sound", undefined, mode)],
      },
    });
    await tuner.prepare([{ ...FORWARD, mode }]);
    assert.deepEqual(notes, []);
    assert.equal(tuner.choose({ ...FORWARD, mode }).name, "sound");
  });
}

onBareDevice(
  "Tuner.prepare() ends when it is told so, and keeps what it has measured",
  async (device) => {
    const store = new MemoryStore(), controller = new AbortController();
    const onProgress = () => {
      controller.signal.throwIfAborted();
      controller.abort();
    };
    const { tuner } = await openTuner(device, [sound], { store, onProgress });
    const other = { ...FORWARD, shape: { ...SHAPE, inChannels: 4 } };
    await assert.rejects(tuner.prepare([FORWARD, other]), { name: "AbortError" });
    assert.deepEqual([...store.saved.keys()], [KEY]);
  },
);
