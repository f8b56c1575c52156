import assert from "node:assert/strict";
import { join } from "@std/path";
import type { RecipeInput } from "../../../../src/recipe/recipe.ts";
import { evaluateRun } from "../../../../src/evaluate/evaluate_run.ts";
import { drawPictures, type Pictures } from "../../../../src/report/page/pictures/draw.ts";
import { readRuns } from "../../../../src/report/page/run_data.ts";
import { startRun } from "../../../../src/train/start.ts";

let directory: string;
let run: string;

const TINY = {
  data: "synthetic",
  width: 1,
  epochs: 1,
  batchSize: 8,
  limitTrain: 16,
  limitTest: 64,
  select: "none",
  backend: "wasm",
  workers: 1,
} satisfies RecipeInput;

Deno.test.beforeAll(async () => {
  directory = await Deno.makeTempDir();
  run = join(directory, "run");
  await startRun({ variant: "v1", ...TINY, attack: { steps: 1 } }, run);
});
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

async function drawn(folder: string, dataDir?: string): Promise<Pictures> {
  const [data] = await readRuns([folder]);
  const pictures = await drawPictures(data!, { dataDir });
  assert.ok(typeof pictures !== "string", JSON.stringify(pictures));
  return pictures;
}

const kinds = ({ strips }: Pictures) => strips[0]!.pictures.map(({ kind }) => kind);

Deno.test("drawPictures() shows training images with their memory, one of each class", async () => {
  const pictures = await drawn(run);
  const { strips, part, epoch, notes } = pictures;
  assert.deepEqual([part, epoch, notes], ["training", 1, []]);
  assert.deepEqual(kinds(pictures), [
    ...["clean", "adversarial", "difference × 10", "memory", "difference × 10"],
  ]);
  const names = strips.map(({ className }) => className);
  assert.ok(strips.length > 3 && new Set(names).size === strips.length, names.join());
  for (const { pictures } of strips) {
    const urls = pictures.map(({ url }) => url);
    assert.equal(new Set(urls).size, 5, "all five are different pictures");
    assert.ok(urls.every((url) => url.startsWith("data:image/png;base64,iVBORw0KGgo")));
    for (const { predicted } of pictures) {
      assert.ok(predicted === undefined || predicted.probability > 0.05);
    }
  }
});

Deno.test("drawPictures() shows test images where there is no memory, as memloss eval judges them", async () => {
  const standard = join(directory, "standard");
  await startRun({ variant: "standard", ...TINY }, standard);
  const pictures = await drawn(standard);
  assert.equal(pictures.part, "test");
  assert.deepEqual(kinds(pictures), ["clean", "adversarial", "difference × 10"]);
  const { clean, pgd20 } = await evaluateRun(standard);
  for (const { id, pictures: [x, adversarial] } of pictures.strips) {
    assert.equal(Number(x!.predicted!.correct), Number(clean!.verdicts[id]));
    assert.equal(Number(adversarial!.predicted!.correct), Number(pgd20!.verdicts[id]));
  }
});

Deno.test("drawPictures() says why there are no images, or no memory in them", async () => {
  const recipe = await Deno.readTextFile(join(run, "recipe.json"));
  const moved = join(directory, "moved");
  await Deno.mkdir(moved);
  await Deno.writeTextFile(join(moved, "recipe.json"), recipe);
  const [begun] = await readRuns([moved]);
  assert.equal(await drawPictures(begun!, {}), "there is no checkpoint");

  const elsewhere = recipe.replace('"synthetic"', '"cifar10"');
  await Deno.writeTextFile(join(run, "recipe.json"), elsewhere);
  try {
    const [data] = await readRuns([run]);
    const missing = await drawPictures(data!, { dataDir: join(directory, "absent") });
    assert.match(missing as string, /absent/);
  } finally {
    await Deno.writeTextFile(join(run, "recipe.json"), recipe);
  }

  await Deno.remove(join(run, "memory"), { recursive: true });
  const pictures = await drawn(run);
  assert.equal(pictures.part, "test");
  assert.match(pictures.notes.join(), /^the memory cannot be shown: There is no memory in /);
});
