import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { command as compare } from "../../src/cli/compare.ts";
import { command as data } from "../../src/cli/data.ts";
import { command as doctor } from "../../src/cli/doctor.ts";
import { command as evaluate } from "../../src/cli/eval.ts";
import { command as memory } from "../../src/cli/memory.ts";
import { command as reproduce } from "../../src/cli/reproduce.ts";
import { command as train } from "../../src/cli/train.ts";
import { PUBLISHED_SETS } from "../../src/data/sets/sets.ts";
import { sourceDigest, VERSION } from "../../src/run/program_version.ts";
import { decodeRunRecord } from "../../src/run/run_record.ts";
import { copyFolder, snapshot } from "../testing/folder.ts";
import { assertRefused, deno, memloss, memlossDone, type Outcome } from "./memloss.ts";
import { TINY, TinyWorld, writeTinyData } from "./tiny.ts";

let world: TinyWorld;
/** A run of V1 that all tests look at, and what making it printed. */
let run: string;
let trained: Outcome;

Deno.test.beforeAll(async () => {
  world = await TinyWorld.create();
  run = world.path("run");
  trained = await memloss(...world.trainArgs(run, "--variant", "v1", "--select", "none"));
});
Deno.test.afterAll(() => world.remove());

/** The rows of a run's `metrics.csv`, by column. */
async function readTable(directory: string): Promise<Record<string, string>[]> {
  const text = await Deno.readTextFile(join(directory, "metrics.csv"));
  const [header, ...rows] = text.trimEnd().split("\n").map((line) => line.split(","));
  return rows.map((row) => Object.fromEntries(header!.map((name, i) => [name, row[i]!])));
}

Deno.test("memloss train tells its progress on stderr and leaves a run folder", async () => {
  assert.equal(trained.code, 0, trained.stderr);
  assert.equal(trained.stdout, "");
  const lines = trained.stderr.split("\n");
  assert.match(lines[0]!, /^Training v1 on cifar10, resnet18 of width 1, wasm \(.+\), in /);
  const [first, second] = lines.filter((line) => /^epoch \d\/2 {2}loss/.test(line));
  assert.match(first!, /^epoch 1\/2 {2}loss [\d.]+ \(ce [\d.]+, kl [\d.]+\) .+ images\/s {2}\d+s$/);
  assert.match(second!, /\(ce [\d.]+, kl [\d.]+, memory [\d.]+\)/, "the memory is live in epoch 2");
  assert.match(lines.at(-1)!, /^Done\. Evaluate it with: .*deno\S* task memloss eval /);
  assert.ok(lines.at(-1)!.endsWith(` ${run}`));

  const files = [...(await snapshot(run)).keys()].filter((name) => !name.startsWith("eval"));
  assert.deepEqual(files, [
    "checkpoints",
    "checkpoints/committed.json",
    "checkpoints/epoch-002.safetensors",
    "checkpoints/last",
    "memory",
    "memory/current.json",
    "memory/generation-0002",
    "memory/generation-0002/chunk-0000.bin",
    "memory/generation-0002/manifest.json",
    "memory/index.kv",
    "metrics.csv",
    "metrics.jsonl",
    "recipe.json",
    "run.lock",
  ]);
});

Deno.test("memloss train records the recipe, the program, the machine and every step", async () => {
  const text = await Deno.readTextFile(join(run, "recipe.json"));
  const { program, machine, recipe } = decodeRunRecord(text, "recipe.json");
  assert.deepEqual(program, { version: VERSION, digest: await sourceDigest() });
  assert.deepEqual([machine.backend, machine.deno], ["wasm", Deno.version.deno]);
  assert.deepEqual(
    [recipe.variant, recipe.beta, recipe.width, recipe.select, recipe.dataDir],
    ["v1", 3, 1, "none", world.data],
  );
  const metrics = (await Deno.readTextFile(join(run, "metrics.jsonl"))).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  const places = metrics.map(({ kind, epoch, step }) => [kind, epoch, step]);
  const epoch = (n: number) => [
    ...[1, 2, 3].map((step) => ["step", n, step]),
    ["epoch", n, undefined],
  ];
  assert.deepEqual(places, [...epoch(1), ...epoch(2)], "20 images in batches of 8");
  const [first, second] = await readTable(run);
  assert.deepEqual([first!.epoch, second!.epoch], ["1", "2"]);
  assert.equal(first!.memory, "");
  assert.ok(Number(second!.memory) > 0);
  assert.equal(second!.robust_accuracy, "", "nothing was selected");
});

