/** Bad input is an expected case: an exit code, one sentence, and everything as it was. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { RunLock } from "../../src/run/folder/run_lock.ts";
import { records, smallFiles, writeFiles } from "../data/made_cifar10.ts";
import { copyFolder, snapshot } from "../testing/folder.ts";
import { assertRefused, memloss, memlossDone } from "./memloss.ts";
import { TinyWorld, writeTinyData } from "./tiny.ts";

let world: TinyWorld;
/** A finished run of V1. */
let run: string;

Deno.test.beforeAll(async () => {
  world = await TinyWorld.create();
  run = world.path("run");
  await memlossDone(...world.trainArgs(run, "--select", "none"));
});
Deno.test.afterAll(() => world.remove());

/** Runs `memloss ARGS…`, which must be refused with `sentence` and leave every file of the tests as it was. */
async function refused(args: readonly string[], sentence: RegExp, code: 1 | 2 = 2): Promise<void> {
  const before = await snapshot(world.directory);
  assertRefused(await memloss(...args), code, sentence);
  assert.deepEqual(await snapshot(world.directory), before);
}

/** A copy of the run, to be damaged. */
async function copyOfRun(name: string): Promise<string> {
  const copy = world.path(name);
  await copyFolder(run, copy);
  return copy;
}

function resumeArgs(directory: string, ...more: string[]): string[] {
  return ["train", "--run-dir", directory, "--resume", ...more];
}

Deno.test("memloss refuses a command that it does not have", async () => {
  await refused(["trian"], /Unknown command "trian": did you mean train\?$/);
  await refused(["--verison"], /Unknown command "--verison": did you mean --version\?$/);
  await refused(
    ["eval", "a", "--epochs", "3"],
    /--epochs: it belongs to memloss train and memloss verify-run, not to memloss eval\.$/,
  );
  await refused(
    ["report", "--json"],
    /--json: it belongs to memloss eval, memloss memory, memloss weights, .+ and memloss bench, not to memloss report\.$/,
  );
  await refused(
    ["eval", "--run-dir", "a"],
    /--run-dir: memloss eval takes the folder without one: eval RUN_DIR/,
  );
  await refused(
    ["train", "--seeds", "1"],
    /--seeds: did you mean --seed, or memloss reproduce, which has --seeds\?$/,
  );
  await refused(
    ["--quiet", "train", "--width", "4"],
    /"--quiet": put flags behind the command, as in memloss train --quiet\.$/,
  );
  await refused(["help", "memory", "statz"], /"statz": did you mean memloss memory stats\?$/);
  await refused(["constructor"], /Unknown command "constructor": see --help\.$/);
  await refused(["data", "constructor", "cifar10"], /Say what to do with which data set: /);
  await refused(
    ["memory", "wipe", run],
    /memloss memory stats\|verify\|export\|import\|gc RUN_DIR \[FILE\]\.$/,
  );
  await refused(["memory", "stat", run], /"stat": did you mean memloss memory stats\?$/);
  await refused(
    ["data", "fetch"],
    /cifar10\|cifar100\|svhn is missing: memloss data fetch cifar10\|/,
  );
  await refused(["eval"], /Say what to evaluate: memloss eval RUN_DIR/);
});

Deno.test("memloss train refuses wrong flags before it touches the disk", async () => {
  const train = (...flags: string[]) => world.trainArgs(world.path("new"), ...flags);
  await refused(
    train("--batchsize", "4"),
    /Unknown flag --batchsize: did you mean --batch-size\?$/,
  );
  await refused(train("--beta", "-1"), /--beta must be a number of at least 0, not "-1"\.$/);
  await refused(train("--batch-size", "0"), /--batch-size must be a whole number of at least 1/);
  await refused(
    train("--attack-eps", "8/0"),
    /--attack-eps must be a number greater than 0.+"8\/0"/,
  );
  await refused(
    train("--variant", "standard", "--beta", "3"),
    /--beta has no meaning for --variant/,
  );
  await refused(
    train("--attack-steps", "9007199254740991"),
    /--attack-steps must be a whole number from 1 to 10000/,
  );
  await refused(
    train("--memory-age", "1000000000"),
    /--memory-age must be a whole number from 1 to 300/,
  );
  await refused(train("--workers", "0"), /--workers must be a whole number from 1 to 256/);
  await refused(
    train("--deterministic", "--backend", "webgpu", "--select", "none"),
    /--deterministic needs --backend wasm: a GPU rounds in its own way\.$/,
  );
  await refused(train("v1"), /Unexpected argument "v1": did you mean --variant v1\?$/);
  await refused(train("now"), /Unexpected argument "now": see --help\.$/);
  await refused(train("--run-dir="), /--run-dir needs a value: --run-dir=DIR\.$/);
});

