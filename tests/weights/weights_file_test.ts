import assert from "node:assert/strict";
import { join } from "@std/path";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import { disposeAll, initialise } from "../../src/model/parameters.ts";
import { loadWeights, saveWeights } from "../../src/weights/weights_file.ts";
import { inTemporary } from "../memory/support.ts";
import { onWasm } from "../testing/device.ts";

onWasm(
  "saveWeights() writes what loadWeights() reads, bit for bit, and replaces no file unless told",
  () =>
    inTemporary(async (directory) => {
      const path = join(directory, "weights.safetensors"),
        copy = join(directory, "copy.safetensors");
      const state = initialise(resnet18({ width: 1, classes: 10 }), 7);
      await saveWeights(path, state);
      const loaded = await loadWeights(path);
      assert.deepEqual([loaded.architecture.features, loaded.architecture.classes], [8, 10]);
      await saveWeights(copy, loaded.state);
      assert.deepEqual(await Deno.readFile(copy), await Deno.readFile(path));
      await Deno.writeTextFile(copy, "mine");
      await assert.rejects(saveWeights(copy, state), {
        name: "UsageError",
        message: `${copy} is there already: choose another name, or allow to overwrite.`,
      });
      assert.equal(await Deno.readTextFile(copy), "mine");
      await saveWeights(copy, state, { overwrite: true });
      assert.deepEqual(await Deno.readFile(copy), await Deno.readFile(path));
      for (const each of [state, loaded.state]) [each.parameters, each.buffers].forEach(disposeAll);
      await assert.rejects(loadWeights(join(directory, "absent")), { name: "UsageError" });
    }),
);
