import assert from "node:assert/strict";
import { RESNET18 } from "../../../src/model/architectures/resnet18.ts";
import { missingFields, modelInfo } from "../../../src/publish/robustbench/model_info.ts";
import { resolveRecipe } from "../../../src/recipe/resolve.ts";
import { NETWORKS } from "../../weights/export/networks.ts";
import { MEASURED, stored } from "./made_reports.ts";

const [W8] = NETWORKS as [typeof NETWORKS[0]];
const W64 = {
  ...W8,
  config: { width: 64, classes: 10, channels: 3 },
  architecture: RESNET18.build({ width: 64, classes: 10 }),
};

Deno.test("modelInfo() has the template's fields in its order, and says on how many images", () => {
  const evaluations = [stored("clean", "110"), MEASURED.evaluation];
  const info = modelInfo(resolveRecipe({ variant: "v1", data: "cifar10" }), W64, {
    evaluations,
    autoAttack: MEASURED,
  });
  assert.deepEqual(Object.entries(info), [
    ["link", "https://arxiv.org/abs/2510.09105"],
    ["name", null],
    ["authors", null],
    ["additional_data", false],
    ["number_forward_passes", 1],
    ["dataset", "cifar10"],
    ["venue", null],
    ["architecture", "ResNet-18"],
    ["eps", "8/255"],
    ["clean_acc", "62.50"],
    ["reported", "12.50"],
    ["autoattack_acc", "12.50"],
    [
      "footnote",
      "Trained with v1 (MemLoss, arXiv 2510.09105). AutoAttack is memloss's own implementation, on the first 8 test images.",
    ],
  ]);
  assert.deepEqual(missingFields(info), ["name", "authors", "venue"]);
});

Deno.test("modelInfo() leaves out what was not measured and what it does not know", () => {
  const recipe = resolveRecipe({ variant: "standard", threat: { norm: "l2", epsilon: 0.5 } });
  const info = modelInfo(recipe, W8, { evaluations: [stored("clean", "110")] });
  assert.deepEqual([info.eps, info.architecture, info.clean_acc], [
    ...["0.5", "ResNet-18 (width 8)", "66.67"],
  ]);
  assert.equal(
    info.footnote,
    "Trained with standard. The clean accuracy is of the first 3 test images.",
  );
  assert.deepEqual(missingFields(info), [
    ...["link", "name", "authors", "venue", "reported", "autoattack_acc"],
  ]);
});

Deno.test("modelInfo() does not say that nothing else was learnt from where training began with given weights", () => {
  const recipe = resolveRecipe({ variant: "v1", from: "weights.pt" });
  const info = modelInfo(recipe, W8, { evaluations: [] });
  assert.equal(info.additional_data, null);
  assert.equal(info.footnote, "Trained with v1 (MemLoss, arXiv 2510.09105), from given weights.");
});

Deno.test("modelInfo() does not say that nothing else was learnt from where a given helper was", () => {
  const info = modelInfo(resolveRecipe({ variant: "hat", helper: "auto" }), W8, {
    evaluations: [],
  }, true);
  assert.equal(info.additional_data, null);
  assert.match(info.footnote, /^Trained with hat \(.+\), with a given helper\.$/);
});
