import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { openBackend } from "../../../../src/backend/open.ts";
import { sameBytes } from "../../../../src/format/bytes.ts";
import { Purpose, Stream } from "../../../../src/random/stream.ts";

interface Shape {
  readonly batch: number;
  readonly size: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** What the engine cuts differently for several threads, by what decides on it. */
const SHAPES: Readonly<Record<string, Shape>> = {
  "many groups": { batch: 40, size: 32, inputs: 20, outputs: 20 },
  "more groups than there is room for sums": { batch: 34, size: 32, inputs: 80, outputs: 88 },
  "a last group of few examples": { batch: 41, size: 12, inputs: 33, outputs: 27 },
  "fewer groups than threads": { batch: 3, size: 5, inputs: 7, outputs: 3 },
  "sums larger than a group's tiles": { batch: 5, size: 8, inputs: 128, outputs: 128 },
  "an example larger than a thread's scratch": { batch: 4, size: 160, inputs: 24, outputs: 24 },
};

/** The filter's gradient of a 3×3 convolution of random images, from a random gradient of its result. */
async function filterGradient({ batch, size, inputs, outputs }: Shape): Promise<Float32Array> {
  const stream = new Stream(1, Purpose.synthetic);
  const random = (channels: number) => {
    const values = Float32Array.from(
      { length: batch * size * size * channels },
      () => stream.uniform() - 0.5,
    );
    return tf.tensor4d(values, [batch, size, size, channels]);
  };
  const x = random(inputs), dy = random(outputs);
  const filter = tf.zeros<tf.Rank.R4>([3, 3, inputs, outputs]);
  const dw = tf.grad((filter) => tf.conv2d(x, filter as tf.Tensor4D, 1, 1))(filter, dy);
  const values = await dw.data<"float32">();
  tf.dispose([x, dy, filter, dw]);
  return values;
}

async function onThreads(workers: number): Promise<Map<string, Float32Array>> {
  const backend = await openBackend("wasm", { workers, tune: false });
  try {
    const results = new Map<string, Float32Array>();
    for (const [what, shape] of Object.entries(SHAPES)) {
      results.set(what, await filterGradient(shape));
    }
    return results;
  } finally {
    backend.close();
  }
}

Deno.test("the CPU engine's filter gradient has the same bits on any number of threads", async () => {
  const alone = await onThreads(1);
  for (const workers of [2, 3]) {
    const shared = await onThreads(workers);
    for (const [what, values] of alone) {
      assert.ok(values.some((value) => value !== 0), what);
      const bits = [shared.get(what)!, values].map(({ buffer }) => new Uint8Array(buffer));
      assert.ok(sameBytes(bits[0]!, bits[1]!), `${what}, ${workers} threads`);
    }
  }
});
