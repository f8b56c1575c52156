import assert from "node:assert/strict";
import { join } from "@std/path";
import { snapshot } from "../../testing/folder.ts";
import { assertRefused, memloss, memlossDone, ROOT } from "../memloss.ts";
import { writeTinyData } from "../tiny.ts";

const MODEL = join(ROOT, "tests", "fixtures", "tfjs", "graph", "model.json");

Deno.test("memloss eval attacks a model of TensorFlow.js, its images scaled as it is told", async () => {
  const folder = await Deno.makeTempDir({ prefix: "memloss-cli-" });
  try {
    await writeTinyData(folder);
    const before = await snapshot(folder), ofModel = await snapshot(join(MODEL, ".."));
    const args = ["eval", MODEL, "--data-dir", folder, "--backend", "wasm", "--workers", "1"];
    const { stdout, stderr } = await memlossDone(
      ...[...args, "--input-range", "-1,1", "--input-std", "0.5", "--json"],
      ...["--attack", "clean,pgd2,autoattack", "--attack-version", "custom", "--restarts", "1"],
      ...[
        "--attacks-to-run",
        "apgd-ce,fab-t,square",
        "--iterations",
        "2",
        "--queries",
        "5",
        "--targets",
        "3",
      ],
    );
    const report = JSON.parse(stdout);
    assert.deepEqual([report.clean.n, report.pgd2.n, report.autoattack.n], [12, 12, 12]);
    assert.deepEqual(report.model, {
      format: "graph-model",
      input: { range: [-1, 1], std: [0.5] },
      softmaxRemoved: true,
      warnings: [],
    });
    assert.deepEqual(report.autoattack.effort, {
      iterations: 2,
      queries: 5,
      restarts: 1,
      targets: 3,
    });
    assert.equal(report.checkpoint.path, MODEL);
    assert.match(stderr, /ends in a softmax: its logits are attacked instead\./);
    assert.deepEqual([await snapshot(folder), await snapshot(join(MODEL, ".."))], [
      before,
      ofModel,
    ]);

    const refused = async (flags: string[], sentence: RegExp) =>
      assertRefused(await memloss(...args, ...flags), 2, sentence);
    await refused(["--input-range", "1,0"], /--input-range must be two numbers, the smaller first/);
    await refused(
      ["--input-mean", "a,b,c"],
      /--input-mean must be numbers, such as 0\.49,0\.48,0\.45/,
    );
    const layers = MODEL.replace("graph", "layers");
    const transfer = await memlossDone(
      ...[...args, "--input-range", "-1,1", "--attack", "fgsm", "--source", layers, "--per-class"],
    );
    assert.match(transfer.stdout, /\non images attacked on .+layers\/model\.json:\n {2}fgsm /);
    await refused(["--iterations", "9"], /--iterations needs --attack-version custom/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
