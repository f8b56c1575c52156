import assert from "node:assert/strict";
import { modelCard } from "../../../src/publish/robustbench/model_card.ts";
import { modelInfo } from "../../../src/publish/robustbench/model_info.ts";
import { resolveRecipe } from "../../../src/recipe/resolve.ts";
import type { Recipe } from "../../../src/recipe/recipe.ts";
import type { Subject, WeightsChoice } from "../../../src/run/subject.ts";
import { recordOf } from "../../testing/runs.ts";
import { NETWORKS } from "../../weights/export/networks.ts";

const [network] = NETWORKS as [typeof NETWORKS[0]], measured = { evaluations: [] };

/** The card of the checkpoint at `path` of a run of `recipe`. */
function cardOf(
  recipe: Recipe,
  path: string,
  { givenHelper = false, weights, ...more }: {
    givenHelper?: boolean;
    stoppedAfter?: number;
    weights?: WeightsChoice;
  } = {},
): string {
  const run = { directory: "run", link: "last", recipe } as const;
  const subject: Subject = {
    path,
    sha256: "0",
    tensors: new Map(),
    run,
    ...weights && { weights },
  };
  return modelCard({
    ...{ name: "Made", network, subject, recipe, measured, givenHelper, ...more },
    record: recordOf(recipe),
    info: modelInfo(recipe, network, measured, givenHelper),
    weights: { path: "models/made.pt", sha256: "0" },
  });
}

Deno.test("modelCard() says of which epoch the weights are, and that a run was stopped", () => {
  const recipe = resolveRecipe({ variant: "v1", epochs: 400 });
  const whole = cardOf(recipe, "run/checkpoints/epoch-400.safetensors");
  assert.match(
    whole,
    /trained for 400 epochs \(the weights are those of epoch 400, its last\) with/,
  );
  assert.ok(!whole.includes("stopped"));
  const stopped = cardOf(recipe, "epoch-001.safetensors", { stoppedAfter: 1 });
  assert.match(
    stopped,
    /trained for 1 of 400 epochs \(it was stopped before its end; .* epoch 1, /,
  );
  assert.match(stopped, /^- Its training was stopped after 1 of 400 epochs: /m);
});

Deno.test("modelCard() says that the weights are an average, or that they are not although there is one", () => {
  const optimiser = { average: "ema" } as const;
  const recipe = resolveRecipe({ variant: "v1", epochs: 400, optimiser });
  const path = "run/checkpoints/epoch-400.safetensors";
  assert.match(
    cardOf(recipe, path, { weights: "average" }),
    /\(the weights are the average \(`--weight-average ema`\) at the end of epoch 400, its last\) with/,
  );
  assert.match(
    cardOf(recipe, path, { weights: "raw" }),
    /\(the weights are those of the optimiser, not their average \(`--weight-average ema`\), at the end of epoch 400, /,
  );
});

Deno.test("modelCard() says that nobody knows what a given helper has seen", () => {
  const recipe = resolveRecipe({ variant: "hat", helper: "helper.pt" });
  const path = "epoch-050.safetensors";
  const said = "- It has learnt from a given helper: what that has seen is not known here.";
  assert.ok(cardOf(recipe, path, { givenHelper: true }).includes(said));
  assert.ok(!cardOf(recipe, path).includes(said));
  assert.match(cardOf(recipe, path, { givenHelper: true }), /In `model_info`, .*`additional_data`/);
});
