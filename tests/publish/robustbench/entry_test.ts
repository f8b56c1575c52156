import assert from "node:assert/strict";
import { join } from "@std/path";
import { loadBatch } from "../../../src/data/batches.ts";
import { loadSplit } from "../../../src/data/sets/sets.ts";
import { evaluateRun } from "../../../src/evaluate/evaluate_run.ts";
import { channelsFirst } from "../../../src/evaluate/adversarial_file.ts";
import { exportWeights } from "../../../src/publish/export_weights.ts";
import { startRun } from "../../../src/train/start.ts";
import { encodeTorch } from "../../../src/weights/export/torch_file.ts";
import { snapshot } from "../../testing/folder.ts";
import { judgedTest } from "../../testing/judge.ts";
import { autoAttackLog } from "../../../src/publish/robustbench/autoattack_log.ts";
import { AUTOATTACK, MEASURED, report } from "./made_reports.ts";

/** Test images that are evaluated. */
const N = 64;

let folder: string, run: string;
/** Of those, how many are classified correctly here. */
let correct: number;

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir();
  run = join(folder, "my run");
  await startRun({
    ...{ variant: "standard", data: "synthetic", width: 4, epochs: 2, batchSize: 32 },
    ...{ limitTrain: 512, limitTest: N, select: "none", backend: "wasm" },
  }, run);
  correct = (await evaluateRun(run, { attacks: ["clean"] })).clean!.correct;
});
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

function exportEntry(out: string, overwrite = false) {
  return exportWeights(run, { format: "robustbench", out, name: "Made2026Entry_R18", overwrite });
}

const read = (out: string, path: string) => Deno.readTextFile(join(out, path));

Deno.test("exportWeights() writes a RobustBench entry under RobustBench's layout, and says what it lacks", async () => {
  const out = join(folder, "entry");
  const { files, missing } = await exportEntry(out);
  const name = "Made2026Entry_R18";
  assert.deepEqual(files.map((file) => file.slice(out.length + 1)), [
    `models/synthetic/Linf/${name}.pt`,
    "memloss_resnet18.py",
    "evaluate.py",
    `model_info/synthetic/Linf/${name}.json`,
    "verdicts.csv",
    "README.md",
  ]);
  assert.deepEqual(missing, [
    ...["link", "name", "authors", "venue", "reported", "autoattack_acc"],
  ]);
  const info = JSON.parse(await read(out, `model_info/synthetic/Linf/${name}.json`));
  assert.equal(info.clean_acc, (100 * correct / N).toFixed(2));
  assert.equal((await read(out, "verdicts.csv")).split("\n").length, 1 + N + 1);

  const card = await read(out, "README.md");
  for (
    const line of [
      `# ${name}`,
      /^\| clean \| [\d.]+ \| \[[\d.]+, [\d.]+\] \| the first 64 \| 1 \|$/m,
      /^Not measured yet: autoattack\. `memloss eval RUN_DIR --attack autoattack` does/m,
      "- It was trained on 512 images only, not on all of the training images.",
      "- RobustBench has no leaderboard for the synthetic data set.",
      /^\| the run's checkpoint \(last, epoch-002\) \| `[0-9a-f]{64}` \|$/m,
    ]
  ) assert.ok(typeof line === "string" ? card.includes(`\n${line}\n`) : line.test(card), `${line}`);
  // What a user keeps to himself.
  for (const file of files) {
    const text = new TextDecoder("latin1").decode(await Deno.readFile(file));
    assert.ok(!text.includes(folder), `${file} names a folder of this machine`);
  }
});

Deno.test("exportWeights() replaces an entry, whose log goes with the measurement, and no other folder unless told", async () => {
  const out = join(folder, "again");
  await Deno.mkdir(out);
  await exportEntry(out);
  const before = await snapshot(out);
  const { weights: { sha256 } } = await exportEntry(out);
  assert.deepEqual(await snapshot(out), before);

  const measured = join(run, "eval", "made.json");
  await Deno.writeTextFile(measured, report(sha256, { autoattack: AUTOATTACK }));
  await exportEntry(out);
  assert.match(await read(out, "autoattack.log"), /^robust accuracy: 12\.50%$/m);
  assert.match(await read(out, "README.md"), /^- AutoAttack warned: Square broke more/m);
  await Deno.remove(measured);
  await exportEntry(out);
  assert.deepEqual(await snapshot(out), before);

  const other = join(folder, "other");
  await Deno.mkdir(other);
  await Deno.writeTextFile(join(other, "autoattack.log"), "mine");
  await assert.rejects(exportEntry(other), {
    name: "UsageError",
    message: /other is there already and is no RobustBench entry: name another folder, or add/,
  });
  assert.deepEqual([...(await snapshot(other)).keys()], ["autoattack.log"]);
  await exportEntry(other, true);
  assert.equal(await read(other, "autoattack.log"), "mine");
  assert.ok((await snapshot(other)).has("README.md"));
});

