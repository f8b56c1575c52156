/**
 * A network's definition in PyTorch, written from ours: whoever has it and the weights needs nothing of this program.
 *
 * @module
 */
import type { Architecture, BatchNorm, Convolution } from "../../model/architecture.ts";
import type { ExportedNetwork } from "./network.ts";
import { programOf, type Statement } from "./program.ts";
import { Sizes } from "./sizes.ts";

/** What every file of Python begins with. */
export const MODULE_MARK = '"""Written by memloss:';

/** Names of values, by their places. */
const PLACES = "xyzuvw";

/** Modules, and folders of modules, by the parts of their dotted names. */
type Tree = Map<string, Tree | string>;

/** The name of the network's class, e.g. `ResNet18`. */
export function className({ architecture: { title } }: ExportedNetwork): string {
  return title.replaceAll(/[^A-Za-z0-9]/g, "").replace(/^[^A-Z]/, (first) => first.toUpperCase());
}

/**
 * The name of the module, e.g. `memloss_resnet18`; networks that normalise their images, or have another nonlinearity than
 * ReLU, have one of their own.
 */
export function moduleName({ definition: { name }, architecture }: ExportedNetwork): string {
  const { activation, normalisation } = architecture;
  const own = [name.replaceAll("-", "_"), ...activation ? [activation] : []].join("_");
  return `memloss_${own}${normalisation === undefined ? "" : "_normalised"}`;
}

/** The module's text, the same for networks of all sizes. */
export function pythonModule(network: ExportedNetwork): string {
  const { architecture } = network;
  const { title, linear, modules, normalisation, activation = "relu" } = architecture;
  const sizes = new Sizes(network), name = className(network);
  const { statements, result } = programOf(architecture);
  const stem = modules.find(({ kind }) => kind === "convolution")!;
  const attributes = [
    ...normalisation === undefined ? [] : normalisationLines(normalisation),
    ...[...moduleTree(architecture, sizes)].map(([part, tree]) => `self.${part} = ${show(tree)}`),
  ];
  const first = normalisation === undefined ? [] : [standardiseText(normalisation)];
  return `${MODULE_MARK} ${title} in PyTorch, under the names of its state dict.

Images are float32 [N, channels, height, width], not normalised, in [0, 1]; logits are [N, classes].

${indent(snippet(moduleName(network)), "    ")}
"""
import torch
from torch import nn
from torch.nn.functional import ${activation}


def conv(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=(kernel - 1) // 2, bias=False)


def parts(**modules):
    module = nn.Module()
    for name, part in modules.items():
        module.add_module(name, part)
    return module


class ${name}(nn.Module):
    def __init__(self, width=${network.definition.width}, classes=10, channels=3):
        super().__init__()
${indent(attributes.join("\n"), "        ")}

    def forward(self, ${PLACES[0]}):
${
    indent(
      [...first, ...statements.map((each) => statementText(each, activation))].join("\n"),
      "        ",
    )
  }
        return self.${path(linear)}(${PLACES[result]}.mean((2, 3)))


def load(path):
    """The network whose weights are in a .pt or .safetensors file, in evaluation mode."""
    if str(path).endswith(".safetensors"):
        from safetensors.torch import load_file
        tensors = load_file(path)
    else:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    classes, features = tensors["${linear}.weight"].shape
    channels = tensors["${stem.name}.weight"].shape[1]
    width = ${sizes.widthFrom("features", ({ features }) => features)}
    model = ${name}(width, classes, channels)
    model.load_state_dict(tensors, strict=True)
    return model.eval()
`;
}

/** What loads the network of `module` and attacks it with AutoAttack's own code. */
const snippet = (module: string) =>
  `import numpy, torch
from pyautoattack import AutoAttack
from ${module} import load

model = load("weights.pt")
records = numpy.fromfile("data/cifar-10-batches-bin/test_batch.bin", "uint8").reshape(-1, 3073)
x = torch.tensor(records[:, 1:].reshape(-1, 3, 32, 32)) / 255
y = torch.tensor(records[:, 0]).long()
attack = AutoAttack(model, norm="Linf", eps=8 / 255, version="standard")
x_adv, y_adv = attack.run_standard_evaluation(x, y, batch_size=250)
print(f"{(y_adv == y).float().mean():.2%} robust")`;

/** The modules of `architecture`, each as the Python that makes it. */
function moduleTree(architecture: Architecture, sizes: Sizes): Tree {
  const root: Tree = new Map();
  const add = (name: string, made: string) => {
    const names = name.split("."), last = names.pop()!;
    let at = root;
    for (const part of names) {
      const next = at.get(part) ?? new Map();
      at.set(part, next);
      at = next as Tree;
    }
    at.set(last, made);
  };
  architecture.modules.forEach((module, i) => {
    if (module.kind === "norm") {
      const channels = sizes.express(({ modules }) => (modules[i] as BatchNorm).channels);
      return add(module.name, `nn.BatchNorm2d(${channels})`);
    }
    const of = (read: (convolution: Convolution) => number) =>
      sizes.express(({ modules }) => read(modules[i] as Convolution));
    const channels = [of(({ inChannels }) => inChannels), of(({ outChannels }) => outChannels)];
    const stride = module.stride === 1 ? [] : [String(module.stride)];
    add(module.name, `conv(${[...channels, String(module.kernel), ...stride].join(", ")})`);
  });
  const features = sizes.express(({ features }) => features);
  add(architecture.linear, `nn.Linear(${features}, ${sizes.express(({ classes }) => classes)})`);
  return root;
}

/** What makes the constants that images are normalised by. */
function normalisationLines(name: string): string[] {
  return [
    `self.${name} = parts()`,
    `self.${name}.register_buffer("mean", torch.zeros(channels))`,
    `self.${name}.register_buffer("std", torch.ones(channels))`,
  ];
}

function standardiseText(name: string): string {
  const constant = (kind: string) => `self.${name}.${kind}.view(-1, 1, 1)`;
  return `${PLACES[0]} = (${PLACES[0]} - ${constant("mean")}) / ${constant("std")}`;
}

/** `tree` in Python; numbered parts are a list. */
function show(tree: Tree | string): string {
  if (typeof tree === "string") return tree;
  const numbered = [...tree.keys()].every((part, i) => part === String(i));
  const inner = [...tree].map(([part, each]) => `${numbered ? "" : `${part}=`}${show(each)},`);
  const [open, close] = numbered ? ["nn.ModuleList([", "])"] : ["parts(", ")"];
  return [open, indent(inner.join("\n"), "    "), close].join("\n");
}

/** The expression behind `self.` for the module called `name`: `layer1.0.conv1` as `layer1[0].conv1`. */
function path(name: string): string {
  return name.replaceAll(/\.(\d+)(?=\.|$)/g, "[$1]");
}

function statementText({ layer, input, add, result }: Statement, activation: string): string {
  const { convolution, norm } = layer;
  let value = PLACES[input]!;
  if (convolution) value = `self.${path(convolution.name)}(${value})`;
  if (norm) value = `self.${path(norm.name)}(${value})`;
  if (add !== undefined) value += ` + ${PLACES[add]}`;
  const activated = convolution === undefined || layer.activate;
  return `${PLACES[result]} = ${activated ? `${activation}(${value})` : value}`;
}

function indent(text: string, by: string): string {
  return text.replaceAll(/^(?=.)/gm, by);
}
