import assert from "node:assert/strict";
import { join } from "@std/path";
import { UsageError } from "../../../src/errors.ts";
import { firstIndices } from "../../../src/data/batches.ts";
import { loadSplit } from "../../../src/data/sets/sets.ts";
import { imagesDigest } from "../../../src/data/images_digest.ts";
import { renderPage } from "../../../src/report/page/page.ts";
import {
  findStepsPerEpoch,
  readRuns,
  type RunData,
  shownEvaluations,
} from "../../../src/report/page/run_data.ts";
import { RunLock } from "../../../src/run/folder/run_lock.ts";
import { type MadeRun, makeRun } from "./made_run.ts";

let directory: string;
Deno.test.beforeEach(async () => {
  directory = await Deno.makeTempDir();
});
Deno.test.afterEach(() => Deno.remove(directory, { recursive: true }));

const SMALL = { variant: "v1", width: 1, epochs: 3 } as const;

/** A made run of {@linkcode SMALL}, in its folder. */
async function made(name: string, more: Partial<MadeRun> = {}) {
  const run = join(directory, name);
  await makeRun(run, { recipe: SMALL, stepsPerEpoch: 5, evaluated: 100, ...more });
  return run;
}

/** What a page says of the runs in the folders `runs`. */
async function pageOf(...runs: string[]): Promise<string> {
  return renderPage(await readRuns(runs), runs.map(() => "")).replace(/<script[^]*$/, "").replace(
    /<style>[^]*?<\/style>/,
    "",
  );
}

Deno.test("readRuns() reads a run that is being trained without its lock", async () => {
  const run = await made("run", { epochs: 1, more: 3 });
  const lock = await RunLock.acquire(run);
  try {
    const [{ training, steps, epochs }] = await readRuns([run]) as [RunData];
    assert.ok(training);
    assert.deepEqual([steps.length, epochs.length], [8, 1]);
    assert.match(await pageOf(run), /training, epoch 2 of 3/);
  } finally {
    await lock.release();
  }
  assert.match(await pageOf(run), /stopped, epoch 2 of 3/);
});

Deno.test("a page says of a run that stopped early that it is over", async () => {
  const run = await made("run", { epochs: 2 }), log = join(run, "metrics.jsonl");
  const lines = (await Deno.readTextFile(log)).trim().split("\n");
  const last = { ...JSON.parse(lines.pop()!), ended: "early-stop" };
  await Deno.writeTextFile(log, [...lines, JSON.stringify(last), ""].join("\n"));
  assert.match(await pageOf(run), /2 of 3 epochs, ended by --early-stop/);
});

Deno.test("readRuns() refuses what is no run, and a run that is named twice", async () => {
  await assert.rejects(readRuns([directory]), UsageError);
  await assert.rejects(readRuns([join(directory, "absent")]), /There is no run folder/);
  const run = await made("run");
  await assert.rejects(readRuns([run, join(run, ".")]), /run\/? is named twice: leave one out\.$/);
});

Deno.test("readRuns() calls runs by their folders' names, and by their paths where these are the same", async () => {
  await Deno.mkdir(join(directory, "a"));
  const [first, second, third] = [await made("run"), await made("a/run"), await made("other")];
  const labels = (await readRuns([first!, second!, third!])).map(({ label }) => label);
  assert.deepEqual(labels, [first, second, "other"]);
});

Deno.test("a page is made of a log with torn lines, and says what it lacks", async () => {
  const run = await made("run", { epochs: 0, more: 4 });
  const path = join(run, "metrics.jsonl");
  const odd = [
    '{"kind":"step","epoch":1,"step":5,"terms":{"ce":null}}',
    ...['{"kind":"step","epoch":1,"step":6}', '{"kind":"st'],
  ].join("\n");
  await Deno.writeTextFile(path, odd, { append: true });
  const text = await pageOf(run);
  assert.match(text, /No accuracy by epoch of run/);
  await Deno.remove(path);
  await Deno.remove(join(run, "eval"), { recursive: true });
  const bare = await pageOf(run);
  for (
    const lack of [
      /Nothing is logged yet of run\./,
      /Not evaluated yet: run\./,
      /No AutoAttack of run/,
      /No accuracy by radius of run/,
      /No classes of run/,
    ]
  ) assert.match(bare, lack);
  assert.doesNotMatch(bare, /<figure/);
});

