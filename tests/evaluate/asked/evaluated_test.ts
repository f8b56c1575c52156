import assert from "node:assert/strict";
import { join } from "@std/path";
import { dataDigest } from "../../../src/data/sets/sets.ts";
import { encodePng } from "../../../src/format/png.ts";
import { readEvaluated } from "../../../src/evaluate/asked/evaluated.ts";
import { evaluateRun } from "../../../src/evaluate/evaluate_run.ts";
import { mergeShards } from "../../../src/evaluate/shards/merge_shards.ts";
import { exportWeights } from "../../../src/publish/export_weights.ts";
import { importWeights } from "../../../src/upkeep/import_weights.ts";
import { readRunRecord } from "../../../src/run/folder/files.ts";
import { VERSION } from "../../../src/run/program_version.ts";
import { startRun } from "../../../src/train/start.ts";
import { madeNpz } from "../../format/arrays/made_npz.ts";

Deno.test("readEvaluated() refuses corruptions of grey images before anything else is measured, and notes what is asked for in vain", async () => {
  const folder = await Deno.makeTempDir();
  const dataDir = join(folder, "grey.npz"), run = join(folder, "run");
  const n = 8, size = 8;
  const image = { shape: [n, size, size, 1], bytes: new Uint8Array(n * size * size) };
  const label = { shape: [n], bytes: Uint8Array.from({ length: n }, (_, i) => i % 2) };
  await Deno.writeFile(dataDir, madeNpz({ image, label }));
  const tiny = { data: "npz", dataDir, width: 1, epochs: 1, select: "none" } as const;
  await startRun({ variant: "standard", backend: "wasm", ...tiny }, run);
  assert.equal((await readEvaluated(run, {})).test.shape.channels, 1);
  await assert.rejects(readEvaluated(run, { attacks: ["autoattack"], corruptions: ["fog"] }), {
    name: "UsageError",
    message: "Corruptions are made for images of three channels, not 8×8×1.",
  });
  // Of each class's images a fifth is for the test.
  const notes = async (limit: number, epsilon: number) =>
    (await readEvaluated(run, { limit, given: { threat: { epsilon } } })).notes;
  assert.deepEqual(await notes(2, 8 / 255), []);
  const [few, far, ...none] = await notes(9, 80 / 255);
  assert.match(few!, /^--n-ex 9: there are only \d test images\.$/);
  assert.match(far!, /^pgd20 goes 40\/255 from its start at most, .*, and pgd200 goes farther\.$/);
  assert.deepEqual(none, []);
  await Deno.remove(folder, { recursive: true });
});

/** A folder with images of 8×8 pixels in each class, two unless told otherwise. */
async function madeFolder(dataDir: string, classes: readonly string[], images = 2): Promise<void> {
  for (const [label, name] of classes.entries()) {
    await Deno.mkdir(join(dataDir, name), { recursive: true });
    for (let image = 0; image < images; image++) {
      const rgb = new Uint8Array(8 * 8 * 3).fill(100 * label + image);
      await Deno.writeFile(join(dataDir, name, `${image}.png`), encodePng(8, 8, rgb));
    }
  }
}