Deno.test("memloss eval --json prints one document that is also kept in the run folder", async () => {
  const { stdout, stderr } = await memlossDone("eval", run, "--attack", "clean,pgd20", "--json");
  assert.match(stderr, /^clean: 8 of 12 images/);
  const report = JSON.parse(stdout);
  const { clean, pgd20, perClass, recipe, ...rest } = report;
  const summed = (name: string) =>
    perClass.reduce(
      (sum: number, { correct }: { correct: Record<string, number> }) => sum + correct[name]!,
      0,
    );
  assert.deepEqual([summed("clean"), summed("pgd20")], [clean.correct, pgd20.correct]);
  for (const { accuracy, correct, n } of [clean, pgd20]) {
    assert.equal(n, TINY.test);
    assert.ok(Number.isInteger(correct) && correct >= 0 && correct <= n);
    assert.equal(accuracy, correct / n);
  }
  const text = await Deno.readTextFile(join(run, "recipe.json"));
  const record = JSON.parse(text);
  assert.deepEqual(recipe, record.recipe);
  const path = join(run, "checkpoints", "epoch-002.safetensors");
  const sha256 = createHash("sha256").update(await Deno.readFile(path)).digest("hex");
  assert.match(rest.data.sha256, /^[0-9a-f]{64}$/);
  assert.deepEqual(rest, {
    checkpoint: {
      path,
      sha256,
      name: "last",
      select: "none",
    },
    data: { name: "cifar10", part: "test", n: TINY.test, sha256: rest.data.sha256 },
    attack: { norm: "linf", epsilon: 8 / 255, fraction: "8/255", restarts: 1 },
    backend: { name: "wasm", adapter: "WebAssembly SIMD, relaxed multiply-add" },
    program: record.program,
    seed: 1,
  });
  const kept = join(run, "eval", `epoch-002.clean-pgd20.n${TINY.test}.eps8.00.seed1.wasm.json`);
  assert.deepEqual(JSON.parse(await Deno.readTextFile(kept)), report);
  assert.equal(stderr.trimEnd().split("\n").at(-1), `The report is ${kept}`);
});

Deno.test("memloss eval --shard evaluates a part of the images and says where it is kept", async () => {
  const flags = ["--attack", "clean", "--batch-size", "8", "--json"];
  const { stdout, stderr } = await memlossDone("eval", run, ...flags, "--shard", "2/2");
  const { sha256: _, ...data } = JSON.parse(stdout).data;
  assert.deepEqual(data, { name: "cifar10", part: "test", n: TINY.test - 8 });
  const [, path] = /^note: Shard 2\/2 is in (.+eval.clean-[0-9a-f]{12}\.shards.2-of-2\.json)\.$/m
    .exec(stderr)!;
  assert.equal(JSON.parse(await Deno.readTextFile(path!)).report.clean.n, TINY.test - 8);
});