Deno.test("a page leaves out, in words, what in eval/ is no report", async () => {
  const run = await made("run");
  const whole = await Deno.readTextFile(join(run, "eval", "made.json"));
  const broken = {
    "torn.json": whole.slice(0, 1000),
    "other.json": "{}",
    "negative.json": whole.replace(/"correct":\d+/, '"correct":-1'),
    "empty.json": whole.replace(/"n":100/g, '"n":0'),
  };
  for (const [name, text] of Object.entries(broken)) {
    await Deno.writeTextFile(join(run, "eval", name), text);
  }
  const [data] = await readRuns([run]) as [RunData];
  assert.deepEqual(
    data.notes,
    Object.keys(broken).sort().map((name) =>
      `${join("eval", name)} is no report of memloss eval and is left out`
    ),
  );
  assert.equal(shownEvaluations(data).length, 1);
  assert.match(await pageOf(run), /run: eval\/torn\.json is no report of memloss eval/);
});

Deno.test("a page lets no custom AutoAttack and no other number of restarts pass for the plain one", async () => {
  const run = await made("run"), folder = join(run, "eval");
  const report = JSON.parse(await Deno.readTextFile(join(folder, "made.json")));
  const weak = structuredClone(report);
  weak.autoattack = { ...weak.autoattack, version: "custom", correct: 999, n: 1000 };
  weak.pgd20 = { ...weak.pgd20, correct: 998, n: 1000 };
  weak.attack.restarts = 5;
  weak.checkpoint.weights = "raw";
  const keep = (name: string, what: unknown) =>
    Deno.writeTextFile(join(folder, name), JSON.stringify(what));
  await keep("raw.json", weak);
  delete weak.checkpoint.weights;
  await keep("y.json", weak);
  const effort = { queries: 1 }, { square } = weak.autoattack.perAttack;
  const only = { ...weak.autoattack, perAttack: { square }, effort, correct: 997 };
  await keep("z.json", { ...weak, autoattack: only });
  const text = await pageOf(run);
  const shown = (name: string) => new RegExp(`<dt>${name}</dt><dd>([\\d.]+)<`).exec(text)?.[1];
  const of = ({ correct, n }: { correct: number; n: number }) => (100 * correct / n).toFixed(2);
  assert.equal(shown("AutoAttack"), of(report.autoattack));
  assert.equal(shown("AutoAttack, custom apgd-ce\\+apgd-t\\+fab-t\\+square"), "99.90");
  assert.equal(shown("AutoAttack, custom square, 1 queries"), "99.70");
  assert.match(text, /<h3>AutoAttack, custom square, 1 queries </);
  assert.equal(shown("PGD-20"), of(report.pgd20));
  assert.equal(shown("PGD-20, 5 restarts"), "99.80");
  assert.equal(text.match(/its raw weights/g)?.length, 3, "clean, PGD-20 and AutoAttack");
});

Deno.test("a page takes no evaluation of another checkpoint for the run's own", async () => {
  const run = await made("run"), path = join(run, "eval", "made.json");
  const report = JSON.parse(await Deno.readTextFile(path));
  const checkpoint = { ...report.checkpoint, path: "epoch-001.safetensors", sha256: "0" };
  await Deno.writeTextFile(path, JSON.stringify({ ...report, checkpoint }));
  const [data] = await readRuns([run]) as [RunData];
  assert.deepEqual([data.evaluations.length, shownEvaluations(data)], [1, []]);
  const text = await pageOf(run);
  assert.doesNotMatch(text, /<dt>AutoAttack</);
  assert.match(text, /epoch-001\.safetensors/, "in the table of all");
});

Deno.test("a page of a run whose checkpoints' record is damaged says so and draws the rest", async () => {
  const run = await made("run");
  await Deno.writeTextFile(join(run, "checkpoints", "committed.json"), "damaged");
  const text = await pageOf(run);
  assert.match(text, /committed\.json is damaged/);
  assert.match(text, /<figure/);
});

Deno.test("a page leaves out a confusion matrix of another number of classes", async () => {
  const run = await made("run");
  const path = join(run, "eval", "made.json"), report = JSON.parse(await Deno.readTextFile(path));
  for (const name of ["clean", "pgd20", "autoattack"]) report[name].confusion.pop();
  await Deno.writeTextFile(path, JSON.stringify(report));
  assert.match(await pageOf(run), /No classes of run/);
});

Deno.test("a page shows the weights of epochs, and leaves out what are none", async () => {
  const run = await made("run"), path = join(run, "metrics.jsonl");
  assert.match(await pageOf(run), /Weights of run, a column for each epoch/);
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replaceAll(/"counts":\[/g, '"counts":[null,'));
  assert.match(await pageOf(run), /No weights of run: logged after an epoch/);
  const standard = await made("standard", { recipe: { ...SMALL, variant: "standard" } });
  assert.doesNotMatch(await pageOf(standard), /weights/i);
});

