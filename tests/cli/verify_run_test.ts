import assert from "node:assert/strict";
import { join } from "@std/path";
import { memloss, memlossDone } from "./memloss.ts";
import { TinyWorld } from "./tiny.ts";

Deno.test("memloss verify-run ends with 0 for a run that comes out the same, with 1 and the epoch otherwise", async () => {
  const world = await TinyWorld.create(), run = world.path("run");
  try {
    await memlossDone(...world.trainArgs(run, "--variant", "v1", "--select", "none"));
    const { stdout } = await memlossDone("verify-run", run, "--epochs", "1");
    const same =
      "1 epoch trained again, metrics but for times, checkpoint and memory are the same.";
    assert.equal(stdout, `${run}: ${same}\n`);

    const recipe = join(run, "recipe.json"), text = await Deno.readTextFile(recipe);
    await Deno.writeTextFile(recipe, text.replace(/"betaPrime": 2/, '"betaPrime": 5'));
    const altered = await memloss("verify-run", run, "--data-dir", world.data);
    assert.equal(altered.code, 1);
    const [first, ...rest] = altered.stdout.trimEnd().split("\n");
    assert.equal(first, `${run}: epoch 2 is the first that differs, after 1 epoch.`);
    const found = rest.map((line) => line.replace(/\d+\.\d+/g, "N"));
    assert.deepEqual(found, [
      "  metrics     loss of step 1 is N and was N",
      "  checkpoint  conv1.weight first, 164 of 184 tensors",
      "  memory      other examples",
      "It was made without --deterministic: another processor or GPU may round otherwise.",
    ]);
    const error = `error: ${run} did not come out the same again: epoch 2 differs.`;
    assert.ok(altered.stderr.endsWith(error), altered.stderr);
  } finally {
    await world.remove();
  }
});

Deno.test("memloss verify-run says how it is used", async () => {
  const { code, stderr } = await memloss("verify-run");
  assert.equal(code, 2);
  assert.equal(stderr, "error: Say which run: memloss verify-run RUN_DIR.");
});