Deno.test("memloss eval --attack curve has a row for each radius, and keeps its points", async () => {
  const { stdout } = await memlossDone("eval", run, "--attack", "curve,clean", "--n-ex", "3");
  const path = join(run, "eval", "epoch-002.clean-curve.n3.eps8.00.seed1.wasm.json");
  const { curve: { attack, points }, clean } = JSON.parse(await Deno.readTextFile(path));
  assert.equal(attack, "pgd20");
  assert.deepEqual(points[0], { epsilon: 0, correct: clean.correct, n: 3 });
  assert.equal(points.length, 11);
  const rows = points.map((point: { epsilon: number; correct: number }) => {
    const percent = `${(100 * point.correct / 3).toFixed(2)} %`.padStart(9);
    return `  ${
      `${Math.round(255 * point.epsilon)}/255`.padStart(7)
    } ${percent}  (${point.correct} of 3)`;
  });
  assert.ok(stdout.includes(["pgd20 at linf ε =", ...rows, ""].join("\n")), stdout);
});

Deno.test("memloss eval tells its report also where the run folder cannot keep it", async () => {
  const full = world.path("full");
  await copyFolder(run, full);
  await Deno.remove(join(full, "eval"), { recursive: true }).catch(() => {});
  await Deno.writeTextFile(join(full, "eval"), "in the way of a folder");
  const { code, stdout, stderr } = await memloss("eval", full, "--attack", "clean", "--json");
  assert.equal(code, 1, stderr);
  assert.match(stderr, /^error: .+eval.+$/m);
  assert.equal(JSON.parse(stdout).clean.n, TINY.test);
});

Deno.test("memloss eval of a run that nobody may write to prints its report and a note", async () => {
  const archive = world.path("archive");
  await copyFolder(run, archive);
  await Deno.remove(join(archive, "eval"), { recursive: true }).catch(() => {});
  const before = await snapshot(archive);
  const mayRead = ["run", "--no-prompt", "--allow-read", `--allow-write=${world.path("state")}`];
  const evaluate = (...flags: string[]) =>
    deno(...mayRead, "src/main.ts", "eval", archive, "--n-ex", "4", "--json", ...flags);
  const { code, stdout, stderr } = await evaluate("--attack", "clean");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^note: The report is not kept: Could not create .+archive.eval: .+\.$/m);
  assert.equal(JSON.parse(stdout).clean.n, 4);
  const attack = ["--attack", "autoattack", "--attack-version", "custom"];
  const members = ["--attacks-to-run", "apgd-ce"];
  assertRefused(
    await evaluate(...attack, ...members),
    2,
    /AutoAttack keeps its state in .+archive.eval, which cannot be written .+--state-dir\.$/,
  );
  const { stdout: attacked } = await evaluate(
    ...[...attack, ...members, "--state-dir", world.path("state")],
  );
  assert.equal(JSON.parse(attacked).autoattack.n, 4);
  assert.deepEqual(await snapshot(archive), before);
  assert.deepEqual(await snapshot(world.path("state")), new Map());
});

Deno.test("memloss eval, train --resume and memory stats take a copy that has lost its links", async () => {
  const changes: Record<string, (last: string) => Promise<void>> = {
    "without links": (last) => Deno.remove(last),
    "with texts for links": async (last) => {
      await Deno.remove(last);
      await Deno.writeTextFile(last, "epoch-002.safetensors");
    },
    "with copies for links": async (last) => {
      const bytes = await Deno.readFile(last);
      await Deno.remove(last);
      await Deno.writeFile(last, bytes);
    },
  };
  const expected = await memlossDone("eval", run, "--attack", "clean", "--json");
  for (const [name, change] of Object.entries(changes)) {
    const copy = world.path(name);
    await copyFolder(run, copy);
    await change(join(copy, "checkpoints", "last"));
    const { stdout } = await memlossDone("eval", copy, "--attack", "clean", "--json");
    const [ours, theirs] = [stdout, expected.stdout].map((text) => JSON.parse(text));
    assert.equal(ours.checkpoint.sha256, theirs.checkpoint.sha256, name);
    assert.deepEqual(ours.clean, theirs.clean);
    await memlossDone("memory", "stats", copy);
    await memlossDone("train", "--run-dir", copy, "--resume");
    assert.equal(
      await Deno.readLink(join(copy, "checkpoints", "last")),
      "epoch-002.safetensors",
      "which repairs it",
    );
  }
});

