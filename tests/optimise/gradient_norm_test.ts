import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { disposeAll, type TensorMap } from "../../src/model/parameters.ts";
import { clipped, length } from "../../src/optimise/gradient_norm.ts";
import { eachBackend } from "../testing/backends.ts";
import { onOneThread, onWasm } from "../testing/device.ts";
import { assertClose } from "../testing/numbers.ts";
import { read } from "../testing/tensors.ts";

onOneThread();

/** Large enough for the CPU engine's own sums, small, and of one dimension. */
const SHAPES = { filter: [3, 3, 16, 40], linear: [5, 4], bias: [7] };

function makeGradients(): TensorMap {
  return new Map(
    Object.entries(SHAPES).map((
      [name, shape],
      i,
    ) => [name, tf.randomNormal(shape, 0, 1, "float32", i)]),
  );
}

async function valuesOf(tensors: TensorMap): Promise<number[]> {
  const values: number[] = [];
  for (const tensor of tensors.values()) values.push(...await read(tensor.clone()));
  return values;
}

/** In float64. */
const lengthOf = (values: readonly number[]) => Math.hypot(...values);

eachBackend(
  "clipped() shortens all gradients together, and none that are short enough",
  async () => {
    const gradients = makeGradients(), before = await valuesOf(gradients), norm = lengthOf(before);
    assert.ok(norm > 60);
    for (const most of [norm / 3, 2 * norm]) {
      const cut = clipped(gradients, most), after = await valuesOf(cut);
      const factor = Math.min(1, most / (norm + 1e-6));
      assertClose(after, before.map((value) => value * factor), 1e-6, `${most}`);
      if (most > norm) assert.deepEqual(after, before);
      disposeAll(cut);
    }
    disposeAll(gradients);
  },
);

onWasm("clipped() leaves gradients of zero", async () => {
  const gradients: TensorMap = new Map([["w", tf.zeros([2])]]), cut = clipped(gradients, 1);
  assert.deepEqual(await valuesOf(cut), [0, 0]);
  [gradients, cut].forEach(disposeAll);
});

eachBackend("length() is that of all values", async () => {
  const gradients = makeGradients();
  for (const [name, tensor] of gradients) {
    const expected = lengthOf([...await read(tensor.clone())]);
    assertClose(await read(length(tensor)), [expected], 1e-6, name);
  }
  disposeAll(gradients);
});
