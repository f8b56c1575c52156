import assert from "node:assert/strict";
import { RESNET18 } from "../../../src/model/architectures/resnet18.ts";
import {
  className,
  MODULE_MARK,
  moduleName,
  pythonModule,
} from "../../../src/weights/export/python_module.ts";
import { NETWORKS } from "./networks.ts";

const [RESNET] = NETWORKS as [typeof NETWORKS[0]];

Deno.test("pythonModule() says the same of a network of any size", () => {
  const config = { width: 5, classes: 100, channels: 1 };
  const other = { ...RESNET, config, architecture: RESNET18.build(config) };
  assert.equal(pythonModule(other), pythonModule(RESNET));
  assert.ok(pythonModule(RESNET).startsWith(MODULE_MARK));
});

Deno.test("pythonModule() writes sizes by what they follow from, and layers by their names", () => {
  const text = pythonModule(RESNET);
  for (
    const line of [
      "        self.conv1 = conv(channels, width, 3)",
      "                conv1=conv(width, 2 * width, 3, 2),",
      "                    nn.BatchNorm2d(2 * width),",
      "        self.linear = nn.Linear(8 * width, classes)",
      "        x = relu(self.layer1[0].bn2(self.layer1[0].conv2(y)) + x)",
      "        y = self.layer2[0].shortcut[1](self.layer2[0].shortcut[0](x))",
      "    width = features // 8",
    ]
  ) assert.ok(text.includes(`${line}\n`), line);
});

Deno.test("className() and moduleName() make names of titles", () => {
  assert.deepEqual([className(RESNET), moduleName(RESNET)], ["ResNet18", "memloss_resnet18"]);
  assert.equal(className(NETWORKS[1]!), "Tiny");
  assert.equal(moduleName(NETWORKS[2]!), "memloss_resnet18_normalised");
});

Deno.test("moduleName() is one that Python imports, and pythonModule() has the published width", () => {
  const [wide] = NETWORKS.filter(({ definition: { name } }) => name === "wrn-28-10");
  assert.deepEqual([className(wide!), moduleName(wide!)], ["WideResNet2810", "memloss_wrn_28_10"]);
  const text = pythonModule(wide!);
  for (
    const line of [
      "    def __init__(self, width=16, classes=10, channels=3):",
      "                    convShortcut=conv(10 * width, 20 * width, 1, 2),",
      "    width = features // 40",
    ]
  ) assert.ok(text.includes(`${line}\n`), line);
});
