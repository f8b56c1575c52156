import assert from "node:assert/strict";
import { imageTensor, oneHot } from "../../src/model/inputs.ts";
import { onWasm } from "../testing/device.ts";
import { read } from "../testing/tensors.ts";
import { SHAPE, VALUES } from "../testing/images.ts";

onWasm("imageTensor() keeps the values' order as [N,32,32,3]", async () => {
  const values = Float32Array.from({ length: 2 * VALUES }, (_, i) => i);
  const tensor = imageTensor(values, SHAPE);
  assert.deepEqual(tensor.shape, [2, 32, 32, 3]);
  assert.deepEqual(await read(tensor), values);
});

onWasm("oneHot() has a one at each label and zeros elsewhere", async () => {
  const tensor = oneHot(Uint8Array.of(2, 0), 3);
  assert.deepEqual(tensor.shape, [2, 3]);
  assert.deepEqual([...await read(tensor)], [0, 0, 1, 1, 0, 0]);
});
