import assert from "node:assert/strict";
import { RESNET18 } from "../../../src/model/architectures/resnet18.ts";
import type { ModelConfig } from "../../../src/model/architecture.ts";
import { Sizes } from "../../../src/weights/export/sizes.ts";

/** The sizes of a network whose linear layer takes what `features` says. */
function sizesOf(features: (config: Required<ModelConfig>) => number): Sizes {
  const build = (config: ModelConfig) => ({
    ...RESNET18.build(config),
    features: features(config as Required<ModelConfig>),
  });
  const config = { width: 3, classes: 10, channels: 2 };
  return new Sizes({ definition: { name: "resnet18", width: 64, build }, config });
}

const CASES: [string, (config: Required<ModelConfig>) => number, string][] = [
  ["width", ({ width }) => width, "features"],
  ["4 * width", ({ width }) => 4 * width, "features // 4"],
  ["16", () => 16, "3"],
  ["2 * width + 16", ({ width }) => 2 * width + 16, "(features - 16) // 2"],
  ["width + channels", ({ width, channels }) => width + channels, "3"],
  ["3 * classes", ({ classes }) => 3 * classes, "3"],
];

for (const [expression, features, width] of CASES) {
  Deno.test(`Sizes express ${expression}, and the width as ${width}`, () => {
    const sizes = sizesOf(features);
    assert.equal(sizes.express(({ features }) => features), expression);
    assert.equal(sizes.widthFrom("features", ({ features }) => features), width);
  });
}
