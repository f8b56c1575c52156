/** What PyTorch itself has saved, held against the logits that it computed. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openBackend } from "../../../src/backend/open.ts";
import type { SafeTensor } from "../../../src/format/safetensors.ts";
import { freeze } from "../../../src/model/frozen.ts";
import { imageTensor } from "../../../src/model/inputs.ts";
import { disposeAll } from "../../../src/model/parameters.ts";
import { readNetwork, readWeightsFile } from "../../../src/weights/file/read.ts";
import type { Tree } from "../../../src/weights/foreign/candidates.ts";
import { loadWeights } from "../../../src/weights/weights_file.ts";
import { inTemporary } from "../../memory/support.ts";
import { judgedTest } from "../../testing/judge.ts";
import { assertClose } from "../../testing/numbers.ts";

const HERE = new URL(".", import.meta.url);
const FIXTURES = new URL("../../fixtures", HERE).pathname;
const SHAPE = { height: 32, width: 32, channels: 3 };
/** Ways to save the same network. */
const SAME = [
  ...["legacy", "protocol5", "legacy4", "double", "channels_last", "shared", "shared_legacy"],
  ...["checkpoint", "checkpoint_legacy", "torchvision"],
];
/** By how much rounded weights may move the logits. */
const ROUNDED = { half: 2 ** -8, bfloat: 2 ** -5 };
const REFUSED: Readonly<Record<string, RegExp>> = {
  "whole.pt": /asks for make_fixtures\.ResNet18, which is not read from a file because it could/,
  "sparse.pt": /asks for torch\._utils\._rebuild_sparse_tensor/,
  "script.pt": /is a TorchScript program: save the network alone/,
  "arrays.npz": /is an archive of NumPy arrays \(\.npz\): name the file of a network/,
};

judgedTest(
  "loadWeights() reads what torch.save writes, and the network gives PyTorch's logits",
  ["torch"],
  (judge) =>
    inTemporary(async (folder) => {
      const script = await Deno.readTextFile(new URL("made_by_torch.py", HERE));
      await judge(script, FIXTURES, folder);
      const backend = await openBackend("wasm", { workers: 2 });
      const numbers = async (name: string) => (await Deno.readFile(join(folder, name))).buffer;
      const x = imageTensor(new Float32Array(await numbers("images.f32")), SHAPE);
      const logitsOf = async (name: string) => {
        const { architecture, state } = await loadWeights(join(folder, `${name}.pt`));
        const model = freeze(architecture, state);
        const logits = model.logits(x), values = await logits.data<"float32">();
        [state.parameters, state.buffers].forEach(disposeAll);
        model.dispose();
        logits.dispose();
        return values;
      };
      const theirs = async (name: string) => new Float64Array(await numbers(`${name}.f64`));
      const exact = await logitsOf("zip");
      assertClose(exact, await theirs("zip"), 1e-5, "zip");
      assertClose(await logitsOf("normalised"), await theirs("normalised"), 1e-5, "normalised");
      for (const [name, rounding] of Object.entries(ROUNDED)) {
        const logits = await logitsOf(name);
        assertClose(logits, await theirs(name), 1e-5, name);
        assertClose(logits, exact, rounding, `${name} beside float32`);
      }
      const { tensors } = await readNetwork(join(folder, "zip.pt"));
      for (const name of SAME) {
        const { tensors: same } = await readNetwork(join(folder, `${name}.pt`));
        assert.deepEqual([...same.keys()], [...tensors.keys()], name);
        for (const [key, { shape, data }] of tensors) {
          assert.deepEqual(same.get(key)!.shape, shape, `${name}: ${key}`);
          if (data instanceof Float32Array) {
            assert.deepEqual(same.get(key)!.data, data, `${name}: ${key}`);
          }
        }
      }
      const { tree } = await readWeightsFile(join(folder, "checkpoint.pt"));
      const array = (tree.get("history") as Tree).get("1") as SafeTensor;
      assert.deepEqual([array.shape, [...array.data]], [[3, 2], [0, 3, 1, 4, 2, 5]]);
      for (const [name, message] of Object.entries(REFUSED)) {
        await assert.rejects(readWeightsFile(join(folder, name)), { name: "UsageError", message });
      }
      backend.close();
    }),
);
