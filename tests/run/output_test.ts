import assert from "node:assert/strict";
import { join } from "@std/path";
import { encodePng } from "../../src/format/png.ts";
import { encodeSafetensors } from "../../src/format/safetensors.ts";
import { checkOutput, type Output, PNG, safetensorsWith } from "../../src/run/output.ts";
import { inTemporary } from "../memory/support.ts";
import { snapshot } from "../testing/folder.ts";

const ADVERSARIAL = safetensorsWith("x_adv");
const tensor = { dtype: "F32", shape: [1], data: Float32Array.of(0) } as const;
const SAVED = encodeSafetensors(new Map([["x_adv", tensor]]), {});
const WEIGHTS = encodeSafetensors(new Map([["conv1.weight", tensor]]), {});

function check(path: string, more: Partial<Output> = {}): Promise<void> {
  return checkOutput(path, {
    flag: "--out",
    kind: ADVERSARIAL,
    inputs: [],
    overwrite: false,
    ...more,
  });
}

async function refuses(work: Promise<void>, message: RegExp): Promise<void> {
  await assert.rejects(work, { name: "UsageError", message });
}

/** Runs `use` in a folder with a run in `run`; afterwards nothing in it may have changed. */
function inFolder(use: (directory: string, run: string) => Promise<void>): Promise<void> {
  return inTemporary(async (directory) => {
    const run = join(directory, "run");
    await Deno.mkdir(join(run, "checkpoints"), { recursive: true });
    await Deno.mkdir(join(run, "eval", "autoattack-0.state"), { recursive: true });
    await Deno.mkdir(join(run, "memory"));
    await Deno.mkdir(join(run, "tensorboard"));
    await Deno.writeTextFile(join(run, "recipe.json"), "{}");
    await Deno.writeFile(join(run, "checkpoints", "epoch-001.safetensors"), WEIGHTS);
    await Deno.symlink("epoch-001.safetensors", join(run, "checkpoints", "last"));
    await Deno.writeTextFile(join(run, "eval", "report.json"), "{}");
    await use(directory, run);
  });
}

Deno.test("checkOutput() takes a new file, an empty one, and one of the kind that is written", () =>
  inFolder(async (directory, run) => {
    for (const name of ["new", "run/mine.safetensors", "run/eval/mine.safetensors"]) {
      await check(join(directory, name));
    }
    const path = join(directory, "out");
    for (const bytes of [new Uint8Array(0), SAVED]) {
      await Deno.writeFile(path, bytes);
      await check(path);
    }
    await Deno.writeFile(path, encodePng(1, 1, new Uint8Array(3)));
    await check(path, { kind: PNG });
    await check(join(run, "..", "out"), { kind: PNG, inputs: [directory] });
  }));

Deno.test("checkOutput() refuses a file of another kind unless it is to be overwritten", () =>
  inFolder(async (directory) => {
    const path = join(directory, "thesis");
    for (
      const bytes of [WEIGHTS, new TextEncoder().encode("years of work"), SAVED.subarray(0, -1)]
    ) {
      await Deno.writeFile(path, bytes);
      await refuses(
        check(path),
        /^--out .+thesis is there already and is not a safetensors file with x_adv: name another file, or add --overwrite\.$/,
      );
      await check(path, { overwrite: true });
    }
    await refuses(check(path, { kind: PNG }), /is not a PNG picture/);
  }));

Deno.test("checkOutput() refuses what is being read, by whatever name", () =>
  inFolder(async (directory) => {
    const input = join(directory, "input"), folder = join(directory, "data");
    await Deno.writeFile(input, SAVED);
    await Deno.mkdir(folder);
    await Deno.writeTextFile(join(folder, "test_batch.bin"), "images");
    await Deno.symlink(input, join(directory, "link"));
    await Deno.symlink(directory, join(directory, "here"));
    const inputs = [input, folder, join(directory, "absent")];
    for (const name of ["input", "link", "here/input", "run/../input", "data/test_batch.bin"]) {
      const work = check(join(directory, name), { inputs, overwrite: true });
      await refuses(work, /^--out .+ would overwrite what is being read: name another file\.$/);
    }
    await check(join(folder, "new.safetensors"), { inputs });
  }));

Deno.test("checkOutput() refuses everything that is a run's own, there or not, whatever its kind", () =>
  inFolder(async (directory, run) => {
    const before = await snapshot(directory);
    const own = [
      ...["recipe.json", "metrics.jsonl", "metrics.csv", "run.lock", "checkpoints/last"],
      ...["initial.safetensors", "helper.safetensors", "tensorboard/mine.safetensors"],
      ...[
        "checkpoints/epoch-001.safetensors",
        "checkpoints/mine.safetensors",
        "memory/current.json",
        "memory.tmp-12ab",
      ],
      "eval/autoattack-0.state/adversarial.bin",
    ];
    for (const name of own) {
      await refuses(
        check(join(run, name), { overwrite: true }),
        /^--out .+ belongs to the run in .+run: name another file\.$/,
      );
    }
    await refuses(check(join(run, "eval", "report.json")), /is not a safetensors file with x_adv/);
    assert.deepEqual(await snapshot(directory), before);
    // No run, no own.
    await Deno.remove(join(run, "recipe.json"));
    await check(join(run, "checkpoints", "mine.safetensors"));
  }));

Deno.test("checkOutput() refuses a place where nothing can be written", () =>
  inFolder(async (directory) => {
    // Root may write everywhere, but not under every name.
    const path = join(directory, "x".repeat(250));
    await refuses(check(path), /^--out .+x cannot be written \(.+\): name another file\.$/);
  }));

Deno.test("checkOutput() refuses folders, and places in folders that are not there", () =>
  inFolder(async (directory) => {
    await refuses(check(join(directory, "run"), { overwrite: true }), /is no plain file/);
    await refuses(
      check(join(directory, "absent", "out")),
      /^--out: there is no folder .+absent: make it first\.$/,
    );
    const file = join(directory, "file");
    await Deno.writeTextFile(file, "");
    await refuses(check(join(file, "out")), /^--out: there is no folder .+file: make it first\.$/);
  }));
