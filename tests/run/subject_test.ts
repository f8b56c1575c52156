import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import {
  readSubject,
  readWeights,
  readWeightsSubject,
  subjectName,
} from "../../src/run/subject.ts";
import { CIFAR10 } from "../../src/data/sets/cifar10.ts";
import { encodeSafetensors, type SafeTensor } from "../../src/format/safetensors.ts";
import { encodeProgress, type Progress } from "../../src/run/checkpoint/progress.ts";
import type { RecipeInput } from "../../src/recipe/recipe.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";
import { encodeRunRecord } from "../../src/run/run_record.ts";
import { withDirectory } from "../data/made_cifar10.ts";
import { fixture } from "../testing/fixture.ts";
import { recordOf } from "../testing/runs.ts";

const TENSORS = new Map<string, SafeTensor>([
  ["x", { dtype: "F32", shape: [1], data: Float32Array.of(0.5) }],
]);
const WEIGHTS = encodeSafetensors(TENSORS, {});
const SHA256 = createHash("sha256").update(WEIGHTS).digest("hex");

/** Makes the folder of a run with the given links, each to a checkpoint of its own. */
async function makeRun(
  directory: string,
  input: RecipeInput,
  links: Readonly<Record<string, string>>,
): Promise<string> {
  const run = join(directory, "run"), checkpoints = join(run, "checkpoints");
  await Deno.mkdir(checkpoints, { recursive: true });
  const record = encodeRunRecord(recordOf(resolveRecipe(input)));
  await Deno.writeTextFile(join(run, "recipe.json"), record);
  for (const [link, target] of Object.entries(links)) {
    await Deno.writeFile(join(checkpoints, target), WEIGHTS);
    await Deno.symlink(target, join(checkpoints, link));
  }
  return run;
}

function refuses(work: Promise<unknown>, message: string): Promise<void> {
  return assert.rejects(work, { name: "UsageError", message });
}

Deno.test("readSubject() takes a run's best checkpoint unless told, and its last if it has no best", async () => {
  await withDirectory(async (directory) => {
    const links = { best: "epoch-003.safetensors", last: "epoch-009.safetensors" };
    const run = await makeRun(directory, { width: 4 }, links);
    const [best, last] = [links.best, links.last].map((name) => join(run, "checkpoints", name));
    const recipe = resolveRecipe({ width: 4 });
    const weights = { sha256: SHA256, tensors: TENSORS };
    const named = (path: string, link: "best" | "last") => ({
      path,
      ...weights,
      trainedOn: { classes: CIFAR10.classes, shape: CIFAR10.shape },
      run: { directory: run, link, recipe },
    });
    assert.deepEqual(await readSubject(run, undefined), named(best!, "best"));
    assert.deepEqual(await readSubject(run, "best"), named(best!, "best"));
    assert.deepEqual(await readSubject(run, "last"), named(last!, "last"));
    assert.equal(subjectName(await readSubject(run, undefined)), "epoch-003");
    await Deno.remove(join(run, "checkpoints", "best"));
    await Deno.remove(best!);
    await Deno.writeFile(last!, checkpointBytes({ epoch: 9 }));
    assert.deepEqual((await readSubject(run, undefined)).path, last);
  });
});

/** A checkpoint that holds next to nothing. */
function checkpointBytes(more: Partial<Progress>): Uint8Array<ArrayBuffer> {
  const progress: Progress = { epoch: 1, step: 1, complete: true, sums: {}, ...more };
  return encodeSafetensors(TENSORS, { memloss: encodeProgress(progress) });
}

Deno.test("readSubject() takes over the network in a file, and says what was done to it", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "weights.safetensors");
    const network = fixture("steps_w2").under("start.");
    const bytes = encodeSafetensors(
      new Map([...network].map(([name, tensor]) => [`module.${name}`, tensor])),
      {},
    );
    await Deno.writeFile(path, bytes);
    const { sha256, tensors, notes } = await readWeightsSubject(path, undefined);
    assert.equal(sha256, createHash("sha256").update(bytes).digest("hex"));
    assert.deepEqual(tensors, network);
    assert.match(notes!.join(), /begin with "module\."/);
    await refuses(
      readSubject(path, "last"),
      `--checkpoint last chooses among a run's checkpoints, but ${path} is a file.`,
    );
  });
});

Deno.test("readSubject() names a path that does not exist or is not a run", async () => {
  await withDirectory(async (directory) => {
    const absent = join(directory, "absent");
    await refuses(
      readSubject(absent, undefined),
      `${absent} does not exist: name a run folder, a file of weights or a model.json.`,
    );
    await refuses(
      readSubject(directory, undefined),
      `${directory} is not a run folder: it has no recipe.json.`,
    );
  });
});

Deno.test("readSubject() tells a path that cannot be looked at from one where nothing is", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "x".repeat(300));
    await assert.rejects(readSubject(path, undefined), {
      name: "RunError",
      message: /^Could not read .+x: /,
    });
  });
});

Deno.test("readSubject() says why a run has no such checkpoint", async () => {
  await withDirectory(async (directory) => {
    const run = await makeRun(directory, { select: "none" }, { last: "epoch-001.safetensors" });
    await refuses(
      readSubject(run, "best"),
      `${run} selected no best checkpoint (--select none): use --checkpoint last.`,
    );
  });
  await withDirectory(async (directory) => {
    const run = await makeRun(directory, {}, {});
    const advice = "checkpoint yet: let it train, or continue it with --resume.";
    await refuses(readSubject(run, undefined), `${run} has no finished ${advice}`);
    await refuses(readSubject(run, "best"), `${run} has no best ${advice}`);
    await refuses(readSubject(run, "last"), `${run} has no last ${advice}`);
  });
});

Deno.test("readWeights() refuses damaged weights, and names a file that is gone", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "weights.safetensors");
    await assert.rejects(readWeights(path), {
      name: "RunError",
      message: `Could not read ${path}: there is no such file or directory`,
    });
    await Deno.writeFile(path, WEIGHTS);
    assert.deepEqual((await readWeights(path, SHA256)).tensors, TENSORS);
    await Deno.writeFile(path, WEIGHTS.with(-1, WEIGHTS.at(-1)! ^ 1));
    await refuses(
      readWeights(path, SHA256),
      `${path} is damaged (it is not the checkpoint that was committed): restore it from a copy`,
    );
    await Deno.writeTextFile(path, "hi");
    await refuses(
      readWeights(path),
      `${path} is not a usable safetensors file: it has 2 bytes, fewer than 8`,
    );
  });
});

Deno.test("readSubject() takes a model of TensorFlow.js, and readWeightsSubject() does not", async () => {
  const path = join(import.meta.dirname!, "..", "fixtures", "tfjs", "layers", "model.json");
  const { model, run, sha256 } = await readSubject(path, undefined);
  assert.deepEqual([model?.format, model?.sha256, run], ["layers-model", sha256, undefined]);
  await refuses(
    readWeightsSubject(path, undefined),
    `${path} is a model of TensorFlow.js, which can only be evaluated: name a run folder or a file of weights.`,
  );
});