Deno.test("memloss train and --resume do without links where they may not be made", async () => {
  const directory = world.path("unlinked");
  // Deno lets nobody make a link who may not write everywhere.
  const permissions = ["--no-prompt", "--allow-read", "--allow-env", `--allow-write=${directory}`];
  const train = (...args: string[]) => deno("run", ...permissions, "src/main.ts", ...args);
  const flags = ["--variant", "v1", "--select", "test", "--limit-test", "4"];
  for (
    const args of [world.trainArgs(directory, ...flags), [
      "train",
      "--run-dir",
      directory,
      "--resume",
    ]]
  ) {
    const { code, stderr } = await train(...args);
    assert.equal(code, 0, stderr);
    const names = [...(await snapshot(join(directory, "checkpoints"))).keys()];
    assert.ok(!names.includes("last") && !names.includes("best"), names.join());
  }
  for (const checkpoint of ["last", "best"]) {
    const { stdout } = await memlossDone(
      ...["eval", directory, "--checkpoint", checkpoint, "--attack", "clean", "--json"],
    );
    assert.equal(JSON.parse(stdout).checkpoint.name, checkpoint);
  }
});

Deno.test("memloss eval and memory stats do without the float16 that a run was attacked in", async () => {
  const path = join(run, "recipe.json"), text = await Deno.readTextFile(path);
  const record = JSON.parse(text);
  record.recipe.attack.precision = "f16"; // as if a GPU had made it
  await Deno.writeTextFile(path, JSON.stringify(record));
  try {
    const report = JSON.parse(
      (await memlossDone("eval", run, "--attack", "clean", "--n-ex", "4", "--json")).stdout,
    );
    assert.deepEqual([report.clean.n, report.backend.name], [4, "wasm"]);
    await memlossDone("memory", "stats", run, "--misclassified", "--data-dir", world.data);
  } finally {
    await Deno.writeTextFile(path, text);
  }
});

Deno.test("memloss eval finds the same in a run and in its file of weights", async () => {
  const flags = ["--n-ex", "10", "--data-dir", world.data, "--json"];
  const ofRun = JSON.parse((await memlossDone("eval", run, ...flags)).stdout);
  const weights = join(run, "checkpoints", "epoch-002.safetensors");
  const before = await snapshot(run);
  const ofFile = JSON.parse(
    (await memlossDone("eval", weights, "--backend", "wasm", "--batch-size", "3", ...flags)).stdout,
  );
  assert.equal(ofFile.clean.n, 10);
  assert.deepEqual([ofFile.clean, ofFile.pgd20], [ofRun.clean, ofRun.pgd20]);
  const { sha256 } = ofRun.checkpoint;
  assert.deepEqual(ofFile.checkpoint, { path: weights, sha256, name: null, select: null });
  assert.equal(ofFile.recipe, null);
  assert.deepEqual(await snapshot(run), before, "a file of weights has no folder to keep it in");
});

Deno.test("memloss eval reads the test images alone, and memory stats the training images alone", async () => {
  const [train, test] = [world.path("train-files"), world.path("test-file")];
  await copyFolder(world.data, train);
  await Deno.mkdir(test);
  await Deno.rename(join(train, "test_batch.bin"), join(test, "test_batch.bin"));
  const weights = join(run, "checkpoints", "epoch-002.safetensors");
  const flags = ["--attack", "clean", "--backend", "wasm", "--json"];
  const { clean } = JSON.parse(
    (await memlossDone("eval", weights, ...flags, "--data-dir", test)).stdout,
  );
  assert.equal(clean.n, TINY.test);
  const { code, stderr } = await memloss("eval", weights, ...flags, "--data-dir", train);
  assert.equal(code, 2);
  assert.match(
    stderr,
    /The data file ".+test_batch\.bin" is missing; `.*deno\S* task memloss data fetch cifar10 --data-dir \S+` gets it/,
  );
  await memlossDone("memory", "stats", run, "--misclassified", "--data-dir", train);
});

