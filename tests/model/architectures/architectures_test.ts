import assert from "node:assert/strict";
import {
  type ArchitectureName,
  ARCHITECTURES,
  inferArchitecture,
} from "../../../src/model/architectures/architectures.ts";
import { bufferShapes, parameterShapes } from "../../../src/model/parameters.ts";

/** The shapes of the state dict of `name`, its tensors' names behind `prefix`. */
function shapesOf(name: ArchitectureName, prefix = ""): Map<string, number[]> {
  const architecture = ARCHITECTURES[name].build({ width: 4, classes: 7 });
  const shapes = [...parameterShapes(architecture), ...bufferShapes(architecture)];
  return new Map(shapes.map(([name, shape]) => [prefix + name, shape]));
}

for (const name of Object.keys(ARCHITECTURES) as ArchitectureName[]) {
  Deno.test(`inferArchitecture() recognises ${name} by its state dict`, () => {
    assert.equal(ARCHITECTURES[name].name, name);
    assert.deepEqual(
      inferArchitecture(shapesOf(name), "weights"),
      ARCHITECTURES[name].build({ width: 4, classes: 7 }),
    );
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
