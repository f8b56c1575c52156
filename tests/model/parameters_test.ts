import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import type { SafeTensor } from "../../src/format/safetensors.ts";
import { resnet18 } from "../../src/model/architecture.ts";
import {
  disposeAll,
  exportState,
  exportTensors,
  importState,
  importTensors,
  inferConfig,
  type ModelState,
  parameterShapes,
} from "../../src/model/parameters.ts";
import { eachBackend } from "../testing/backends.ts";
import { onWasm } from "../testing/device.ts";
import { fixture } from "../testing/fixture.ts";

const W2 = resnet18({ width: 2, classes: 10 });
const START = fixture("steps_w2").under("start.");

/** A copy of the state dict, to be spoilt. */
function startDict(): Map<string, SafeTensor> {
  return new Map(START);
}

function dispose({ parameters, buffers }: ModelState): void {
  disposeAll(parameters);
  disposeAll(buffers);
}

Deno.test("parameterShapes() counts 11,173,962 parameters at width 64", () => {
  const shapes = [...parameterShapes(resnet18({ width: 64, classes: 10 })).values()];
  const sizes = shapes.map((shape) => shape.reduce((a, b) => a * b, 1));
  assert.equal(sizes.reduce((a, b) => a + b), 11_173_962);
});

eachBackend("exportState() gives back the state dict that importState() took", async () => {
  const state = importState(START, W2, "start");
  assert.equal(state.batchesTracked, 7);
  const exported = await exportState(state);
  assert.deepEqual(new Set(exported.keys()), new Set(START.keys()));
  for (const [name, tensor] of START) assert.deepEqual(exported.get(name), tensor, name);
  dispose(state);
});

onWasm("importTensors() turns OIHW into HWIO and [out,in] into [in,out]", async () => {
  const iota = (shape: number[]): SafeTensor => ({
    dtype: "F32",
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
  });
  const dict = new Map([["at.conv", iota([5, 4, 3, 2])], ["at.linear", iota([5, 4])]]);
  const shapes = new Map([["conv", [5, 4, 3, 2]], ["linear", [5, 4]]]);
  const tensors = importTensors(dict, shapes, "made", "at.");
  const conv = tensors.get("conv")!, linear = tensors.get("linear")!;
  assert.deepEqual([conv.shape, linear.shape], [[3, 2, 4, 5], [4, 5]]);
  const [h, w, i, o] = [2, 1, 3, 4];
  const element = conv.dataSync()[((h * 2 + w) * 4 + i) * 5 + o];
  assert.equal(element, ((o * 4 + i) * 3 + h) * 2 + w);
  assert.equal(linear.dataSync()[i * 5 + o], o * 4 + i);
  assert.deepEqual(await exportTensors(tensors, "at."), dict);
  disposeAll(tensors);
  assert.equal(tensors.size, 0);
});

onWasm("importState() counts no batches where the state dict does not", () => {
  const dict = startDict();
  dict.delete("bn1.num_batches_tracked");
  const state = importState(dict, W2, "start");
  assert.equal(state.batchesTracked, 0);
  dispose(state);
});

const WRONG: [string, (dict: Map<string, SafeTensor>) => void, RegExp][] = [
  [
    "a missing weight",
    (dict) => dict.delete("layer3.1.conv2.weight"),
    /^weights\.safetensors has no tensor "layer3\.1\.conv2\.weight": /,
  ],
  [
    "a missing running statistic",
    (dict) => dict.delete("layer4.1.bn2.running_var"),
    /^weights\.safetensors has no tensor "layer4\.1\.bn2\.running_var": /,
  ],
  [
    "a bias in float64",
    (dict) => dict.set("linear.bias", { dtype: "F64", shape: [10], data: new Float64Array(10) }),
    /^weights\.safetensors holds "linear\.bias" as F64 \[10\], not as F32 \[10\]\.$/,
  ],
  [
    "a weight of another shape",
    (dict) =>
      dict.set("conv1.weight", { dtype: "F32", shape: [2, 27], data: new Float32Array(54) }),
    /^weights\.safetensors holds "conv1\.weight" as F32 \[2,27\], not as F32 \[2,3,3,3\]\.$/,
  ],
];

for (const [what, spoil, message] of WRONG) {
  onWasm(`importState() refuses ${what} and leaves nothing on the device`, () => {
    const dict = startDict();
    spoil(dict);
    assert.throws(() => importState(dict, W2, "weights.safetensors"), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("inferConfig() reads width and classes off the weights", () => {
  assert.deepEqual(inferConfig(START, "start"), { width: 2, classes: 10 });
  const dict = startDict();
  dict.delete("linear.weight");
  assert.throws(() => inferConfig(dict, "photo.safetensors"), (error) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, /^photo\.safetensors is no ResNet-18 state dict: /);
    return true;
  });
});
