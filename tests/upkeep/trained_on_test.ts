import assert from "node:assert/strict";
import { join } from "@std/path";
import { describeImport, describeStats } from "../../src/report/memory_text.ts";
import type { RecipeInput } from "../../src/recipe/recipe.ts";
import { startRun } from "../../src/train/start.ts";
import { exportMemory } from "../../src/upkeep/export_memory.ts";
import { importMemory } from "../../src/upkeep/import_memory.ts";
import { readMemoryRun } from "../../src/upkeep/memory_run.ts";
import { memoryStats } from "../../src/upkeep/memory_stats.ts";
import { inRunFolder } from "../repro/support.ts";

Deno.test("memoryStats() and importMemory() count the images that the run trains on, not all of its data set's", () =>
  inRunFolder(async (runDir) => {
    const recipe: RecipeInput = {
      ...{ variant: "v1", data: "synthetic", limitTrain: 8, batchSize: 8, width: 1, epochs: 1 },
      ...{ model: "small-cnn", attack: { steps: 1 }, select: "none", backend: "wasm", workers: 1 },
    };
    await startRun(recipe, runDir);
    const run = await readMemoryRun(runDir), stats = await memoryStats(run);
    assert.equal(stats.imagesTrainedOn, 8);
    assert.ok(stats.imageCount > 8);
    assert.ok(describeStats(stats).includes("8 examples (100.00 % of the 8 images)"));

    const out = join(runDir, "part.safetensors");
    await exportMemory(run, { out, limit: 5 });
    await Deno.remove(join(runDir, "memory"), { recursive: true });
    const imported = await importMemory(run, out);
    assert.deepEqual([imported.examples, imported.images, imported.without], [5, 8, 3]);
    assert.equal(imported.others, 0);
    assert.match(describeImport(imported), /the other 3 of 8 images that the run trains on have/);

    // Of a run on more images.
    const more = join(runDir, "more"),
      few = join(runDir, "few"),
      all = join(runDir, "all.safetensors");
    await startRun({ ...recipe, limitTrain: 24 }, more);
    await startRun({ ...recipe, limitTrain: 16 }, few);
    await exportMemory(await readMemoryRun(more), { out: all });
    await Deno.remove(join(few, "memory"), { recursive: true });
    const given = await readMemoryRun(few),
      { examples, without, others } = await importMemory(given, all);
    assert.deepEqual([examples, without, others], [24, 0, 8]);
    assert.ok(
      describeStats(await memoryStats(given)).includes(
        "24 examples (100.00 % of the 16 images; 8 of others)",
      ),
    );
  }));