Deno.test("memloss eval prints a table for people, of what was asked for", async () => {
  const { stdout } = await memlossDone("eval", run, "--attack", "clean", "--n-ex", "4");
  const [subject, what, ...rows] = stdout.trimEnd().split("\n");
  assert.equal(
    subject,
    `${join(run, "checkpoints", "epoch-002.safetensors")} (last, not selected)`,
  );
  assert.equal(what, "4 test images of cifar10, linf ε = 8.00/255, seed 1");
  assert.equal(rows.length, 1);
  assert.match(rows[0]!, /^ {2}clean +[\d.]+ % {2}\(\d of 4\)$/);
});

Deno.test("memloss memory stats tells what the run remembers", async () => {
  const { stdout, stderr } = await memlossDone("memory", "stats", run, "--json");
  assert.equal(stderr, "");
  const { generations: [generation, ...others], ...report } = JSON.parse(stdout);
  assert.deepEqual(others, []);
  const { dataSha256, ...counted } = report;
  const { checkpointSha256, ...current } = counted.current;
  const record = JSON.parse(await Deno.readTextFile(join(run, "recipe.json")));
  assert.equal(dataSha256, record.dataSha256);
  const checkpoint = await Deno.readFile(join(run, "checkpoints", "epoch-002.safetensors"));
  assert.equal(checkpointSha256, createHash("sha256").update(checkpoint).digest("hex"));
  assert.deepEqual({ ...counted, current }, {
    codec: "int8",
    epsilon: 8 / 255,
    imageCount: TINY.train,
    imagesTrainedOn: TINY.train,
    shape: { height: 32, width: 32, channels: 3 },
    ages: [{ age: 0, images: TINY.train }],
    current: {
      epoch: 2,
      step: 3,
      complete: true,
      checkpoint: "epoch-002.safetensors",
      generations: [2],
    },
  });
  const { bytes, meanAbsoluteDelta, boundaryShare, ...counts } = generation;
  assert.deepEqual(counts, {
    ...{ epoch: 2, complete: true, examples: TINY.train, trainedOn: TINY.train, coverage: 1 },
  });
  assert.ok(bytes > TINY.train * 3072);
  assert.ok(meanAbsoluteDelta > 0 && meanAbsoluteDelta <= 8);
  assert.ok(boundaryShare > 0 && boundaryShare <= 1);

  const text = (await memlossDone("memory", "stats", run)).stdout;
  assert.match(text, /^codec int8, ε = 8\.00\/255, 20 training images; epoch 2, epoch-002\./);
  assert.match(text, /\n {2}epoch 2: 20 examples \(100\.00 % of the images\), /);
});

Deno.test("memloss train --select test keeps the checkpoint with the best PGD-20 accuracy", async () => {
  const directory = world.path("on-test");
  const size = ["--data", "synthetic", "--limit-train", "256", "--width", "2", "--epochs", "3"];
  const how = ["--variant", "standard", "--lr", "0.05", "--select", "test", "--limit-test", "30"];
  await memlossDone(...world.trainArgs(directory, ...size, ...how));
  const rows = await readTable(directory);
  assert.equal(rows.length, 3);
  const clean = rows.map((row) => Number(row.clean_accuracy));
  const robust = rows.map((row) => Number(row.robust_accuracy));
  for (const accuracy of [...clean, ...robust]) assertShareOf(30, accuracy);
  const best = robust.indexOf(Math.max(...robust));
  const checkpoint = (link: string) => Deno.readLink(join(directory, "checkpoints", link));
  assert.equal(await checkpoint("best"), `epoch-00${best + 1}.safetensors`);
  assert.equal(await checkpoint("last"), "epoch-003.safetensors");

  const ofBest = JSON.parse((await memlossDone("eval", directory, "--json")).stdout);
  const shown = JSON.parse((await memlossDone("weights", "show", directory, "--json")).stdout);
  assert.deepEqual([shown.file, shown.sha256], [ofBest.checkpoint.path, ofBest.checkpoint.sha256]);
  assert.equal(shown.network.title, "ResNet-18");
  assert.deepEqual([ofBest.checkpoint.name, ofBest.checkpoint.select], ["best", "test"]);
  assert.deepEqual([ofBest.clean.accuracy, ofBest.pgd20.accuracy], [clean[best], robust[best]]);
  // Another seed draws other attacks, not other images.
  const last = ["--checkpoint", "last", "--attack", "clean", "--seed", "7", "--json"];
  const ofLast = JSON.parse((await memlossDone("eval", directory, ...last)).stdout);
  assert.deepEqual([ofLast.clean.accuracy, ofLast.seed], [clean[2], 7]);
});