Deno.test("evaluateRun() refuses a folder with other classes, and reports which images it saw", async () => {
  const folder = await Deno.makeTempDir(), run = join(folder, "run");
  const dataDir = join(folder, "own"), other = join(folder, "other");
  await madeFolder(dataDir, ["a", "b"]);
  await madeFolder(other, ["0b", "a"]);
  const tiny = { data: "folder", imageSize: 16, width: 1, epochs: 1, select: "none" } as const;
  await startRun({ variant: "standard", backend: "wasm", dataDir, ...tiny }, run);
  const refused = {
    name: "UsageError",
    message: /was trained to call class 0 "a", but folder calls it "0b": give/,
  };
  const given = { dataDir: other, batchSize: 1 };
  await assert.rejects(evaluateRun(run, { given }), refused);
  const npz = join(folder, "grey.npz"), foreign = join(folder, "foreign");
  const image = { shape: [4, 16, 16, 3], bytes: new Uint8Array(4 * 768) };
  await Deno.writeFile(
    npz,
    madeNpz({ image, label: { shape: [4], bytes: Uint8Array.of(0, 1, 0, 1) } }),
  );
  const ofFile = { ...tiny, data: "npz", dataDir: npz, imageSize: undefined } as const;
  await startRun({ variant: "standard", backend: "wasm", ...ofFile }, foreign);
  await assert.rejects(evaluateRun(run, { source: foreign, attacks: ["fgsm"] }), {
    message: /foreign.* was trained to call class 0 "0", but folder calls it "a"/,
  });
  await assert.rejects(
    startRun({ variant: "hat", backend: "wasm", ...tiny, dataDir, helper: foreign }, `${run}2`),
    { message: /foreign.* was trained to call class 0 "0", but folder calls it "a"/ },
  );

  const autoAttack = { version: "custom", members: ["apgd-dlr"] } as const;
  const observer = { onProgress: () => assert.fail("nothing is measured before") };
  const asked = { attacks: ["clean", "autoattack"], autoAttack, observer } as const;
  await assert.rejects(evaluateRun(run, asked), {
    name: "UsageError",
    message: "AutoAttack's apgd-dlr compares 3 classes, and there are 2: leave it out.",
  });

  // Where another process is at it, that is known before anything is measured.
  const states: boolean[] = [];
  await evaluateRun(run, {
    attacks: ["clean", "autoattack"],
    autoAttack: { version: "custom", members: ["square"], effort: { queries: 1 } },
    observer: {
      onProgress: () => {
        const kept = [...Deno.readDirSync(join(run, "eval"))].map(({ name }) => name);
        states.push(kept.some((name) => name.endsWith(".state")));
      },
    },
  });
  assert.deepEqual(states, [true]);

  const options = { attacks: ["clean"], given: { batchSize: 1 } } as const;
  const { test } = await readEvaluated(run, options);
  const { data } = await evaluateRun(run, options);
  assert.deepEqual(data, { name: "folder", part: "test", n: 2, sha256: dataDigest(test) });
  const first = await evaluateRun(run, { ...options, shard: { index: 1, count: 2 } });
  assert.deepEqual(first.data, { ...data, n: 1 });
  await evaluateRun(run, { ...options, shard: { index: 2, count: 2 } });
  assert.deepEqual((await mergeShards(run, options)).data, data);
  const half = await evaluateRun(run, { ...options, limit: 1 });
  assert.notEqual(half.data.sha256, data.sha256);
  const { digest } = (await readRunRecord(run)).program;
  assert.deepEqual(half.program, { version: VERSION, digest });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("readEvaluated() warns where the test images are not those that there were when the run began", async () => {
  const folder = await Deno.makeTempDir(), run = join(folder, "run");
  const dataDir = join(folder, "own");
  await madeFolder(dataDir, ["a", "b"], 10);
  const tiny = { data: "folder", imageSize: 16, width: 1, epochs: 1, select: "none" } as const;
  await startRun({ variant: "standard", backend: "wasm", dataDir, ...tiny }, run);
  const { test, notes } = await readEvaluated(run, {});
  assert.deepEqual(notes, []);
  assert.deepEqual((await readRunRecord(run)).data?.test, { n: 4, sha256: dataDigest(test) });
  const other = join(folder, "other");
  await startRun({ variant: "standard", backend: "wasm", dataDir, ...tiny, testSeed: 1 }, other);
  assert.equal((await readRunRecord(other)).recipe.testSeed, 1);
  const drawn = await readEvaluated(other, {});
  assert.deepEqual([drawn.notes, drawn.test.n], [[], 4]);
  assert.notEqual(dataDigest(drawn.test), dataDigest(test), "drawn by another --test-seed");
  await madeFolder(dataDir, ["a", "b"], 11); // one more in each class draws the test anew
  const [warning, ...more] = (await readEvaluated(run, {})).notes;
  assert.match(
    warning!,
    /^warning: these 4 test images are not the 4 that there were when the run of .*run.*safetensors began\./,
  );
  assert.equal(more.length, 0);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("readEvaluated() refuses a source or a file that says it was trained on other classes, and warns of images of another size", async () => {
  const folder = await Deno.makeTempDir(), run = join(folder, "run"), made = join(folder, "made");
  const dataDir = join(folder, "own.npz"), size = 16, n = 40;
  const image = { shape: [n, size, size, 3], bytes: new Uint8Array(n * size * size * 3) };
  const label = { shape: [n], bytes: Uint8Array.from({ length: n }, (_, i) => i % 10) };
  await Deno.writeFile(dataDir, madeNpz({ image, label }));
  const tiny = { backend: "wasm", width: 1, epochs: 1, select: "none", limitTrain: 8 } as const;
  await startRun({ variant: "standard", ...tiny, data: "npz", dataDir }, run);
  await startRun({ variant: "standard", ...tiny, data: "synthetic" }, made);
  const called = /was trained to call class 0 "disc", but npz calls it "0": give/;
  await assert.rejects(readEvaluated(run, { source: made, attacks: ["fgsm"] }), {
    message: called,
  });
  const out = join(folder, "made.safetensors");
  await exportWeights(made, { format: "torch", out });
  const given = { data: "npz", dataDir } as const;
  await assert.rejects(readEvaluated(out, { given }), { message: called });
  const imported = join(folder, "imported.safetensors");
  await importWeights(out, { out: imported });
  await assert.rejects(readEvaluated(imported, { given }), { message: called });

  const larger = join(folder, "larger.npz");
  const bytes = new Uint8Array(4 * image.bytes.length);
  const of32 = { shape: [n, 2 * size, 2 * size, 3], bytes };
  await Deno.writeFile(larger, madeNpz({ image: of32, label }));
  const [warning] = (await readEvaluated(run, { given: { dataDir: larger } })).notes;
  assert.match(
    warning!,
    /^warning: .*run.* was trained on images of 16×16 pixels, and those of npz have 32×32\.$/,
  );
  await Deno.remove(folder, { recursive: true });
});
