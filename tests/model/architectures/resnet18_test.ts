import assert from "node:assert/strict";
import { normsOf } from "../../../src/model/architecture.ts";
import { RESNET18, resnet18 } from "../../../src/model/architectures/resnet18.ts";
import { parameterShapes } from "../../../src/model/parameters.ts";
import { jsonFixture } from "../../testing/fixture.ts";

/** PyTorch's state dict of width 8. */
const STATE_DICT =
  (jsonFixture("resnet_init") as { stateDict: { name: string; shape: number[] }[] }).stateDict;

Deno.test("resnet18() has a stem and eight blocks, and a shortcut where the shape changes", () => {
  const { layers, features, classes } = resnet18({ width: 8, classes: 10 });
  const described = layers.map(({ convolution, input, ...rest }) => {
    const { name, kernel, stride, inChannels, outChannels } = convolution!;
    const { add, activate } = rest as { add?: number; activate: boolean };
    return [name, kernel, stride, inChannels, outChannels, input, add, activate];
  });
  assert.deepEqual(described.slice(0, 8), [
    ["conv1", 3, 1, 3, 8, 0, undefined, true],
    ["layer1.0.conv1", 3, 1, 8, 8, 1, undefined, true],
    ["layer1.0.conv2", 3, 1, 8, 8, 2, 1, true],
    ["layer1.1.conv1", 3, 1, 8, 8, 3, undefined, true],
    ["layer1.1.conv2", 3, 1, 8, 8, 4, 3, true],
    ["layer2.0.shortcut.0", 1, 2, 8, 16, 5, undefined, false],
    ["layer2.0.conv1", 3, 2, 8, 16, 5, undefined, true],
    ["layer2.0.conv2", 3, 1, 16, 16, 7, 6, true],
  ]);
  assert.equal(layers.length, 20);
  assert.deepEqual(
    described.filter(([, kernel]) => kernel === 1).map(([name]) => name),
    ["layer2.0.shortcut.0", "layer3.0.shortcut.0", "layer4.0.shortcut.0"],
  );
  assert.deepEqual([features, classes], [64, 10]);
});

Deno.test("resnet18() passes each layer's channels on to the next", () => {
  const { layers, features } = resnet18({ width: 5, classes: 100 });
  const channels = [3];
  for (const layer of layers) {
    const { convolution, norm } = layer, add = (layer as { add?: number }).add;
    assert.equal(convolution!.inChannels, channels[layer.input]);
    assert.equal(norm!.channels, convolution!.outChannels);
    if (add !== undefined) assert.equal(channels[add], convolution!.outChannels);
    channels.push(convolution!.outChannels);
  }
  assert.equal(channels.at(-1), features);
});

Deno.test("resnet18() lists its modules once each, in the order of PyTorch's state dict", () => {
  const architecture = resnet18({ width: 8, classes: 10 });
  assert.equal(normsOf(architecture).length, 20);
  assert.equal(new Set(architecture.modules.map(({ name }) => name)).size, 40);
  const weights = STATE_DICT.filter(({ name }) => /(weight|bias)$/.test(name));
  assert.deepEqual(
    [...parameterShapes(architecture)],
    weights.map(({ name, shape }) => [name, shape]),
  );
});

Deno.test("resnet18() has 11,173,962 parameters at width 64", () => {
  const shapes = [...parameterShapes(resnet18({ width: 64, classes: 10 })).values()];
  const sizes = shapes.map((shape) => shape.reduce((a, b) => a * b, 1));
  assert.equal(sizes.reduce((a, b) => a + b), 11_173_962);
});

Deno.test("RESNET18.infer() reads width, classes and channels off the shapes, or says what is missing", () => {
  const shapes = new Map(STATE_DICT.map(({ name, shape }) => [name, shape]));
  assert.deepEqual(RESNET18.infer(shapes), { width: 8, classes: 10, channels: 3 });
  const grey = { width: 3, classes: 7, channels: 1 };
  assert.deepEqual(RESNET18.infer(parameterShapes(resnet18(grey))), grey);
  shapes.delete("bn1.weight");
  assert.equal(RESNET18.infer(shapes), "lacks bn1.weight");
  shapes.delete("linear.weight");
  assert.equal(RESNET18.infer(shapes), "lacks linear.weight and 1 more");
  assert.equal(
    RESNET18.infer(
      shapes.set("bn1.weight", [1]).set("linear.weight", [1, 2]).set("conv1.weight", []),
    ),
    "holds conv1.weight as []",
  );
});
