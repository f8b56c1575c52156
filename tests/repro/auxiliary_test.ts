import assert from "node:assert/strict";
import { withAuxiliary } from "../../src/data/auxiliary.ts";
import { openMemory } from "../../src/run/memory.ts";
import { madeImages } from "../format/arrays/made_npz.ts";
import { onWasm } from "../testing/device.ts";
import { smallData, smallRecipe, trainIn, trainUntil } from "../testing/runs.ts";
import { inRunFolder, resultOf } from "./support.ts";

onWasm(
  "train() with auxiliary images has them in the memory, and ends with the same bytes when it was stopped",
  async (backend) => {
    const auxData = await Deno.makeTempFile({ suffix: ".npz" });
    await Deno.writeFile(auxData, madeImages(30, 32, 10, 50));
    const { train, test } = smallData();
    const data = { train: await withAuxiliary(train, auxData), test };
    await Deno.remove(auxData);
    const of = (fraction: number) =>
      smallRecipe({ variant: "v1", auxData, auxFraction: fraction, checkpointEvery: 1 });
    const result = async (fraction: number, stop: boolean) => {
      let found: Awaited<ReturnType<typeof resultOf>>;
      await inRunFolder(async (runDir) => {
        if (stop) await trainUntil(runDir, of(fraction), backend, 2, 2, { data });
        await trainIn(runDir, of(fraction), backend, { data });
        found = await resultOf(runDir);
        await using memory = await openMemory(runDir);
        const images = await memory.images(2);
        assert.equal(images.length, train.n, "an epoch is as long as without them");
        // Of batches of 8, 8 and 4 images.
        const shown = 2 * Math.floor(8 * fraction) + Math.floor(4 * fraction);
        assert.equal(images.filter((id) => id >= train.n).length, shown);
      });
      return found!;
    };
    const whole = await result(0.6, false);
    assert.deepEqual(await result(0.6, true), whole);
    assert.notDeepEqual(await result(0.3, false), whole);
  },
);