Deno.test("memloss refuses flags that would have no effect", async () => {
  const cases: [string[], RegExp][] = [
    [["doctor", "--tuning", "--data-dir", "x"], /--data-dir has no meaning for timings/],
    [["data", "show", "cifar10", "--seed", "3"], /--seed has no meaning for cifar10/],
    [["data", "show", "synthetic", "--data-dir", "x"], /--data-dir has no meaning for synthetic/],
    [["data", "show", "npz", "--image-size", "64"], /--image-size has no meaning for --data npz\./],
    [["data", "show", "folder", "--image-size", "33"], /must be a multiple of 8, .+ not 33\./],
    [["data", "show", "svhn", "--test-fraction", "0.3"], /--test-fraction has no meaning for/],
    [["data", "verify", "svhn", "--test-fraction", "0.3"], /--test-fraction has no meaning for/],
    [["data", "verify", "svhn", "--test-seed", "3"], /--test-seed has no meaning for --data svhn/],
    [["data", "show", "synthetic", "--n-ex", "3"], /--n-ex has no meaning without --out\.$/],
    [["eval", run, "--attack", "clean", "--attack-eps", "3/255"], /--attack-eps has no meaning/],
    [
      ["eval", run, "--attack", "clean,curve", "--attack-eps", "3/255"],
      /--attack-eps has no .+curve/,
    ],
    [["eval", run, "--backend", "webgpu", "--workers", "2"], /--workers has no meaning with/],
    [
      world.trainArgs(world.path("new"), "--no-tune"),
      /--no-tune has no meaning with --backend wasm/,
    ],
    ...["--data-dir=x", "--backend=wasm", "--workers=2"].map((flag): [string[], RegExp] => [
      ["memory", "stats", run, flag],
      new RegExp(`${flag.split("=")[0]} has no meaning without --misclassified\\.$`),
    ]),
  ];
  for (const [args, sentence] of cases) await refused(args, sentence);
});

Deno.test("memloss shows where an error came from only with --verbose", async () => {
  const { code, stderr } = await memloss("train", "--beta", "x", "--verbose");
  assert.equal(code, 2);
  assert.match(stderr, /^error: --beta must be .+\nUsageError: --beta must .+\n {4}at /);
});

Deno.test("memloss train refuses data that are missing or damaged", async () => {
  const train = (data: string) => world.trainArgs(world.path("new"), "--data-dir", data);
  const absent = world.path("absent");
  await refused(
    train(absent),
    /There is no data directory ".+absent"; `.*deno\S* task memloss data fetch cifar10 --data-dir .+absent` gets it/,
  );
  const photos = world.path("photos");
  await Deno.mkdir(join(photos, "cats"), { recursive: true });
  await Deno.writeTextFile(join(photos, "cats", "1.JPG"), "of somebody");
  await refused(
    train(photos),
    /"[^"]+" is missing; .+photos holds folders of images, which are read with --data folder\.$/,
  );

  const damaged = world.path("damaged");
  await writeFiles(damaged, smallFiles());
  await Deno.writeFile(join(damaged, "data_batch_3.bin"), records([1, 2]).subarray(0, 5000));
  const truncated =
    /data_batch_3\.bin" is truncated: it has 5000 bytes, and the record at byte 3073/;
  await refused(train(damaged), truncated);
  await refused(["data", "verify", "cifar10", "--data-dir", damaged], truncated);
  await refused(["data", "show", "cifar10", "--data-dir", damaged], truncated);
  await Deno.writeFile(join(damaged, "data_batch_3.bin"), records([1, 10]));
  await refused(
    train(damaged),
    /data_batch_3\.bin" has label 10 at byte 3073, but labels go from 0/,
  );
});

Deno.test("memloss train refuses a run folder that is in use, or is none", async () => {
  const none = ["--select", "none"];
  await refused(
    world.trainArgs(run, ...none),
    /run is not empty: choose another --run-dir, or cont/,
  );
  const full = world.path("full");
  await Deno.mkdir(full);
  await Deno.writeTextFile(join(full, "thesis.tex"), "years of work");
  await refused(world.trainArgs(full, ...none), /full is not empty: choose another --run-dir/);
  await refused(
    world.trainArgs(join(full, "thesis.tex"), ...none),
    /thesis\.tex is a file, or lies in one: choose another --run-dir\.$/,
  );
  await refused(resumeArgs(full), /full is not a run folder: it has no recipe\.json\.$/);
  await refused(resumeArgs(world.path("absent")), /There is no run folder .*absent\.$/);

  // Nobody, the superuser included, can make a folder behind a link that leads nowhere.
  await Deno.symlink(world.path("nowhere"), world.path("dangling"));
  await refused(
    world.trainArgs(join(world.path("dangling"), "run"), ...none),
    /Could not create .+dangling.run: /,
    1,
  );
});

