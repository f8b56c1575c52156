import assert from "node:assert/strict";
import { join } from "@std/path";
import { type Plot, stepPoint, trainingPlots } from "../../../src/report/page/plots.ts";
import { readRuns, type RunData } from "../../../src/report/page/run_data.ts";
import { makeRun } from "./made_run.ts";

let directory: string;
let runs: readonly RunData[];

Deno.test.beforeAll(async () => {
  directory = await Deno.makeTempDir();
  const small = { width: 1, epochs: 4 } as const;
  const folders = ["v1", "standard"].map((name) => join(directory, name));
  await makeRun(folders[0]!, {
    recipe: { variant: "v1", ...small },
    ...{ stepsPerEpoch: 1000, evaluated: 100 },
  });
  await makeRun(folders[1]!, {
    recipe: { variant: "standard", select: "none", ...small },
    ...{ stepsPerEpoch: 5, epochs: 2, more: 3 },
  });
  runs = await readRuns(folders);
});
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

const find = (plots: readonly Plot[], id: string) => plots.find((plot) => plot.id === id)!;

Deno.test("trainingPlots() has a plot for each quantity that any run has", () => {
  const plots = trainingPlots(runs);
  const common = ["loss", "term-ce", "lr", "momentum", "speed"];
  const attack = ["attack-before", "attack-reached", "attack-accuracy"];
  const all = plots.map(({ id }) => id);
  assert.deepEqual(all.slice(0, 4), ["clean", "robust", "loss", "term-ce"]);
  assert.deepEqual(
    new Set(all),
    new Set(["clean", "robust", "term-kl", "term-memory", ...attack, ...common]),
  );
  assert.deepEqual(new Set(trainingPlots([runs[1]!]).map(({ id }) => id)), new Set(common));
  assert.deepEqual(trainingPlots([{ ...runs[1]!, steps: [], epochs: [] }]), []);
});

Deno.test("trainingPlots() draws an attack from start to end, and as far as earlier programs followed it", () => {
  const { epochs, ...run } = runs[0]!;
  const older = epochs.map((epoch) => {
    const { sampled: _, ...attack } = epoch.attack!;
    return { ...epoch, attack };
  });
  const ends = (id: string) =>
    find(trainingPlots([{ ...run, epochs }, { ...run, epochs: older }]), id).table[0]!.values;
  const { attack } = epochs[0]!;
  assert.deepEqual(ends("attack-before"), [attack!.sampled!.lossBefore, attack!.lossBefore]);
  assert.deepEqual(ends("attack-reached"), [attack!.sampled!.lossAfter, undefined]);
  assert.deepEqual(ends("attack-after"), [undefined, attack!.lossAfter]);
});

Deno.test("trainingPlots() says whose accuracies by epoch are where a run averages its weights", () => {
  const run = runs[0]!, { record } = run, { recipe } = record;
  const optimiser = { ...recipe.optimiser, average: "ema" as const };
  const averaging = { ...run, record: { ...record, recipe: { ...recipe, optimiser } } };
  const noteOf = (run: RunData) => find(trainingPlots([run]), "robust").note;
  assert.equal(noteOf(run), "held-out training images");
  assert.equal(
    noteOf(averaging),
    "held-out training images; of the average of the weights where a run keeps one",
  );
});

Deno.test("trainingPlots() draws steps faintly behind means, all in epochs", () => {
  const { lines, table } = find(trainingPlots(runs), "loss");
  assert.deepEqual(lines.map(({ run, faint }) => [run, faint]), [
    ...[[0, true], [0, false], [1, true], [1, false]],
  ]);
  const [dense, means, sparse] = lines;
  assert.ok(dense!.x.length > 1000 && dense!.x.length <= 1600, `${dense!.x.length} points`);
  assert.deepEqual([dense!.x[0], dense!.x.at(-1)], [0.001, 4]);
  assert.deepEqual(means!.x, [0.5, 1.5, 2.5, 3.5]);
  assert.deepEqual(sparse!.x, Array.from({ length: 13 }, (_, i) => (i + 1) / 5));
  assert.deepEqual(table.map(({ at }) => at), ["1", "2", "3", "4"]);
  assert.deepEqual(table[2]!.values, [runs[0]!.epochs[2]!.loss, undefined]);
});

Deno.test("trainingPlots() gives each of many runs fewer points", () => {
  const many = Array.from({ length: 12 }, () => runs[0]!);
  for (const { x } of find(trainingPlots(many), "loss").lines) assert.ok(x.length <= 400);
});

Deno.test("trainingPlots() leaves out what is no number, and no epoch makes a table of its size", () => {
  const odd = { ...runs[0]!.epochs[0]!, epoch: 1e9, loss: null as unknown as number };
  const run = { ...runs[1]!, epochs: [...runs[1]!.epochs, odd] };
  const { lines, table } = find(trainingPlots([run]), "loss");
  assert.equal(lines[1]!.x.length, 2);
  assert.deepEqual(table.at(-1), { at: "1000000000", values: [undefined] });
});

Deno.test("stepPoint() has a value for every plot of steps, where that has it", () => {
  const run = runs[0]!, plots = trainingPlots([run]), line = run.steps[2500]!;
  const { x, values } = stepPoint(line, 1000);
  assert.equal(x, 2.501);
  assert.deepEqual(
    new Set(Object.keys(values)),
    new Set(plots.map(({ id }) => id).filter((id) => !/^(clean|robust|attack-.*)$/.test(id))),
  );
  assert.deepEqual([values.lr, values["term-ce"]], [line.lr, line.terms.ce]);
});