Deno.test("a page shows the classes of the last epoch where nothing was evaluated", async () => {
  const run = await made("run"), path = join(run, "metrics.jsonl");
  await Deno.remove(join(run, "eval"), { recursive: true });
  const text = await Deno.readTextFile(path), counts = Array.from({ length: 10 }, () => [3, 4]);
  const classes = JSON.stringify({ clean: counts, robust: counts });
  await Deno.writeTextFile(path, text.replaceAll('"cleanAccuracy"', `"classes":${classes},$&`));
  assert.match(await pageOf(run), /At the end of epoch 3, on held-out training images\./);
  await Deno.writeTextFile(path, text.replaceAll('"cleanAccuracy"', `"classes":{"clean":[3]},$&`));
  assert.match(await pageOf(run), /No classes of run/);
});

Deno.test("a page escapes what others wrote", async () => {
  const run = await made("<b>run&");
  const report = join(run, "eval", "made.json"), text = await Deno.readTextFile(report);
  await Deno.writeTextFile(report, text.replace("checkpoints/epoch", "<script>alert(1)"));
  const page = renderPage(await readRuns([run]), [""]);
  assert.ok(!page.includes("<b>run"));
  assert.ok(!page.includes("<script>alert"));
  assert.ok(page.includes("&lt;b&gt;run&amp;"));
});

Deno.test("findStepsPerEpoch() is that of a whole epoch, or what the recipe and the published data make it", async () => {
  let count = 0;
  const steps = async (recipe: MadeRun["recipe"], epochs: number, more: number) => {
    const run = await made(`run-${count++}`, { recipe: { ...SMALL, ...recipe }, epochs, more });
    return findStepsPerEpoch((await readRuns([run]))[0]!);
  };
  assert.deepEqual([await steps({}, 1, 2), await steps({}, 3, 0)], [5, 5]);
  assert.equal(await steps({}, 0, 4), Math.ceil((50_000 - 1024) / 128));
  assert.equal(await steps({ limitTrain: 1000, select: "none" }, 0, 4), 8);
  assert.equal(await steps({ data: "synthetic" }, 0, 4), 5);
  assert.equal(await steps({ data: "synthetic", limitTrain: 1000 }, 0, 4), 8);
  assert.equal(await steps({ limitTrain: 128 }, 0, 4), 4, "not fewer than were taken");
});

Deno.test("a page names the radius of its images as it is", async () => {
  const pictures = { part: "test", strips: [], notes: [] } as const;
  const said = async (recipe: MadeRun["recipe"]) => {
    const run = await made(`run-${recipe.attackEps}`, { recipe: { ...SMALL, ...recipe } });
    return /under PGD-20 of (.+?)\. Diff/.exec(renderPage(await readRuns([run]), [pictures]))?.[1];
  };
  assert.equal(await said({}), "L∞ 8/255");
  assert.equal(await said({ attackEps: 0.03 }), "L∞ 0.03");
  assert.equal(await said({ attackNorm: "l2", attackEps: 128 / 255 }), "L2 128/255");
});

Deno.test("a page shows for the run's what is on its own images, and lists the rest with the images' digests", async () => {
  const recipe = { ...SMALL, data: "synthetic" } as const, other = "0dd".repeat(21) + "0";
  const run = await made("run", { recipe, corruptions: ["fog"] });
  const file = (name: string) => join(run, "eval", `${name}.json`);
  const report = JSON.parse(await Deno.readTextFile(file("made")));
  const leave = (name: string, found: object, sha256: string) =>
    Deno.writeTextFile(file(name), JSON.stringify({ ...report, ...found, data: { sha256 } }));
  const test = await loadSplit("synthetic", "test", undefined, 1);
  const own = imagesDigest(test, firstIndices(test.n, 100));
  const clean = { ...report.clean, correct: 1, n: 1000 };
  const corruptions = { kinds: { fog: { severities: Array(5).fill({ correct: 1, n: 1000 }) } } };
  await leave("made", {}, own);
  await leave("other", { clean, corruptions, autoattack: undefined, curve: undefined }, other);
  const page = await pageOf(run);
  const [head] = /<ol class="runs">[^]*?<\/ol>/.exec(page)!;
  assert.match(head, /n = 100</);
  assert.doesNotMatch(head + /id="corruptions"[^]*/.exec(page)![0], /n = 1,000/);
  assert.match(page, new RegExp(`${own.slice(0, 12)}</code></td>`));
  assert.match(page, new RegExp(`${other.slice(0, 12)}</code> not the run&#39;s own</td>`));
  await leave("made", {}, "a".repeat(64)); // neither is on the run's images
  const unknown = await pageOf(run);
  assert.match(unknown, /run: The reports in .*eval are on several sets of images \(/);
  assert.doesNotMatch(/<ol class="runs">[^]*?<\/ol>/.exec(unknown)![0], /n = /);
});