Deno.test("memloss train --select val measures on a fifth of a few training images, and trains on the others", async () => {
  const directory = world.path("on-val"), data = world.path("val-data");
  await writeTinyData(data, 206);
  const how = ["--data-dir", data, "--variant", "standard", "--epochs", "1", "--batch-size", "128"];
  const train = world.trainArgs(directory, ...how, "--limit-train", "9999", "--select", "val");
  const { stderr } = await memlossDone(...train);
  assert.match(stderr, /^note: --limit-train 9999: there are only 824 images to train on\.$/m);
  const [row] = await readTable(directory);
  for (const name of ["clean_accuracy", "robust_accuracy"]) assertShareOf(206, Number(row![name]));
  assert.equal(
    await Deno.readLink(join(directory, "checkpoints", "best")),
    "epoch-001.safetensors",
  );
  const log = await Deno.readTextFile(join(directory, "metrics.jsonl"));
  assert.equal(
    log.match(/"kind":"step"/g)?.length,
    7,
    "824 of the 1,030 images are left to train on",
  );
  const { stdout } = await memlossDone("eval", directory, "--attack", "clean");
  assert.match(
    stdout,
    /\(best, selected on val; --checkpoint last takes the last one\)\n12 test images of cifar10/,
  );
});

/** Fails unless `accuracy` is a whole number of `n` images. */
function assertShareOf(n: number, accuracy: number): void {
  const correct = Math.round(accuracy * n);
  assert.ok(correct >= 0 && correct <= n);
  assert.equal(accuracy, correct / n);
}

Deno.test("memloss doctor --json tells what the machine has and what is missing", async () => {
  const elsewhere = world.path("absent");
  const [there, absent] = await Promise.all(
    [world.data, elsewhere].map(async (at) =>
      JSON.parse((await memlossDone("doctor", "--json", "--data-dir", at)).stdout)
    ),
  );
  assert.deepEqual(there.memloss, { version: VERSION, digest: await sourceDigest() });
  assert.equal(there.deno, Deno.version.deno);
  assert.ok(Number.isInteger(there.processors) && there.processors > 0);
  assert.deepEqual(there.wasm, {
    arithmetic: "WebAssembly SIMD, relaxed multiply-add",
    threads: navigator.hardwareConcurrency,
  });
  const hardware = there.webgpu.some(({ software }: { software: boolean }) => !software);
  assert.equal(there.auto, hardware ? "webgpu" : "wasm");
  const sets = (cifar10: boolean) =>
    Object.fromEntries(PUBLISHED_SETS.map(({ name }) => [name, cifar10 && name === "cifar10"]));
  assert.deepEqual(there.data, { directory: world.data, ...sets(true) });
  assert.deepEqual(absent.data, { directory: elsewhere, ...sets(false) });
  assert.ok(!there.advice.some((line: string) => line.includes("memloss data fetch")));
  assert.ok(
    absent.advice.includes(
      `CIFAR-10 is not in ${elsewhere}: \`memloss data fetch cifar10 --data-dir ${elsewhere}\` gets it`,
    ),
  );
  const { stdout } = await memlossDone("doctor");
  assert.match(
    stdout,
    /^memloss \d+\.\d+\.\d+, Deno .+\nwasm {4}WebAssembly SIMD, .+, \d+ threads\n/,
  );
});

