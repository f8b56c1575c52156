import assert from "node:assert/strict";
import { modelCard } from "../../../src/publish/robustbench/model_card.ts";
import { modelInfo } from "../../../src/publish/robustbench/model_info.ts";
import { resolveRecipe } from "../../../src/recipe/resolve.ts";
import type { Subject } from "../../../src/run/subject.ts";
import { recordOf } from "../../testing/runs.ts";
import { NETWORKS } from "../../weights/export/networks.ts";

Deno.test("modelCard() says that nobody knows what a given helper has seen", () => {
  const recipe = resolveRecipe({ variant: "hat", helper: "helper.pt" });
  const [network] = NETWORKS as [typeof NETWORKS[0]], measured = { evaluations: [] };
  const run = { directory: "run", link: "last", recipe } as const;
  const subject: Subject = { path: "last.safetensors", sha256: "0", tensors: new Map(), run };
  const cardOf = (givenHelper: boolean) =>
    modelCard({
      ...{ name: "Made", network, subject, recipe, measured, givenHelper },
      record: recordOf(recipe),
      info: modelInfo(recipe, network, measured, givenHelper),
      weights: { path: "models/made.pt", sha256: "0" },
    });
  const said = "- It has learnt from a given helper: what that has seen is not known here.";
  assert.ok(cardOf(true).includes(said));
  assert.ok(!cardOf(false).includes(said));
  assert.match(cardOf(true), /In `model_info`, .*`additional_data`/);
});
