import assert from "node:assert/strict";
import {
  type ArchitectureName,
  ARCHITECTURES,
  buildArchitecture,
  inferArchitecture,
} from "../../../src/model/architectures/architectures.ts";
import { bufferShapes, parameterShapes } from "../../../src/model/parameters.ts";

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
      /^photo\.safetensors is no state dict of a network that this program knows: for resnet18 it lacks conv1\.weight and linear\.weight and bn1\.weight/,
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
