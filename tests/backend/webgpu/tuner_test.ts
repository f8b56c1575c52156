import assert from "node:assert/strict";
import type { Catalogue } from "../../../src/backend/webgpu/convolution/catalogue.ts";
import {
  type ConvolutionMode,
  type ConvolutionShape,
  type ConvolutionVariant,
  operandSizes,
} from "../../../src/backend/webgpu/convolution/shape.ts";
import { traitsOf } from "../../../src/backend/webgpu/device.ts";
import type { Kernel } from "../../../src/backend/webgpu/kernel.ts";
import { describeAdapters } from "../../../src/backend/webgpu/open.ts";
import { convolutionKey, Tuner, type TunerOptions } from "../../../src/backend/webgpu/tuner.ts";
import { sampleResult } from "../../../src/backend/webgpu/tuning_check.ts";
import { TuningStore } from "../../../src/backend/webgpu/tuning_store.ts";
import { RunError, UsageError } from "../../../src/errors.ts";
import { skipWebGpu } from "../../testing/backends.ts";
import { naiveConvolution } from "../../testing/naive_convolution.ts";

const SHAPE: ConvolutionShape = {
  ...{ batch: 2, height: 5, width: 7, inChannels: 3, outChannels: 5, kernel: 3, stride: 2 },
};
const FORWARD = { mode: "forward", shape: SHAPE, precision: "f32" } as const;
const KEY = "forward 2x5x7x3 5 k3 s2 f32";

/** The naive variant called `name`, its kernel changed by `change`. */
function variant(
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

const replace = (before: string, after: string) => ({ code }: Kernel) => {
  assert.ok(code.includes(before));
  return { code: code.replaceAll(before, after) };
};
/** Takes its time before each result. */
const slow = variant(
  "slow",
  replace(
    "result[i] = sum;",
    `var state = sum;
  for (var k = 0; k < 50000; k++) { state = fract(state * 1.7 + 0.3); }
  result[i] = select(sum, 0.0, state == 7.0);`,
  ),
);
const sound = variant("sound");

/** A store that lives as long as the test. */
class MemoryStore extends TuningStore {
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
async function openTuner(
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

/** Registers `body` as a test on a device none of whose errors goes unnoticed. */
function onDevice(name: string, body: (device: GPUDevice) => Promise<void>): void {
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

const name = (tuner: Tuner) => tuner.choose(FORWARD).name;

Deno.test("convolutionKey() says everything about a convolution", () => {
  assert.equal(convolutionKey(FORWARD), KEY);
  const shape = { ...SHAPE, kernel: 1, stride: 1 } as const;
  assert.equal(
    convolutionKey({ mode: "filterGradient", shape, precision: "f16" }),
    "filterGradient 2x5x7x3 5 k1 s1 f16",
  );
});

onDevice(
  "Tuner.prepare() lets the fastest variant win, and measures nothing twice",
  async (device) => {
    const store = new MemoryStore();
    const { tuner, notes, progress } = await openTuner(device, [slow, sound], { store });
    await tuner.prepare([FORWARD, FORWARD]);
    assert.equal(name(tuner), "sound");
    assert.deepEqual([notes, progress.length], [[], 1]);
    const { variant, seconds, excluded } = store.saved.get(KEY)!;
    assert.deepEqual([variant, Object.keys(seconds), excluded], ["sound", ["slow", "sound"], {}]);
    assert.ok(seconds.sound! > 0 && seconds.sound! < seconds.slow!);
    await tuner.prepare([FORWARD]);
    assert.equal(progress.length, 1);

    const later = await openTuner(device, [slow, sound], { store });
    await later.tuner.prepare([FORWARD]);
    assert.deepEqual([name(later.tuner), later.progress], ["sound", []]);
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

onDevice("Tuner.prepare() excludes what is wrong or refused, with a note", async (device) => {
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
  assert.equal(name(tuner), "slow");
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

onDevice(
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

onDevice("Tuner.prepare() refuses to go on when no variant is right", async (device) => {
  const wrong = variant("wrong", replace("result[i] = sum;", "result[i] = -sum;"));
  const { tuner } = await openTuner(device, [wrong]);
  await assert.rejects(tuner.prepare([FORWARD]), (error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, /cannot compute forward 2x5x7x3 5 k3 s2 f32/);
    return true;
  });
});

onDevice(
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

for (const mode of ["forward", "inputGradient", "filterGradient"] as const) {
  onDevice(`Tuner.prepare() knows a right ${mode}`, async (device) => {
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

onDevice("Tuner.choose() takes what is pinned, and refuses what there is not", async (device) => {
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
});

onDevice(
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

onDevice("Tuner.prepare() takes a measurement for similar batches", async (device) => {
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

onDevice(
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

onDevice("Tuner.settle() lets what is chosen decide about other batches", async (device) => {
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

onDevice("Tuner.suggest() commits to nothing", async (device) => {
  const { tuner } = await openTuner(device, [slow, sound]);
  assert.equal(tuner.suggest(FORWARD).name, "slow");
  assert.deepEqual(tuner.choices(), {});
  await tuner.prepare([FORWARD]);
  assert.equal(tuner.suggest(FORWARD).name, "sound");
});

onDevice("Tuner.choose() stands by a choice once made", async (device) => {
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
