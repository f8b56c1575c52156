import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { apgd, beginApgd } from "../../../src/attack/autoattack/apgd.ts";
import { crossEntropyLoss } from "../../../src/attack/autoattack/example_losses.ts";
import {
  type Break,
  type ExampleAttack,
  type LaneOptions,
  runSearches,
} from "../../../src/attack/autoattack/lanes.ts";
import { createMember } from "../../../src/attack/autoattack/members.ts";
import { type AskedDevice, Oracle } from "../../../src/attack/autoattack/oracle.ts";
import type { Example, Observation } from "../../../src/attack/autoattack/search.ts";
import type { SearchState } from "../../../src/attack/autoattack/search_state.ts";
import { PUBLISHED_EFFORT } from "../../../src/attack/autoattack/versions.ts";
import type { LogitsFunction } from "../../../src/attack/pgd.ts";
import { resnet18 } from "../../../src/model/architectures/resnet18.ts";
import { freeze } from "../../../src/model/frozen.ts";
import { disposeAll, initialise } from "../../../src/model/parameters.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { onDevice, onOneThread, onWasm } from "../../testing/device.ts";
import { skipWebGpu } from "../../testing/webgpu/adapter.ts";

onOneThread();

const CLASSES = 10;

/** `n` random images of `side` by `side` points, with the labels that `network` gives them, four at a time. */
async function makeExamples(network: LogitsFunction, n: number, side: number): Promise<Example[]> {
  const shape = { height: side, width: side, channels: 3 }, values = 3 * side * side;
  const stream = new Stream(1, Purpose.synthetic), examples: Example[] = [];
  const oracle = new Oracle(network, { classes: CLASSES, shape }, { guard: (work) => work });
  while (examples.length < n) {
    const x = Float32Array.from({ length: 4 * values }, () => stream.uniform());
    const logits = await oracle.logits(x);
    for (let i = 0; i < 4; i++) {
      const row = logits.slice(i * CLASSES, (i + 1) * CLASSES);
      examples.push({
        ...{ id: examples.length, shape, x: x.slice(i * values, (i + 1) * values), logits: row },
        label: row.indexOf(Math.max(...row)),
      });
    }
  }
  return examples.slice(0, n);
}

/** A device that counts how many batches it is asked about at once, and answers a turn later. */
function counting(name: "webgpu" | "wasm") {
  let now = 0;
  const device = {
    name,
    most: 0,
    async guard<T>(work: Promise<T>): Promise<T> {
      device.most = Math.max(device.most, ++now);
      await new Promise((resolve) => setTimeout(resolve));
      const result = await work;
      now--;
      return result;
    },
  };
  return device;
}

/** A linear model of images of 4 by 4 points. */
async function withLinear(body: (network: LogitsFunction) => Promise<void>): Promise<void> {
  const weights = tf.randomNormal<tf.Rank.R2>([48, CLASSES], 0, 1, "float32", 1);
  await body((x) => tf.matMul<tf.Tensor2D>(tf.reshape(x, [-1, 48]), weights));
  weights.dispose();
}

/** What `attack` finds, with `device` asked. */
async function run(
  attack: ExampleAttack,
  examples: readonly Example[],
  network: LogitsFunction,
  device: AskedDevice,
  options: Partial<LaneOptions> & { readonly width: number },
): Promise<Map<number, Break | undefined>> {
  const { shape } = examples[0]!, found = new Map<number, Break | undefined>();
  await runSearches(attack, examples, new Oracle(network, { classes: CLASSES, shape }, device), {
    onDone: ({ id }, outcome) => void found.set(id, outcome),
    ...options,
  });
  return new Map([...found].sort(([a], [b]) => a - b));
}

const member = (epsilon: number) => {
  const effort = { ...PUBLISHED_EFFORT, iterations: 6, restarts: 1, gradientSamples: 1 };
  return createMember("apgd-ce", { norm: "linf", epsilon, seed: 1, ...effort });
};

