import assert from "node:assert/strict";
import { join } from "@std/path";
import { radiusPlot } from "../../../src/report/page/radius_plot.ts";
import { readRuns, type RunData } from "../../../src/report/page/run_data.ts";
import { makeRun } from "./made_run.ts";

let directory: string;
let runs: readonly RunData[];

Deno.test.beforeAll(async () => {
  directory = await Deno.makeTempDir();
  const recipe = { variant: "standard", width: 1, epochs: 1, select: "none" } as const;
  const folders = ["curve", "none"].map((name) => join(directory, name));
  await makeRun(folders[0]!, { recipe, stepsPerEpoch: 2, evaluated: 100 });
  await makeRun(folders[1]!, { recipe, stepsPerEpoch: 2 });
  runs = await readRuns(folders);
});
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

Deno.test("radiusPlot() is by steps of a byte, of the runs that have a curve", () => {
  const plot = radiusPlot(runs)!;
  assert.deepEqual(plot.lines.map(({ x }) => x.length), [17, 0]);
  assert.deepEqual(plot.lines[0]!.x.slice(0, 3), [0, 1, 2]);
  assert.deepEqual(plot.table[8]!.at, "8/255");
  assert.equal(plot.title, "Accuracy under PGD-20 by radius");
  assert.equal(radiusPlot([runs[1]!]), undefined);
});

Deno.test("radiusPlot() draws the curve of the most images, whatever its file is called, and names restarts", () => {
  const [{ evaluations }] = runs as [RunData], [own] = evaluations.filter(({ curve }) => curve);
  const of = (n: number, restarts: number) => {
    const points = own!.curve!.points.map((point) => ({ ...point, n }));
    return { ...own!, restarts, curve: { ...own!.curve!, points } };
  };
  const shown = (...found: ReturnType<typeof of>[]) => {
    const { title, note } = radiusPlot([{ ...runs[0]!, evaluations: found }])!;
    return `${title}; ${note}`;
  };
  const text = "Accuracy under PGD-20 by radius; 1,000 test images; radius ε in 1/255";
  assert.equal(shown(of(1000, 1), of(500, 1)), text);
  assert.equal(shown(of(500, 1), of(1000, 1)), text);
  assert.match(
    shown(of(500, 1), of(1000, 3)),
    /^Accuracy under PGD-20, 3 restarts by radius; 1,000/,
  );
});
