import assert from "node:assert/strict";
import { encodeSafetensors } from "../../../src/format/safetensors.ts";
import { checkpointName, encodeProgress } from "../../../src/run/checkpoint/progress.ts";
import { endOf, isTrained } from "../../../src/run/checkpoint/run_end.ts";
import { RunFolder } from "../../../src/run/run_folder.ts";
import { inTemporary } from "../../memory/support.ts";
import { recordOf, smallRecipe } from "../../testing/runs.ts";

const best = (epoch: number) => ({ best: { epoch, accuracy: 0.5 } });

Deno.test("endOf() ends a run with its last epoch, once that is whole", () => {
  assert.equal(endOf({ epochs: 3 }, { epoch: 3, complete: true, ...best(1) }), "epochs");
  assert.equal(endOf({ epochs: 3 }, { epoch: 3, complete: false }), undefined);
  assert.equal(endOf({ epochs: 3 }, { epoch: 2, complete: true }), undefined);
});

Deno.test("endOf() ends a run early after as many epochs without a better one as it may have", () => {
  const recipe = { epochs: 9, earlyStop: 2 };
  const ends = [2, 3, 4].map((epoch) => endOf(recipe, { epoch, complete: true, ...best(2) }));
  assert.deepEqual(ends, [undefined, undefined, "early-stop"]);
  assert.equal(endOf(recipe, { epoch: 4, complete: false, ...best(2) }), undefined);
  assert.equal(endOf(recipe, { epoch: 9, complete: true, ...best(7) }), "early-stop");
  assert.equal(endOf(recipe, { epoch: 9, complete: true, ...best(8) }), "epochs");
});

Deno.test("isTrained() is so of a run that has made its epochs or was ended early, and of no other", () =>
  inTemporary(async (directory) => {
    const stopsAt = async (name: string, earlyStop: number | undefined, epoch: number) => {
      const flags = { variant: "trades", epochs: 9, select: "val" } as const;
      const recipe = smallRecipe({ ...flags, ...earlyStop && { earlyStop } });
      const folder = await RunFolder.create(`${directory}/${name}`, recordOf(recipe));
      assert.equal(await isTrained(folder.directory), false, "no checkpoint yet");
      const progress = { epoch, step: 3, complete: true, sums: {}, ...best(4) };
      const last = checkpointName(progress);
      const bytes = encodeSafetensors(new Map(), { memloss: encodeProgress(progress) });
      await Deno.writeFile(folder.checkpointPath(last), bytes);
      await folder.settle({ last: { name: last }, best: undefined });
      await folder.close();
      return await isTrained(folder.directory);
    };
    assert.equal(await stopsAt("waits", 2, 5), false);
    assert.equal(await stopsAt("ended", 2, 6), true);
    assert.equal(await stopsAt("goes on", undefined, 6), false);
    assert.equal(await stopsAt("whole", undefined, 9), true);
    assert.equal(await isTrained(`${directory}/none`), false);
  }));