Deno.test("memloss train --resume refuses another recipe and other data", async () => {
  await refused(
    resumeArgs(run, "--epochs", "3"),
    /--epochs 3 differs from .+recipe\.json, which has 2/,
  );
  await refused(
    resumeArgs(run, "--limit-train", "9"),
    /--limit-train 9 differs .+ which has none: res/,
  );
  await refused(
    resumeArgs(run, "--backend", "webgpu"),
    /--backend webgpu differs .+ has wasm: resume/,
  );
  const other = world.path("other-data");
  await writeTinyData(other);
  await Deno.writeFile(join(other, "data_batch_1.bin"), records([0, 1, 2, 3]));
  await refused(
    resumeArgs(run, "--data-dir", other),
    /The training images are not those that .+run was started on: check --data-dir\.$/,
  );
});

Deno.test("memloss train --resume refuses a run that another process trains", async () => {
  const live = await copyOfRun("live");
  const lock = await RunLock.acquire(live);
  try {
    await refused(resumeArgs(live), new RegExp(`live is in use by process ${Deno.pid}: `));
  } finally {
    await lock.release();
  }
});

Deno.test("memloss train --resume and eval refuse a damaged recipe", async () => {
  const damaged = await copyOfRun("damaged-recipe"), path = join(damaged, "recipe.json");
  const text = await Deno.readTextFile(path);
  const commands = [resumeArgs(damaged), ["eval", damaged], ["memory", "stats", damaged]];
  await Deno.writeTextFile(path, text.slice(0, 100));
  for (const args of commands) await refused(args, /recipe\.json is not valid JSON/);
  await Deno.writeTextFile(path, text.replace('"epochs": 2', '"epochs": "two"'));
  for (const args of commands) {
    await refused(args, /recipe\.epochs must be a whole number of at least 1\.$/);
  }
});

