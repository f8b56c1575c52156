import assert from "node:assert/strict";
import {
  type ArchitectureName,
  ARCHITECTURES,
  buildArchitecture,
  inferArchitecture,
} from "../../../src/model/architectures/architectures.ts";
import { bufferShapes, parameterShapes } from "../../../src/model/parameters.ts";

const SIZE = { width: 4, classes: 7, channels: 1 };

/** The shapes of the state dict of `name`, its tensors' names behind `prefix`. */
function shapesOf(name: ArchitectureName, prefix = ""): Map<string, number[]> {
  const architecture = buildArchitecture(name, SIZE);
  const shapes = [...parameterShapes(architecture), ...bufferShapes(architecture)];
  return new Map(shapes.map(([name, shape]) => [prefix + name, shape]));
}

for (const { name } of ARCHITECTURES) {
  Deno.test(`inferArchitecture() recognises ${name} by its state dict`, () => {
    const inferred = inferArchitecture(shapesOf(name), "weights");
    assert.deepEqual(inferred, buildArchitecture(name, SIZE));
  });

  for (const prefix of ["module.", "model.backbone."]) {
    Deno.test(`inferArchitecture() says so when all of ${name} is behind "${prefix}"`, () => {
      const shapes = shapesOf(name, prefix).set("epoch", []);
      assert.throws(() => inferArchitecture(shapes, "weights.safetensors"), {
        name: "UsageError",
        message: `weights.safetensors holds its network's tensors under "${prefix}": save them ` +
          `without it, as {name.removeprefix("${prefix}"): tensor for name, tensor in ` +
          "state_dict.items()}.",
      });
    });
  }
}

Deno.test("inferArchitecture() gives the reason for every architecture when none is recognised", () => {
  assert.throws(() => inferArchitecture(new Map([["x", [1]]]), "photo.safetensors"), {
    name: "UsageError",
    message:
      /^photo\.safetensors is no state dict of a network that this program knows: for resnet18 it lacks conv1\.weight and linear\.weight and bn1\.weight/,
  });
});