Deno.test("memloss data show and verify describe the files", async () => {
  const at = ["cifar10", "--data-dir", world.data];
  const sheet = world.path("sheet.png");
  const shown = await memlossDone("data", "show", ...at, "--out", sheet, "--n-ex", "7");
  assert.match(shown.stdout, /^train: 20 images, channel means 0\.\d{4},/);
  assert.match(shown.stdout, /\n {2}bird {14}3 {5}1\n/);
  assert.deepEqual([...(await Deno.readFile(sheet)).subarray(0, 4)], [137, 80, 78, 71]);

  const summary = JSON.parse((await memlossDone("data", "show", ...at, "--json")).stdout);
  assert.deepEqual([summary.name, summary.train.n, summary.test.n], ["cifar10", 20, 12]);
  assert.deepEqual(summary.test.labels, [2, 2, 1, 1, 1, 1, 1, 1, 1, 1]);

  const verified = JSON.parse((await memlossDone("data", "verify", ...at, "--json")).stdout);
  assert.deepEqual([verified.train, verified.test, verified.official], [20, 12, false]);
  assert.equal(verified.files.length, 6);
  const { stdout } = await memlossDone("data", "verify", ...at);
  assert.match(stdout, /: 20 training and 12 test images, all well-formed; these are not the/);
  assert.match(stdout, /\n {2}test_batch\.bin {2}12 records {2}sha256 [0-9a-f]{64}\n/);
});

Deno.test("memloss --help lists the commands, and each command's --help its flags", async () => {
  /** Without the breaks that lines have where there is no more room. */
  const plain = (text: string) => text.replaceAll(/\s+/g, " ");
  const overview = (await memlossDone()).stdout;
  for (const command of [train, evaluate, memory, data, doctor, compare, reproduce]) {
    assert.ok(plain(overview).includes(` ${command.name} ${command.summary} `), command.name);
    const { stdout } = await memlossDone(command.name, "--help");
    assert.match(stdout, new RegExp(`\nUsage: memloss ${command.name} `));
    for (const { name, help } of Object.values(command.flags)) {
      assert.ok(stdout.includes(`  --${name}`) && plain(stdout).includes(help), `--${name}`);
    }
  }
  const { stdout } = await memlossDone("help", "memory", "gc");
  assert.match(stdout, /\nUsage: memloss memory gc RUN_DIR \[flags\]\n/);
  assert.doesNotMatch(stdout, /--misclassified/);
  // What every object has is no action.
  assertRefused(await memloss("help", "memory", "constructor"), 2, /memloss memory stats\|/);
  assert.equal((await memlossDone("--help")).stdout, overview);
  assert.match((await memlossDone("train", "--width", "-h")).stdout, /Usage: memloss train/);
});

Deno.test("memloss --version prints the version, what the code is, and what is embedded", async () => {
  const { stdout } = await memlossDone("--version");
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines[0], `memloss ${VERSION}`);
  assert.equal(lines[1], `code     ${await sourceDigest()}`);
  assert.match(lines[2]!, new RegExp(`^Deno     ${Deno.version.deno}, ${Deno.build.os} `));
  assert.match(
    lines[3]!,
    /^kernels {2}relaxed [0-9a-f]{12}, strict [0-9a-f]{12}, relaxed-unshared /,
  );
  assert.equal(lines[4], "tables   paper, methods, beyond");
  assert.equal(lines[5], "recipes  memloss-v1, memloss-fast, memloss-best");
  assert.equal((await memlossDone("-V")).stdout, stdout);
});
