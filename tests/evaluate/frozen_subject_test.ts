import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { architectureOf, freezeSubject } from "../../src/evaluate/frozen_subject.ts";
import type { SafeTensor } from "../../src/format/safetensors.ts";
import { freeze } from "../../src/model/frozen.ts";
import { disposeAll } from "../../src/model/parameters.ts";
import { importState } from "../../src/weights/state_dict.ts";
import { onWasm } from "../testing/device.ts";
import { fixture } from "../testing/fixture.ts";

const STATE = fixture("steps_w2").under("start.");

function weightsOf(tensors: ReadonlyMap<string, SafeTensor>) {
  return { path: "weights.safetensors", sha256: "", tensors };
}

onWasm(
  "freezeSubject() is the frozen network of the weights, whose size it finds out",
  async () => {
    const before = tf.memory().numTensors;
    const weights = weightsOf(STATE), architecture = architectureOf(weights);
    assert.deepEqual([architecture.features, architecture.classes], [16, 10]);
    const model = freezeSubject(weights, architecture);
    const state = importState(STATE, architecture, "");
    const expected = freeze(architecture, state);
    const x = tf.randomUniform<tf.Rank.R4>([2, 32, 32, 3], 0, 1, "float32", 1);
    const [ours, theirs] = [model.logits(x), expected.logits(x)];
    assert.deepEqual(await ours.data(), await theirs.data());
    tf.dispose([x, ours, theirs]);
    [model, expected].forEach((each) => each.dispose());
    [state.parameters, state.buffers].forEach(disposeAll);
    assert.equal(tf.memory().numTensors, before);
  },
);

onWasm("freezeSubject() refuses what is no state dict", () => {
  const refuses = (tensors: ReadonlyMap<string, SafeTensor>, message: string | RegExp) =>
    assert.throws(() => {
      const weights = weightsOf(tensors);
      freezeSubject(weights, architectureOf(weights));
    }, { name: "UsageError", message });
  refuses(
    new Map([["x", STATE.get("bn1.bias")!]]),
    /^weights\.safetensors is no state dict of a network that this program knows: for resnet18 it lacks conv1\.weight and 3 more; /,
  );
  const without = new Map(STATE);
  without.delete("layer3.1.bn2.running_var");
  refuses(
    without,
    'weights.safetensors lacks tensor "layer3.1.bn2.running_var": take a file that holds all of the network.',
  );
  refuses(
    new Map(STATE).set("bn1.weight", STATE.get("linear.bias")!),
    'weights.safetensors holds "bn1.weight" as F32 [10], not as F32 [2].',
  );
});
