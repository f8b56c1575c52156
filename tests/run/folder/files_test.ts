import assert from "node:assert/strict";
import { join } from "@std/path";
import { isTrained, stoppedAfter } from "../../../src/run/folder/files.ts";
import { RunFolder } from "../../../src/run/folder/run_folder.ts";
import { inTemporary } from "../../memory/support.ts";
import { recordOf, smallRecipe } from "../../testing/runs.ts";

Deno.test("isTrained() is so after a run's last epoch, and after the one that --early-stop ended it with; stoppedAfter() counts the epochs of others", () =>
  inTemporary(async (directory) => {
    const runDir = join(directory, "run");
    assert.equal(await isTrained(runDir), false);
    const early = smallRecipe({ epochs: 3, select: "val", earlyStop: 1 });
    const folder = await RunFolder.create(runDir, recordOf(early));
    const stands = async (last: number, best: number, step = "") => {
      const [bestName, name] = [
        `epoch-00${best}.safetensors`,
        `epoch-00${last}${step}.safetensors`,
      ];
      for (const each of [bestName, name]) {
        await Deno.writeTextFile(folder.checkpointPath(each), each);
      }
      await folder.settle({ last: { name }, best: bestName });
      return await isTrained(runDir);
    };
    assert.equal(await isTrained(runDir), false);
    assert.equal(await stoppedAfter(runDir), 0);
    assert.equal(await stands(1, 1), false);
    assert.equal(await stands(2, 1, ".step-1"), false);
    assert.equal(await stoppedAfter(runDir), 1);
    assert.equal(await stands(2, 2), false);
    assert.equal(await stands(2, 1), true);
    assert.equal(await stands(3, 3), true);
    assert.equal(await stoppedAfter(runDir), undefined);
    await folder.close();
  }));
