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
    /trained for 400 epochs \(the weights are those at the end of epoch 400, its last\) with/,
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

Deno.test("modelCard() says of weights from within an epoch that they are, and that their average has not begun", () => {
  const optimiser = { average: "swa", swaStart: 3 } as const;
  const recipe = resolveRecipe({ variant: "v1", epochs: 4, optimiser });
  const card = (name: string) =>
    cardOf(recipe, `run/checkpoints/${name}.safetensors`, { weights: "average" });
  const until = ", which begins in epoch 3 and until then is the weights";
  for (
    const [name, began, when] of [
      ["epoch-002.step-4", until, "from within epoch 2"],
      ["epoch-002", until, "at the end of epoch 2"],
      ["epoch-003.step-4", until, "from within epoch 3"], // of which the end is what is averaged first
      ["epoch-003", "", "at the end of epoch 3"],
      ["epoch-004.step-4", "", "from within epoch 4"],
    ] as const
  ) {
    const said =
      `(the weights are the average (\`--weight-average swa\`${began}) ${when}, its last)`;
    assert.ok(card(name).includes(said), `${name}: ${said}`);
  }
  assert.match(
    cardOf(resolveRecipe({}), "epoch-002.step-4.safetensors"),
    /are those from within epoch 2,/,
  );
});

Deno.test("modelCard() names the evaluation that measures the weights that it is about", () => {
  const command = (recipe: Recipe, weights?: WeightsChoice) =>
    /`(memloss eval .*)` does,/.exec(
      cardOf(recipe, "epoch-050.safetensors", { ...weights && { weights } }),
    )?.[1];
  const attack = "memloss eval RUN_DIR --attack clean,autoattack";
  assert.equal(command(resolveRecipe({})), `${attack} --checkpoint last`);
  assert.equal(command(resolveRecipe({ select: "none" })), attack);
  assert.equal(command(resolveRecipe({ select: "none" }), "average"), attack);
  assert.equal(command(resolveRecipe({}), "raw"), `${attack} --checkpoint last --weights raw`);
});

Deno.test("modelCard() says that nobody knows what a given helper has seen", () => {
  const recipe = resolveRecipe({ variant: "hat", helper: "helper.pt" });
  const path = "epoch-050.safetensors";
  const said = "- It has learnt from a given helper: what that has seen is not known here.";
  assert.ok(cardOf(recipe, path, { givenHelper: true }).includes(said));
  assert.ok(!cardOf(recipe, path).includes(said));
  assert.match(cardOf(recipe, path, { givenHelper: true }), /In `model_info`, .*`additional_data`/);
});
