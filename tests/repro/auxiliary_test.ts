import assert from "node:assert/strict";
import type { Backend } from "../../src/backend/backend.ts";
import { withAuxiliary } from "../../src/data/auxiliary.ts";
import type { RecipeFlags } from "../../src/recipe/fields.ts";
import { openMemory } from "../../src/run/memory.ts";
import { madeImages } from "../format/arrays/made_npz.ts";
import { onWasm } from "../testing/device.ts";
import { onNaiveWebGpu } from "../testing/naive/engine.ts";
import { smallData, smallRecipe, trainIn, trainUntil } from "../testing/runs.ts";
import { inRunFolder, resultOf } from "./support.ts";

const WHAT =
  "train() with auxiliary images has them in the memory, and ends with the same bytes when it was stopped";

/** An epoch's batches, of recipes with `flags`, and shares of auxiliary images of which each makes another number in these. */
interface Batches {
  readonly flags: RecipeFlags;
  readonly sizes: readonly number[];
  readonly fractions: readonly [number, number];
}

const SMALL: Batches = { flags: {}, sizes: [8, 8, 4], fractions: [0.6, 0.3] };
/** The shapes of `webgpu_test.ts`, whose kernels Mesa keeps. */
const ON_WEBGPU: Batches = {
  flags: { width: 2, limitTrain: 5, batchSize: 3 },
  sizes: [3, 2],
  fractions: [0.7, 0.4],
};

async function check(backend: Backend, { flags, sizes, fractions }: Batches): Promise<void> {
  const auxData = await Deno.makeTempFile({ suffix: ".npz" });
  await Deno.writeFile(auxData, madeImages(30, 32, 10, 50));
  const { train, test } = smallData();
  const data = { train: await withAuxiliary(train, auxData), test };
  await Deno.remove(auxData);
  const of = (fraction: number) =>
    smallRecipe({ variant: "v1", auxData, auxFraction: fraction, checkpointEvery: 1, ...flags });
  const result = async (fraction: number, stop: boolean) => {
    let found: Awaited<ReturnType<typeof resultOf>>;
    await inRunFolder(async (runDir) => {
      if (stop) await trainUntil(runDir, of(fraction), backend, 2, sizes.length - 1, { data });
      await trainIn(runDir, of(fraction), backend, { data });
      found = await resultOf(runDir);
      await using memory = await openMemory(runDir);
      const images = await memory.images(2), shown = sizes.map((n) => Math.floor(n * fraction));
      const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b);
      assert.equal(images.length, sum(sizes), "an epoch is as long as without them");
      assert.equal(images.filter((id) => id >= train.n).length, sum(shown));
    });
    return found!;
  };
  const [fraction, less] = fractions, whole = await result(fraction, false);
  assert.deepEqual(await result(fraction, true), whole);
  assert.notDeepEqual(await result(less, false), whole);
}

onWasm(WHAT, (backend) => check(backend, SMALL));

onNaiveWebGpu(WHAT, (backend) => check(backend, ON_WEBGPU));
