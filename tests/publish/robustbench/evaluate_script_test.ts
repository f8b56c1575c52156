import assert from "node:assert/strict";
import { join } from "@std/path";
import { definitionOf } from "../../../src/model/architectures/architectures.ts";
import type { EntryContents } from "../../../src/publish/robustbench/contents.ts";
import { evaluateScript } from "../../../src/publish/robustbench/evaluate_script.ts";
import { modelInfo } from "../../../src/publish/robustbench/model_info.ts";
import { resolveRecipe } from "../../../src/recipe/resolve.ts";
import type { DataName } from "../../../src/data/sets/sets.ts";
import { type ExportedNetwork, networkTensors } from "../../../src/weights/export/network.ts";
import { pythonModule } from "../../../src/weights/export/python_module.ts";
import { encodeTorch } from "../../../src/weights/export/torch_file.ts";
import { randomStateDict } from "../../model/random_weights.ts";
import { judgedTest } from "../../testing/judge.ts";
import { recordOf } from "../../testing/runs.ts";

/** A small network for images of 16×16. */
function networkOf(classes: number): ExportedNetwork {
  const definition = definitionOf("small-cnn"), config = { width: 2, classes, channels: 3 };
  const architecture = definition.build(config);
  const tensors = networkTensors(randomStateDict(architecture), architecture, "made");
  return { definition, config, architecture, tensors };
}

/** What the script is made of. */
function contentsOf(classes: number, data: DataName): EntryContents {
  const recipe = resolveRecipe({ variant: "v1", data }), network = networkOf(classes);
  const measured = { evaluations: [] };
  const names = Array.from({ length: classes }, (_, i) => `class ${i}`);
  const shape = { height: 16, width: 16, channels: 3 };
  return {
    ...{ name: "Made", network, recipe, measured, givenHelper: false },
    subject: { path: "", sha256: "", tensors: network.tensors },
    record: { ...recordOf(recipe), data: { classes: names, shape } },
    info: modelInfo(recipe, network, measured),
    weights: { path: "made.pt", sha256: "0" },
  };
}

Deno.test("evaluateScript() names the file of test images that it reads", () => {
  const usage = (data: DataName) =>
    /^ {4}python evaluate\.py (\S+) --n-ex 1000$/m.exec(evaluateScript(contentsOf(10, data)))?.[1];
  assert.equal(usage("cifar10"), "data/cifar-10-batches-bin/test_batch.bin");
  assert.equal(usage("cifar100"), "data/cifar-100-binary/test.bin");
  for (const data of ["svhn", "folder", "npz"] as const) assert.equal(usage(data), "test.npz");
});

Deno.test("evaluateScript() leaves AutoAttack's targets as they are where there are ten classes or more", () => {
  assert.doesNotMatch(evaluateScript(contentsOf(10, "npz")), /n_target_classes|attacks_to_run/);
});

/** Labels images as the network does, and attacks these for short. */
const RUN = `
import os, runpy, sys, numpy, torch, pyautoattack.autoattack as autoattack
run = autoattack.AutoAttack.run_standard_evaluation
def short(self, *args, **options):
    for attack in (self.apgd, self.apgd_targeted, self.fab):
        attack.n_iter = 3
    self.square.n_queries = 3
    return run(self, *args, **options)
autoattack.AutoAttack.run_standard_evaluation = short
torch.set_num_threads(1)
os.chdir(sys.argv[1])
sys.path.insert(0, sys.argv[1])
from memloss_small_cnn import load
images = numpy.random.default_rng(1).integers(0, 256, (8, 16, 16, 3), "uint8")
x = torch.tensor(images.transpose(0, 3, 1, 2)).float() / 255
with torch.no_grad():
    numpy.savez("test.npz", image=images, label=load("made.pt")(x).argmax(1).numpy())
sys.argv = ["evaluate.py", "test.npz"]
runpy.run_path("evaluate.py", run_name="__main__")
`;

judgedTest(
  "AutoAttack's own code measures an entry of few classes, by the attacks that there are for so many",
  ["torch", "pyautoattack"],
  async (judge) => {
    for (const classes of [2, 4]) {
      const contents = contentsOf(classes, "npz"), { network } = contents;
      const folder = await Deno.makeTempDir();
      await Deno.writeTextFile(join(folder, "evaluate.py"), evaluateScript(contents));
      await Deno.writeTextFile(join(folder, "memloss_small_cnn.py"), pythonModule(network));
      await Deno.writeFile(join(folder, "made.pt"), encodeTorch(network.tensors, {}));
      const printed = await judge(RUN, folder);
      const members = classes < 4 ? "apgd-ce, fab-t, square" : "apgd-ce, apgd-t, fab-t, square";
      assert.match(printed, /^clean accuracy: 100\.00% \(8 of 8\)$/m);
      assert.ok(printed.includes(`using standard version including ${members}.`), printed);
      assert.match(printed, /^robust accuracy: .+ of 8\)$/m);
      await Deno.remove(folder, { recursive: true });
    }
  },
);
