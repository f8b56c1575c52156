import assert from "node:assert/strict";
import { notFinite } from "../../src/train/not_finite.ts";
import { smallRecipe } from "../testing/runs.ts";

Deno.test("notFinite() blames the flag that is out of all proportion, and claims no checkpoint that is not there", () => {
  const message = (flags: Parameters<typeof smallRecipe>[0], checkpoint?: string) =>
    notFinite("It is NaN", smallRecipe(flags), checkpoint).message;
  assert.equal(
    message({ variant: "trades", lr: 0.5 }),
    "It is NaN: there is no checkpoint yet; try a lower --lr than 0.5.",
  );
  assert.equal(
    message({ variant: "trades", beta: 1e30 }, "epoch-001.safetensors"),
    "It is NaN: the last checkpoint is kept; try a lower --beta than 1e+30.",
  );
  assert.match(
    message({ variant: "v1", betaPrime: 1e9 }),
    /try a lower --beta-prime than 1000000000\.$/,
  );
  assert.match(
    message({ variant: "hat", helper: "auto", gamma: 1e30 }),
    /try a lower --gamma than 1e\+30\.$/,
  );
  assert.match(message({ variant: "standard", lr: 7 }), /try a lower --lr than 7\.$/);
});