Deno.test("memloss train --resume and eval refuse a checkpoint that was cut short", async () => {
  const damaged = await copyOfRun("damaged-checkpoint");
  await Deno.truncate(join(damaged, "checkpoints", "epoch-002.safetensors"), 30_000);
  await refused(
    ["eval", damaged],
    /epoch-002\.safetensors is damaged \(it is not the checkpoint that was committed\): restore/,
  );
  // A session touches its own lock file and index; what was trained stays.
  const keep = async () =>
    [...await snapshot(damaged)].filter(([name]) => !/^(run\.lock|memory\/index)/.test(name));
  const before = await keep();
  const { code, stderr } = await memloss(...resumeArgs(damaged));
  assert.equal(code, 2, stderr);
  assert.match(stderr, /^Continuing v1 .+\nthe first step, of \d+ images\nerror: .+$/);
  assert.match(stderr, /epoch-002\.safetensors is damaged \(it is not the checkpoint/);
  assert.deepEqual(await keep(), before);
});

Deno.test("memloss eval refuses what is neither a run nor a file of weights", async () => {
  await refused(
    ["eval", world.path("absent")],
    /absent does not exist: name a run folder, a file of weights or/,
  );
  await refused(["eval", world.data], /data is not a run folder: it has no recipe\.json\.$/);
  const recipe = join(run, "recipe.json");
  await refused(["eval", recipe], /recipe\.json is a run.s recipe: name the run.s folder\.$/);
  await refused(["eval", run, "--checkpoint", "best"], /--select none\): use --checkpoint last\.$/);
  await refused(
    ["eval", run, "--attack", "clean,pgd"],
    /--attack must be a list of .*, not "pgd"\.$/,
  );
  await refused(["eval", run, "--attack", "clean,fgsm2"], /--attack must be a list of clean, fgsm/);
  await refused(
    ["eval", run, "--save-adv", "a.safetensors"],
    /--save-adv needs --attack autoattack/,
  );
  const absent = world.path("absent.safetensors");
  await refused(["eval", run, "--verify-adv", absent], /absent\.safetensors does not exist\.$/);
  for (
    const flags of [
      ...[["--attack", "clean"], ["--attack-norm", "l2"], ["--n-ex", "2"], ["--seed", "2"]],
      ["--per-class"],
    ]
  ) {
    await refused(
      ["eval", run, "--verify-adv", absent, ...flags],
      new RegExp(`${flags[0]} has no meaning with --verify-adv, which attacks nothing\\.$`),
    );
  }
  await refused(
    ["eval", run, "--attack", "clean", "--restarts", "2"],
    /--restarts needs an --attack that starts anew, such as pgd20\.$/,
  );
  await refused(
    ["eval", run, "--attack", "curve", "--per-class"],
    /--per-class needs an --attack that is counted by class: curve is not\.$/,
  );
  const attack = ["eval", run, "--attack", "autoattack"];
  await refused([...attack, "--attack-version", "custom"], /custom needs --attacks-to-run/);
  await refused([...attack, "--attacks-to-run", "square"], /needs --attack-version custom/);
  await refused(
    [...attack, "--attack-version", "custom", "--attacks-to-run", "pgd"],
    /--attacks-to-run must be a list of apgd-ce/,
  );
  const square = [...attack, "--attack-version", "custom", "--attacks-to-run", "square"];
  await refused([...square, "--restarts", "4"], /--restarts needs an --attack that starts anew/);
  await refused([...square, "--targets", "3"], /AutoAttack's targets have no meaning for square/);
  await refused(
    [...attack, "--attack-version", "custom", "--attacks-to-run", "fab-t", "--targets", "12"],
    /AutoAttack's targets must be at most 9, as many as there are other classes, not 12\.$/,
  );
  await refused(["eval", run, "--data", "synthetic"], /--data is fixed by the run's recipe/);
  await refused(["eval", run, "--test-seed", "3"], /--test-seed is fixed by the run's recipe/);
  await refused(
    ["eval", run, "--attack-eps", "3"],
    /--attack-eps 3 is more .+ did you mean 3\/255\?$/,
  );
  await refused(["eval", run, "--shard", "5/4"], /--shard must be one of 1\/N to N\/N.+"5\/4"\.$/);
  await refused(["eval", run, "--merge", "--shard", "1/4"], /--shard has no meaning with --merge/);
  await refused(["eval", run, "--merge"], /There is no shard of this evaluation in .+eval: make/);
  const reproduce = ["reproduce", "--out", world.path("plan")];
  await refused([...reproduce, "--time", "1:00:00"], /--time needs --plan\.$/);
  await refused(
    [...reproduce, "--step", "2"],
    /--step must be train, I\/N, cell or table, not "2"/,
  );
  await refused(["eval", run, "--n-ex", "0"], /--n-ex must be a whole number of at least 1/);
});

Deno.test("memloss memory refuses a folder without a memory", async () => {
  await refused(
    ["memory", "stats", world.data],
    /data is not a run folder: it has no recipe\.json\.$/,
  );
  const none = await copyOfRun("no-memory");
  await Deno.remove(join(none, "memory"), { recursive: true });
  await refused(["memory", "stats", none], /There is no memory in .+no-memory/);
  const text = await Deno.readTextFile(join(none, "recipe.json"));
  const fields = Object.entries<unknown>(JSON.parse(text).recipe)
    .filter(([name]) => !["beta", "betaPrime", "memory", "attack"].includes(name));
  const recipe = { ...Object.fromEntries(fields), variant: "standard" };
  const record = { ...JSON.parse(text), recipe };
  await Deno.writeTextFile(join(none, "recipe.json"), JSON.stringify(record));
  await refused(
    ["memory", "stats", none],
    /no-memory is a run of standard, which has no memory\.$/,
  );
});

Deno.test("memloss data refuses names, addresses and flags that lead nowhere", async () => {
  const at = ["--data-dir", world.data];
  await refused(
    ["data", "fetch", "cifar12", ...at],
    /no data set "cifar12": did you mean cifar10\?$/,
  );
  await refused(["data", "verify", "synthetic", ...at], /synthetic is made from the seed: /);
  await refused(
    ["data", "show", "cifar12", ...at],
    /There is no data set "cifar12": did you mean/,
  );
  await refused(
    ["data", "verify", "cifar10", ...at, "--n-ex", "3"],
    /--n-ex has no meaning for memloss data verify\.$/,
  );
  await refused(["data", "show", "cifar10", ...at, "--out", "a.jpg"], /--out must be a \.png, not/);
  const out = join(world.path("absent"), "sheet.png");
  await refused(
    ["data", "show", "cifar10", ...at, "--out", out],
    /^error: --out: there is no folder .+absent: make it first\.$/,
  );
});
