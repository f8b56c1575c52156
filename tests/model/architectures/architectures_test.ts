import assert from "node:assert/strict";
import {
  type ArchitectureName,
  ARCHITECTURES,
  buildArchitecture,
  inferArchitecture,
} from "../../../src/model/architectures/architectures.ts";
import { bufferShapes, parameterShapes } from "../../../src/model/parameters.ts";

/** Parameters at the published width for ten classes, as the papers or their code count them; All-CNN-C with batch norm. */
const PARAMETERS = {
  "resnet18": 11_173_962,
  "preact-resnet18": 11_172_170,
  "wrn-34-10": 46_160_474,
  "wrn-28-10": 36_479_194,
  "small-cnn": 1_370_986,
} as const;

for (const { name, width } of ARCHITECTURES) {
  Deno.test(`buildArchitecture() gives a ${name} of ${PARAMETERS[name]} parameters`, () => {
    const shapes = [...parameterShapes(buildArchitecture(name, { width, classes: 10 })).values()];
    const sizes = shapes.map((shape) => shape.reduce((a, b) => a * b, 1));
    assert.equal(sizes.reduce((a, b) => a + b), PARAMETERS[name]);
  });
}

const SIZE = { width: 4, classes: 7, channels: 1 };

/** The shapes of the state dict of `name`. */
function shapesOf(name: ArchitectureName): Map<string, number[]> {
  const architecture = buildArchitecture(name, SIZE);
  return new Map([...parameterShapes(architecture), ...bufferShapes(architecture)]);
}

for (const { name } of ARCHITECTURES) {
  Deno.test(`inferArchitecture() recognises ${name} by its state dict`, () => {
    const inferred = inferArchitecture(shapesOf(name), "weights");
    assert.deepEqual(inferred, buildArchitecture(name, SIZE));
  });
}

Deno.test("inferArchitecture() gives the reason for every architecture when none is recognised", () => {
  assert.throws(() => inferArchitecture(new Map([["x", [1]]]), "photo.safetensors"), {
    name: "UsageError",
    message:
      /^photo\.safetensors is no state dict of a network that this program knows: for resnet18 it lacks conv1\.weight and 3 more; for preact-resnet18 it lacks conv1\.weight and 3 more; .+; for small-cnn it lacks conv1\.weight and 2 more\.$/,
  });
});

Deno.test("inferArchitecture() recognises no network of no channels or classes", () => {
  for (const name of ["conv1.weight", "linear.weight"]) {
    const shapes = shapesOf("resnet18");
    shapes.set(name, shapes.get(name)!.with(0, 0));
    assert.throws(() => inferArchitecture(shapes, "weights"), {
      message: new RegExp(`for resnet18 it holds ${name} as \\[0,`),
    });
  }
});
