/** A run's weights handed on by the program. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { copyFolder, snapshot } from "../../testing/folder.ts";
import { assertRefused, memloss, memlossDone } from "../memloss.ts";
import { TinyWorld } from "../tiny.ts";

let world: TinyWorld, run: string;

Deno.test.beforeAll(async () => {
  world = await TinyWorld.create();
  run = world.path("run");
  await memlossDone(...world.trainArgs(run, "--select", "none", "--variant", "standard"));
});
Deno.test.afterAll(() => world.remove());

Deno.test("memloss weights export says in each form where the weights come from, and not where they lay", async () => {
  const forms = { torch: "run.pt", onnx: "run.onnx", robustbench: "entry" };
  for (const [format, name] of Object.entries(forms)) {
    const out = world.path(name);
    const args = ["weights", "export", run, "--format", format, "--out", out];
    const { stdout } = await memlossDone(...args, ...format === "torch" ? ["--json"] : []);
    if (format === "robustbench") {
      assert.match(stdout, /^still missing in model_info: .*clean_acc, reported, autoattack_acc$/m);
      continue;
    }
    const text = new TextDecoder("latin1").decode(await Deno.readFile(out));
    for (const said of ["memloss.recipe_sha256", "memloss.weights_sha256", "8/255", "airplane"]) {
      assert.ok(text.includes(said), `${out} says nothing of ${said}`);
    }
    assert.ok(!text.includes(world.directory), `${out} names a folder of this machine`);
    if (format !== "torch") continue;
    const { files, architecture, weights } = JSON.parse(stdout);
    assert.deepEqual(files, [world.path("memloss_resnet18.py"), out]);
    assert.equal(architecture, "ResNet-18");
    assert.equal(weights.path, join(run, "checkpoints", "epoch-002.safetensors"));
  }
});

Deno.test("memloss weights export refuses what cannot be exported, in one sentence", async () => {
  const unfinished = world.path("unfinished");
  await copyFolder(run, unfinished);
  await Deno.remove(join(unfinished, "checkpoints"), { recursive: true });
  await Deno.mkdir(join(unfinished, "checkpoints"));
  const before = await snapshot(world.directory);
  const out = ["--out", world.path("x.pt")];
  const refused: [readonly string[], RegExp][] = [
    [[run, ...out], /--format is missing: say for whom, torch\|onnx\|robustbench\./],
    [[run, "--format", "torch"], /--out is missing/],
    [[run, ...out, "--format", "keras"], /--format must be one of torch, onnx, robustbench/],
    [
      [run, ...out, "--format", "torch", "--batch-norm", "folded"],
      /--batch-norm has no meaning without --format onnx\./,
    ],
    [
      [run, ...out, "--format", "torch", "--name", "x"],
      /--name has no meaning without --format robustbench\./,
    ],
    [
      [run, ...out, "--format", "torch", "--activation", "silu"],
      /--activation is fixed by the run's recipe: leave it out\./,
    ],
    [[unfinished, ...out, "--format", "torch"], /unfinished has no finished checkpoint yet/],
    [
      [run, ...out, "--format", "torch", "--checkpoint", "best"],
      /selected no best checkpoint \(--select none\): use --checkpoint last\./,
    ],
  ];
  for (const [args, sentence] of refused) {
    assertRefused(await memloss("weights", "export", ...args), 2, sentence);
  }
  assert.deepEqual(await snapshot(world.directory), before);
});
