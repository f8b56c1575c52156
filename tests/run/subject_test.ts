import assert from "node:assert/strict";
import { join } from "@std/path";
import { findSubject, loadSubject, subjectName } from "../../src/run/subject.ts";
import { encodeSafetensors, type SafeTensor } from "../../src/format/safetensors.ts";
import { disposeAll } from "../../src/model/parameters.ts";
import { exportState } from "../../src/weights/state_dict.ts";
import type { RecipeInput } from "../../src/recipe/recipe.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";
import { encodeRunRecord } from "../../src/run/run_record.ts";
import { withDirectory } from "../data/made_cifar10.ts";
import { onWasm } from "../testing/device.ts";
import { fixture } from "../testing/fixture.ts";

/** Makes the folder of a run with the given links, each to a checkpoint of its own. */
async function makeRun(
  directory: string,
  input: RecipeInput,
  links: Readonly<Record<string, string>>,
): Promise<string> {
  const run = join(directory, "run"), checkpoints = join(run, "checkpoints");
  await Deno.mkdir(checkpoints, { recursive: true });
  const record = encodeRunRecord({
    format: 2,
    program: { version: "0.1.0", digest: "unknown" },
    machine: { backend: "wasm", adapter: "", deno: "" },
    dataSha256: "",
    recipe: resolveRecipe(input),
  });
  await Deno.writeTextFile(join(run, "recipe.json"), record);
  for (const [link, target] of Object.entries(links)) {
    await Deno.writeTextFile(join(checkpoints, target), "");
    await Deno.symlink(target, join(checkpoints, link));
  }
  return run;
}

function refuses(work: Promise<unknown>, message: string): Promise<void> {
  return assert.rejects(work, { name: "UsageError", message });
}

Deno.test("findSubject() takes a run's best checkpoint unless told, and its last if it has no best", async () => {
  await withDirectory(async (directory) => {
    const links = { best: "epoch-003.safetensors", last: "epoch-009.safetensors" };
    const run = await makeRun(directory, { width: 4 }, links);
    const [best, last] = [links.best, links.last].map((name) => join(run, "checkpoints", name));
    const recipe = resolveRecipe({ width: 4 });
    assert.deepEqual(await findSubject(run, undefined), { path: best, link: "best", recipe });
    assert.deepEqual(await findSubject(run, "best"), { path: best, link: "best", recipe });
    assert.deepEqual(await findSubject(run, "last"), { path: last, link: "last", recipe });
    assert.equal(subjectName(await findSubject(run, undefined)), "epoch-003");
    await Deno.remove(join(run, "checkpoints", "best"));
    assert.deepEqual(await findSubject(run, undefined), { path: last, link: "last", recipe });
  });
});

Deno.test("findSubject() takes a file as it is", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "weights.safetensors");
    await Deno.writeTextFile(path, "");
    assert.deepEqual(await findSubject(path, undefined), { path });
    assert.equal(subjectName({ path }), "weights");
    await refuses(
      findSubject(path, "last"),
      `--checkpoint last chooses among a run's checkpoints, but ${path} is a file.`,
    );
  });
});

Deno.test("findSubject() names a path that does not exist or is not a run", async () => {
  await withDirectory(async (directory) => {
    const absent = join(directory, "absent");
    await refuses(
      findSubject(absent, undefined),
      `${absent} does not exist: name a run folder or a .safetensors file.`,
    );
    await refuses(
      findSubject(directory, undefined),
      `${directory} is not a run folder: it has no recipe.json.`,
    );
  });
});

Deno.test("findSubject() says why a run has no such checkpoint", async () => {
  await withDirectory(async (directory) => {
    const run = await makeRun(directory, { select: "none" }, { last: "epoch-001.safetensors" });
    await refuses(
      findSubject(run, "best"),
      `${run} selected no best checkpoint (--select none): use --checkpoint last.`,
    );
  });
  await withDirectory(async (directory) => {
    const run = await makeRun(directory, {}, {});
    const advice = "checkpoint yet: let it train, or continue it with --resume.";
    await refuses(findSubject(run, undefined), `${run} has no finished ${advice}`);
    await refuses(findSubject(run, "best"), `${run} has no best ${advice}`);
    await refuses(findSubject(run, "last"), `${run} has no last ${advice}`);
  });
});

const STATE = fixture("steps_w2").under("start.");

/** Writes `tensors` as a file of weights in `directory`. */
async function writeWeights(
  directory: string,
  tensors: ReadonlyMap<string, SafeTensor>,
): Promise<string> {
  const path = join(directory, "weights.safetensors");
  await Deno.writeFile(path, encodeSafetensors(tensors, {}));
  return path;
}

onWasm("loadSubject() loads a state dict and finds out its width", async () => {
  await withDirectory(async (directory) => {
    const { architecture, state } = await loadSubject({
      path: await writeWeights(directory, STATE),
    });
    assert.deepEqual([architecture.features, architecture.classes], [16, 10]);
    const loaded = await exportState(state);
    for (const [name, { data }] of loaded) assert.deepEqual(data, STATE.get(name)?.data, name);
    assert.equal(loaded.size, STATE.size);
    disposeAll(state.parameters);
    disposeAll(state.buffers);
  });
});

onWasm("loadSubject() refuses a file that is no state dict", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "weights.safetensors");
    const load = () => loadSubject({ path });
    const unusable = `${path} is not a usable safetensors file:`;
    await Deno.writeTextFile(path, "hi");
    await refuses(load(), `${unusable} it has 2 bytes, fewer than 8`);

    const whole = encodeSafetensors(STATE, {});
    await Deno.writeFile(path, whole.subarray(0, -10));
    await assert.rejects(load(), { name: "UsageError", message: /so the file was cut short/ });

    await writeWeights(directory, new Map([["x", STATE.get("bn1.bias")!]]));
    await refuses(
      load(),
      `${path} is no state dict of a network that this program knows: for resnet18 it lacks ` +
        "conv1.weight and linear.weight and bn1.weight.",
    );

    const without = new Map(STATE);
    without.delete("layer3.1.bn2.running_var");
    await writeWeights(directory, without);
    await refuses(
      load(),
      `${path} lacks tensor "layer3.1.bn2.running_var": take a file that holds all of the network.`,
    );

    await writeWeights(directory, new Map(STATE).set("bn1.weight", STATE.get("linear.bias")!));
    await refuses(load(), `${path} holds "bn1.weight" as F32 [10], not as F32 [2].`);
  });
});

Deno.test("loadSubject() names a file that is gone", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "absent.safetensors");
    await assert.rejects(loadSubject({ path }), {
      name: "RunError",
      message: `Could not read ${path}: there is no such file or directory`,
    });
  });
});
