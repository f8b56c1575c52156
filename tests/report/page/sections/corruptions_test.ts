import assert from "node:assert/strict";
import { join } from "@std/path";
import { readRuns } from "../../../../src/report/page/run_data.ts";
import { corruptions } from "../../../../src/report/page/sections/corruptions.ts";
import { type MadeRun, makeRun } from "../made_run.ts";

let directory: string;
Deno.test.beforeEach(async () => {
  directory = await Deno.makeTempDir();
});
Deno.test.afterEach(() => Deno.remove(directory, { recursive: true }));

async function made(name: string, more: Partial<MadeRun> = {}): Promise<string> {
  const run = join(directory, name);
  const recipe = { variant: "v1", width: 1, epochs: 1 } as const;
  await makeRun(run, { recipe, stepsPerEpoch: 2, evaluated: 1000, clean: 0.8, ...more });
  return run;
}

Deno.test("corruptions() has a row for each kind with its severities and their mean, and names the runs without", async () => {
  const runs = await readRuns([
    await made("with", { corruptions: ["fog", "snow"] }),
    await made("without"),
  ]);
  const text = corruptions(runs)!.body.text;
  const cells = (kind: string) => {
    const row = new RegExp(`<th scope="row">${kind}</th>(.*?)</tr>`, "s").exec(text)![1]!;
    return row.matchAll(/>(\d+)</g).map(([, share]) => Number(share)).toArray();
  };
  assert.deepEqual(cells("fog"), [80, 80, 80, 80, 80, 80]);
  assert.deepEqual(cells("snow"), [79, 78, 78, 77, 76, 78]);
  assert.match(text, /mean 78\.80 % over \d of CIFAR-10-C&#39;s 15 kinds, n = 1,000/);
  assert.match(text, /No corruptions of without:/);
  assert.doesNotMatch(text, /frost/);
  const more = await made("more", { corruptions: ["fog", "speckle_noise"] });
  assert.match(
    corruptions(await readRuns([more]))!.body.text,
    /mean 80\.00 % over 1 of CIFAR-10-C&#39;s 15 kinds without speckle_noise, n = 1,000/,
  );
  const frosted = corruptions(await readRuns([await made("frosted", { corruptions: ["frost"] })]));
  assert.match(
    frosted!.body.text,
    /severe \(5\); frost is generated, not CIFAR-10-C&#39;s photographs/,
  );
});

Deno.test("corruptions() joins evaluations of one checkpoint, and takes a kind from the one of the most images", async () => {
  const run = await made("run", { corruptions: ["fog"] });
  await Deno.rename(join(run, "eval", "made.json"), join(run, "eval", "z.json"));
  const other = JSON.parse(await Deno.readTextFile(join(run, "eval", "z.json")));
  const severities = (correct: number, n: number) => ({
    severities: Array(5).fill({ correct, n }),
  });
  other.corruptions = { kinds: { fog: severities(9, 10), glass_blur: severities(1, 10) } };
  for (const name of ["a.json", "zz.json"]) {
    await Deno.writeTextFile(join(run, "eval", name), JSON.stringify(other));
  }
  const text = corruptions(await readRuns([run]))!.body.text;
  assert.match(text, />fog<\/th><td class="cell" style="--share:80\.0%">80</);
  assert.match(text, />glass blur<\/th><td class="cell" style="--share:10\.0%">10</);
  assert.match(text, /n = 1,000 or 10/);
});

Deno.test("corruptions() is no section of runs that were evaluated under none, nor under half of one", async () => {
  const run = await made("run", { corruptions: ["fog"] }), file = join(run, "eval", "made.json");
  const report = JSON.parse(await Deno.readTextFile(file));
  report.corruptions.kinds.fog.severities.pop();
  await Deno.writeTextFile(file, JSON.stringify(report));
  const runs = await readRuns([run]);
  assert.equal(corruptions(runs), undefined);
  assert.deepEqual(runs[0]!.notes, ["eval/made.json is no report of memloss eval and is left out"]);
});