/** What is refused, with how the sentence ends. */
const REFUSED: [string, (folder: string) => Promise<unknown>, RegExp][] = [
  [
    "a folder's name that is no model's",
    (folder) => exportWeights(run, { format: "robustbench", out: join(folder, "new") }),
    /^"my run" cannot be a model's name on RobustBench: give --name with letters, digits, - and _\.$/,
  ],
  [
    "a file of weights",
    (folder) => {
      const file = join(run, "checkpoints", "epoch-002.safetensors");
      return exportWeights(file, { format: "robustbench", out: join(folder, "new") });
    },
    /does not say what it was trained for: --format robustbench takes a run folder\.$/,
  ],
  [
    "a file in the folder's place",
    (folder) => exportEntry(join(folder, "my run", "recipe.json")),
    /is no folder: name another, which will be made\.$/,
  ],
  [
    "a folder without one above it",
    (folder) => exportEntry(join(folder, "absent", "new")),
    /there is no folder .+absent: make it first\.$/,
  ],
  [
    "a run's own folder",
    () => exportEntry(join(run, "checkpoints", "new")),
    /belongs to the run in .+my run: name another file\.$/,
  ],
];

for (const [what, refused, message] of REFUSED) {
  Deno.test(`exportWeights() makes no entry of ${what}`, async () => {
    const before = await snapshot(folder);
    await assert.rejects(refused(folder), { name: "UsageError", message });
    assert.deepEqual(await snapshot(folder), before);
  });
}

/** Runs the entry's script without an attack, then with a short one on a few images. */
const RUN = `
import os, runpy, sys, torch, pyautoattack.autoattack as autoattack
class Short(autoattack.APGDAttack):
    def __init__(self, *args, **options):
        super().__init__(*args, **{**options, "n_iter": 5, "n_restarts": 1})
autoattack.APGDAttack = Short
torch.set_num_threads(1)
out, images = sys.argv[1:]
os.chdir(out)
sys.path.insert(0, out)
for args in (["--attack", "none"], ["--attack", "apgd-ce", "--n-ex", "4"]):
    sys.argv = ["evaluate.py", images, *args]
    runpy.run_path(f"{out}/evaluate.py", run_name="__main__")
`;

judgedTest(
  "an entry's own script finds the accuracy that we find, and AutoAttack's code runs on it",
  ["torch", "pyautoattack"],
  async (judge) => {
    const out = join(folder, "judged"), images = join(folder, "images.pt");
    await exportEntry(out);
    const test = await loadSplit("synthetic", "test", undefined, 1);
    const { x, y } = loadBatch(test, Uint32Array.from({ length: N }, (_, i) => i));
    const planes = channelsFirst(x, test.shape);
    await Deno.writeFile(
      images,
      encodeTorch(
        new Map([
          ["x", { dtype: "F32", shape: [N, 3, 32, 32], data: planes }],
          ["y", { dtype: "I64", shape: [N], data: BigInt64Array.from(y, BigInt) }],
        ]),
        {},
      ),
    );
    const printed = await judge(RUN, out, images);
    const [all, few, ...log] = printed.trim().split("\n");
    const robust = log.pop();
    assert.equal(all, `clean accuracy: ${(100 * correct / N).toFixed(2)}% (${correct} of ${N})`);
    const [, clean] = /^clean accuracy: .+ \((\d) of 4\)$/.exec(few!)!;
    const [, left] = /^robust accuracy: .+% \((\d) of 4\)$/.exec(robust!)!;
    assert.ok(Number(left) <= Number(clean), printed);
    // Our log has AutoAttack's own lines, but for the numbers in them.
    const shape = (line: string) => line.replaceAll(/\d+(\.\d+)?/g, "#");
    const { evaluation, perAttack: { "apgd-ce": apgd } } = MEASURED;
    const ours = { ...MEASURED, version: "custom", evaluation, perAttack: { "apgd-ce": apgd! } };
    const expected = autoAttackLog(ours, "linf").trim().split("\n").slice(1).map(shape);
    assert.deepEqual(log.map(shape).filter((line) => line !== "running apgd-ce"), expected);
    assert.ok(
      correct > N / 5,
      `${correct} of ${N}: a network that has learnt nothing proves little`,
    );
  },
);
