import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import type { SafeTensor } from "../../src/format/safetensors.ts";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import { disposeAll, type ModelState } from "../../src/model/parameters.ts";
import {
  exportState,
  exportTensors,
  importModel,
  importState,
  importTensors,
} from "../../src/weights/state_dict.ts";
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

const ONE: SafeTensor = { dtype: "F32", shape: [1], data: new Float32Array(1) };

onWasm("importState() takes a dict with the optimiser's tensors, and counters of any type", () => {
  const dict = startDict();
  dict.set("optimizer.step", { dtype: "BF16", shape: [1], data: new Uint16Array(1) });
  for (const name of dict.keys()) {
    if (!name.endsWith("num_batches_tracked")) continue;
    dict.set(name, { dtype: "I32", shape: [], data: Int32Array.of(9) });
  }
  const state = importState(dict, W2, "start");
  assert.equal(state.batchesTracked, 9);
  dispose(state);
});

/** What makes a state dict unusable, and what the error says after the file's name. */
const WRONG: [string, (dict: Map<string, SafeTensor>) => void, RegExp][] = [
  [
    "a missing weight",
    (dict) => dict.delete("layer3.1.conv2.weight"),
    /^ lacks tensor "layer3\.1\.conv2\.weight": take a file that holds all of the network\.$/,
  ],
  [
    "missing running statistics",
    (dict) =>
      [...dict.keys()].filter((name) => name.endsWith("running_var"))
        .forEach((name) => dict.delete(name)),
    /^ lacks 20 tensors \("bn1\.running_var", "layer1\.0\.bn1\.running_var", .*, …\): take/,
  ],
  [
    "a bias in float64",
    (dict) => dict.set("linear.bias", { dtype: "F64", shape: [10], data: new Float64Array(10) }),
    /^ holds "linear\.bias" as F64 \[10\], not as F32 \[10\]: save the weights in float32, as model\.float\(\) makes them\.$/,
  ],
  [
    "a weight of another shape",
    (dict) =>
      dict.set("conv1.weight", { dtype: "F32", shape: [2, 27], data: new Float32Array(54) }),
    /^ holds "conv1\.weight" as F32 \[2,27\], not as F32 \[2,3,3,3\]\.$/,
  ],
  [
    "an input normaliser",
    (dict) => dict.set("mean", ONE).set("std", ONE),
    /^ holds 2 tensors \("mean", "std"\), which ResNet-18 does not have: the network there normalises its images/,
  ],
  [
    "a normaliser that is a module",
    (dict) => dict.set("normalize.mean", ONE),
    /^ holds tensor "normalize\.mean", which ResNet-18 does not have: the network there normalises/,
  ],
  [
    "a convolution with a bias",
    (dict) => dict.set("layer2.0.shortcut.0.bias", ONE),
    /^ holds tensor "layer2\.0\.shortcut\.0\.bias", .*: the convolutions here have no bias: subtract it/,
  ],
  [
    "a deeper network's blocks",
    (dict) => {
      for (const kind of ["conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean"]) {
        dict.set(`layer1.2.${kind}`, ONE);
      }
      dict.set("layer1.2.bn1.running_var", ONE);
    },
    /^ holds 5 tensors \("layer1\.2\.conv1\.weight", "layer1\.2\.bn1\.weight", .*, …\), .*: it is a deeper network/,
  ],
  [
    "other names",
    (dict) => {
      for (const name of [...dict.keys()].filter((name) => name.includes("shortcut"))) {
        dict.set(name.replace("shortcut", "downsample"), dict.get(name)!);
        dict.delete(name);
      }
    },
    /^ holds 18 tensors \("layer2\.0\.downsample\.1\.num_batches_tracked", .*\), which ResNet-18 does not have, and lacks 15 tensors \("layer2\.0\.shortcut\.0\.weight", .*\): take weights of this network, under these names\.$/,
  ],
  [
    "an infinite weight",
    (dict) => spoil(dict, "layer1.0.conv1.weight", -Infinity),
    /^ holds -Infinity in "layer1\.0\.conv1\.weight": no network computes with that/,
  ],
  [
    "a weight that is no number",
    (dict) => spoil(dict, "bn1.bias", NaN),
    /^ holds NaN in "bn1\.bias": no network/,
  ],
  [
    "a negative variance",
    (dict) => spoil(dict, "layer4.1.bn2.running_var", -0.5),
    /^ holds -0\.5 in "layer4\.1\.bn2\.running_var", a variance: no network/,
  ],
];

/** Puts `value` at the end of tensor `name`. */
function spoil(dict: Map<string, SafeTensor>, name: string, value: number): void {
  const { shape, data } = dict.get(name)!;
  const spoilt = Float32Array.from(data as Float32Array);
  spoilt[spoilt.length - 1] = value;
  dict.set(name, { dtype: "F32", shape, data: spoilt });
}

for (const [what, spoil, message] of WRONG) {
  onWasm(`importState() refuses ${what} and leaves nothing on the device`, () => {
    const dict = startDict();
    spoil(dict);
    assert.throws(() => importState(dict, W2, "weights.safetensors"), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /^weights\.safetensors /);
      assert.match(error.message.slice("weights.safetensors".length), message);
      return true;
    });
  });
}

onWasm("importModel() finds out which network a state dict is of", () => {
  const { architecture, state } = importModel(START, "start");
  assert.deepEqual(architecture, W2);
  assert.equal(state.parameters.size, 62);
  dispose(state);
  const dict = startDict();
  dict.delete("linear.weight");
  assert.throws(() => importModel(dict, "photo.safetensors"), {
    name: "UsageError",
    message: /^photo\.safetensors is no state dict of a network that this program knows: /,
  });
});
