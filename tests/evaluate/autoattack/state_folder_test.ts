import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Dataset } from "../../../src/data/dataset.ts";
import { checkState, openState } from "../../../src/evaluate/autoattack/state_folder.ts";
import type { EvaluationSettings } from "../../../src/evaluate/evaluate.ts";
import type { Subject, WeightsSubject } from "../../../src/run/subject.ts";
import { inTemporary } from "../../memory/support.ts";
import { snapshot } from "../../testing/folder.ts";
import { VALUES } from "../../testing/images.ts";
import { ANY_BACKEND, smallData, smallRecipe } from "../../testing/runs.ts";

function settings(more: Partial<EvaluationSettings> = {}): EvaluationSettings {
  return {
    backend: ANY_BACKEND,
    dataset: smallData().test,
    ids: Uint32Array.of(0, 1),
    batchSize: 8,
    seed: 1,
    attack: { norm: "linf", epsilon: 8 / 255 },
    ...more,
  };
}

function weights(path: string, sha256 = "00"): WeightsSubject {
  return { path, sha256, tensors: new Map() };
}

/** The folder in which this evaluation keeps its state, made in `stateDir`. */
async function stateName(
  stateDir: string,
  subject: Subject,
  more: Partial<EvaluationSettings>,
  choice: Parameters<typeof openState>[2] = {},
): Promise<string> {
  await Deno.mkdir(stateDir, { recursive: true });
  const journal = await openState(subject, settings(more), { ...choice, stateDir });
  const [entry] = [...Deno.readDirSync(stateDir)];
  await journal.remove();
  return entry!.name;
}

/** What `run` gives where one byte of the program is another. */
async function withChangedProgram<T>(run: () => Promise<T>): Promise<T> {
  const { readFile } = Deno;
  Deno.readFile = async (path, options) => {
    const bytes = await readFile(path, options);
    if (String(path).endsWith(join("src", "attack", "pgd.ts"))) bytes[0]! ^= 1;
    return bytes;
  };
  try {
    return await run();
  } finally {
    Deno.readFile = readFile;
  }
}

Deno.test("openState() keeps every evaluation apart whose verdicts may differ, and no others", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "weights.safetensors"), at = join(directory, "state");
    const { test } = smallData();
    const images = test.images.with(VALUES - 1, test.images[VALUES - 1]! ^ 1);
    const labels = test.labels.with(0, test.labels[0]! + 1);
    const changed = (more: Partial<Dataset>) => ({ dataset: { ...test, ...more } });
    const names = [
      await stateName(at, weights(path), {}),
      await stateName(at, weights(path, "01"), {}),
      await stateName(at, weights(path), { seed: 2 }),
      await stateName(at, weights(path), { attack: { norm: "linf", epsilon: 7 / 255 } }),
      await stateName(at, weights(path), { attack: { norm: "l2", epsilon: 8 / 255 } }),
      await stateName(at, weights(path), { ids: Uint32Array.of(0, 2) }),
      await stateName(at, weights(path), changed({ images })),
      await stateName(at, weights(path), changed({ labels })),
      await stateName(at, weights(path), {}, { version: "plus" }),
      await stateName(at, weights(path), {}, { version: "custom", members: ["square"] }),
      await stateName(at, weights(path), {}, { version: "custom", members: ["apgd-ce"] }),
      await stateName(at, weights(path), { backend: { ...ANY_BACKEND, adapter: "another" } }),
      await stateName(at, weights(path), { backend: { ...ANY_BACKEND, name: "webgpu" } }),
      await withChangedProgram(() => stateName(at, weights(path), {})),
    ];
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^autoattack-[0-9a-f]{12}\.state$/);
    const moved = weights(join(directory, "moved.safetensors"));
    assert.equal(await stateName(at, moved, { batchSize: 3 }), names[0]);
  }));

Deno.test("openState() makes a folder of its own in the run's eval/, beside weights, or in the folder it is given", () =>
  inTemporary(async (directory) => {
    const run = join(directory, "run"), path = join(directory, "w.safetensors");
    await Deno.mkdir(run);
    await Deno.writeTextFile(join(run, "notes"), "mine");
    const ofRun = { directory: run, link: "last", recipe: smallRecipe() } as const;
    const before = await snapshot(directory);
    const places: [Subject, string | undefined, RegExp][] = [
      [{ ...weights(path), run: ofRun }, undefined, /^run\/eval\/autoattack-\w+\.state$/],
      [weights(path), undefined, /^w\.safetensors\.autoattack-\w+\.state$/],
      [weights(path), run, /^run\/autoattack-\w+\.state$/],
    ];
    for (const [subject, stateDir, expected] of places) {
      await checkState(subject, stateDir);
      const journal = await openState(
        subject,
        settings(),
        stateDir === undefined ? {} : { stateDir },
      );
      const made = [...(await snapshot(directory)).keys()].filter((name) => !before.has(name));
      assert.match(made.find((name) => name.endsWith(".state"))!, expected);
      await journal.remove();
      await Deno.remove(join(run, "eval")).catch(() => {});
      assert.deepEqual(await snapshot(directory), before);
    }
  }));

Deno.test("checkState() says at once where state cannot be kept", () =>
  inTemporary(async (directory) => {
    const run = join(directory, "run");
    await Deno.writeTextFile(run, "no folder");
    const ofRun = { directory: run, link: "last", recipe: smallRecipe() } as const;
    const subject = { ...weights(join(run, "w.safetensors")), run: ofRun };
    await assert.rejects(checkState(subject, undefined), {
      name: "UsageError",
      message:
        /^AutoAttack keeps its state in .+run.eval, which cannot be written .+--state-dir\.$/,
    });
    await assert.rejects(checkState(subject, run), {
      name: "UsageError",
      message: /^--state-dir: /,
    });
  }));

Deno.test("checkState() leaves what lies where it tries to write", () =>
  inTemporary(async (directory) => {
    const elsewhere = join(directory, "elsewhere"), state = join(directory, "state");
    await Deno.mkdir(state);
    await Deno.writeTextFile(elsewhere, "mine");
    await Deno.symlink(elsewhere, join(state, `autoattack.probe-${Deno.pid}`));
    const before = await snapshot(directory);
    await assert.rejects(checkState(weights("w.safetensors"), state), { name: "UsageError" });
    assert.deepEqual(await snapshot(directory), before);
  }));
