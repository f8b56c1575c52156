/** Whatever a `model.json` says, it is evaluated or refused in a sentence. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import fc from "fast-check";
import type { Dataset } from "../../../src/data/dataset.ts";
import { openBackend } from "../../../src/backend/open.ts";
import { UsageError } from "../../../src/errors.ts";
import { openTfjsNetwork } from "../../../src/evaluate/tfjs/tfjs_network.ts";
import { copyFolder } from "../../testing/folder.ts";
import { readModel } from "../../testing/tfjs/models.ts";

const FIXTURES = join(import.meta.dirname!, "..", "..", "fixtures", "tfjs");
const DATASET: Dataset = {
  name: "made",
  classes: Array.from("abcdefghij"),
  shape: { height: 32, width: 32, channels: 3 },
  n: 2,
  images: new Uint8Array(2 * 3072).map((_, i) => i % 251),
  labels: Uint8Array.of(0, 1),
};
/** What takes the place of a value; undefined takes it away. */
const ODD = [undefined, null, true, -1, 0, 3, 1e9, 0.5, "", "Softmax", "../x", [], [null], {}, {
  name: 1,
}];

/** Every value in `json`, as the object that holds it and its key there. */
function places(json: unknown): [Record<string, unknown>, string][] {
  if (typeof json !== "object" || json === null) return [];
  const own = json as Record<string, unknown>;
  return Object.keys(own).flatMap((key) =>
    [[own, key], ...places(own[key])] as ReturnType<typeof places>
  );
}

for (const kind of ["layers", "graph"] as const) {
  Deno.test(`openTfjsNetwork() opens or refuses any ${kind} model.json`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "memloss-tfjs-" });
    const backend = await openBackend("wasm", { workers: 1 });
    try {
      await copyFolder(join(FIXTURES, kind), join(folder, "model"));
      const path = join(folder, "model", "model.json");
      const text = await Deno.readTextFile(path);
      const count = places(JSON.parse(text)).length;
      let opened = 0, refused = 0;
      const changes = fc.array(fc.tuple(fc.nat(count - 1), fc.constantFrom(...ODD)), {
        minLength: 1,
        maxLength: 2,
      });
      await fc.assert(
        fc.asyncProperty(changes, async (changed) => {
          const json = JSON.parse(text), all = places(json);
          for (const [at, value] of changed) all[at]![0][all[at]![1]] = value;
          await Deno.writeTextFile(path, JSON.stringify(json));
          try {
            const model = await readModel(path);
            const open = await openTfjsNetwork(model, DATASET, {}, backend, true);
            open.network.dispose();
            opened++;
          } catch (error) {
            assert.ok(error instanceof UsageError, (error as Error).stack);
            assert.match(error.message, /^[^\n]+\.$/);
            refused++;
          }
        }),
        { seed: 1, numRuns: 40 },
      );
      assert.ok(opened > 3 && refused > 3, `${opened} opened, ${refused} refused`);
    } finally {
      backend.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}