onWasm("runSearches() asks a GPU about two batches at once, and finds the same", async () => {
  await withLinear(async (network) => {
    const examples = await makeExamples(network, 23, 4);
    const attack = member(0.02);
    const alone = counting("wasm"), ahead = counting("webgpu");
    const expected = await run(attack, examples, network, alone, { width: 4 });
    assert.equal(alone.most, 1);
    const broken = [...expected.values()].filter((outcome) => outcome).length;
    assert.ok(broken > 2 && broken < 23, "some are broken, at different times");
    assert.deepEqual(await run(attack, examples, network, ahead, { width: 4 }), expected);
    assert.equal(ahead.most, 2);
    // One batch holds them all.
    const roomy = counting("webgpu");
    assert.deepEqual(await run(attack, examples, network, roomy, { width: 23 }), expected);
    assert.equal(roomy.most, 1);
  });
});

onWasm("runSearches() goes on from where two batches stood when it was stopped", async () => {
  await withLinear(async (network) => {
    const examples = await makeExamples(network, 11, 4), attack = member(0.02);
    const expected = await run(attack, examples, network, counting("wasm"), { width: 3 });
    const states = new Map<number, SearchState>(), found = new Map<number, Break | undefined>();
    const sittings = [];
    for (let stop = 3, stopped = true; stopped; stop += 2) {
      let batches = 0;
      const left = examples.filter(({ id }) => !found.has(id));
      stopped = await run(attack, left, network, counting("webgpu"), {
        ...{ width: 3, states },
        onDone: ({ id }, outcome) => void found.set(id, outcome),
        onBatch() {
          return ++batches > stop ? Promise.reject(new Error("stop")) : Promise.resolve();
        },
      }).then(() => false, (error) => {
        assert.equal(error.message, "stop");
        return true;
      });
      sittings.push(states.size);
    }
    assert.ok(sittings.length > 2 && Math.max(...sittings) > 3, "two batches had begun");
    assert.deepEqual(new Map([...found].sort(([a], [b]) => a - b)), expected);
  });
});

onWasm("runSearches() throws what the device fails with, once both batches are over", async () => {
  await withLinear(async (network) => {
    const examples = await makeExamples(network, 9, 4);
    let asked = 0, over = 0;
    const device: AskedDevice = {
      name: "webgpu",
      async guard(work) {
        const turn = ++asked;
        const result = await work;
        await new Promise((resolve) => setTimeout(resolve, turn === 2 ? 0 : 20));
        over++;
        if (turn === 2) throw new Error("the device is lost");
        return result;
      },
    };
    const attack: ExampleAttack = {
      ...{ queries: 2, reach: 1 },
      *search({ x }): Generator<{ point: Float32Array }, undefined, Observation> {
        for (let i = 0; i < 2; i++) yield { point: x };
        return undefined;
      },
    };
    tf.engine().startScope(); // a device that is lost has its tensors with it
    const ask = run(attack, examples, network, device, { width: 3 });
    await assert.rejects(ask, /the device is lost/);
    tf.engine().endScope();
    assert.equal(over, asked, "nothing is left behind");
  });
});

onDevice(
  "webgpu",
  "runSearches() finds the same bytes with two batches on the GPU",
  async (backend) => {
    const architecture = resnet18({ width: 2, classes: CLASSES });
    const state = initialise(architecture, 1), model = freeze(architecture, state);
    [state.parameters, state.buffers].forEach(disposeAll);
    const examples = await makeExamples(model.logits, 10, 8);
    const search: ExampleAttack = {
      ...{ loss: crossEntropyLoss, queries: 6, reach: 1 },
      search(example) {
        const options = { norm: "linf", epsilon: 8 / 255, iterations: 5 } as const;
        return apgd(example, options, beginApgd(example.x, options));
      },
    };
    const { guard } = backend;
    const expected = await run(search, examples, model.logits, { guard }, { width: 4 });
    assert.deepEqual(await run(search, examples, model.logits, backend, { width: 4 }), expected);
    assert.ok([...expected.values()].some((outcome) => outcome), "an image is broken");
    model.dispose();
  },
  skipWebGpu,
);
