import assert from "node:assert/strict";
import { UsageError } from "../../../src/errors.ts";
import type { SafeTensor } from "../../../src/format/safetensors.ts";
import { adoptNetwork } from "../../../src/weights/foreign/adopt.ts";
import type { Tree } from "../../../src/weights/foreign/candidates.ts";
import { buildArchitecture } from "../../../src/model/architectures/architectures.ts";
import { fixture } from "../../testing/fixture.ts";
import { randomStateDict } from "../../model/random_weights.ts";

const OURS = fixture("steps_w2").under("start.");

/** Our state dict under the names that `rename` gives. */
function renamed(rename: (name: string) => string): Map<string, SafeTensor> {
  return new Map([...OURS].map(([name, tensor]) => [rename(name), tensor]));
}

const adopt = (tree: Tree, key?: string) => adoptNetwork(tree, "a.pt", key);

function refuses(tree: Tree, message: RegExp, key?: string): void {
  assert.throws(() => adopt(tree, key), (error) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("adoptNetwork() takes a state dict under its own names as it is, and says nothing", () => {
  const { tensors, notes, architecture } = adopt(OURS);
  assert.deepEqual([...tensors.keys()].sort(), [...OURS.keys()].sort());
  for (const [name, tensor] of tensors) assert.equal(tensor, OURS.get(name), name);
  assert.deepEqual([notes, architecture.title], [[], "ResNet-18"]);
});

for (const prefix of ["module.", "model.", "_orig_mod.", "module.model.", "net.backbone."]) {
  Deno.test(`adoptNetwork() leaves "${prefix}" out of the names`, () => {
    const { tensors, notes } = adopt(renamed((name) => prefix + name));
    assert.deepEqual(tensors, adopt(OURS).tensors);
    assert.deepEqual(notes, [
      `The names of its tensors begin with "${prefix}", which is left out.`,
    ]);
  });
}

Deno.test("adoptNetwork() knows torchvision's names", () => {
  const theirs = (name: string) => name.replace("linear", "fc").replace("shortcut", "downsample");
  const { tensors, notes } = adopt(renamed((name) => `model.${theirs(name)}`));
  assert.deepEqual(tensors, adopt(OURS).tensors);
  assert.equal(notes[1], '"downsample" is called "shortcut" here, "fc" is called "linear" here.');
});

Deno.test("adoptNetwork() takes TRADES' wide ResNet without the stage that no image passes", () => {
  const architecture = buildArchitecture("wrn-34-10", { width: 1, classes: 10 });
  const dict = randomStateDict(architecture), theirs = new Map(dict);
  for (const [name, tensor] of dict) theirs.set(`module.${name}`, tensor);
  for (const [name, tensor] of dict) {
    theirs.delete(name);
    if (name.startsWith("block1.")) theirs.set(`module.sub_${name}`, tensor);
  }
  const { tensors, notes, architecture: { title } } = adopt(theirs);
  assert.deepEqual([title, tensors.size], ["WideResNet-34-10", dict.size]);
  assert.deepEqual(notes, [
    'The names of its tensors begin with "module.", which is left out.',
    '"sub_block1" is left out: it is no part of what the network computes.',
  ]);
});

Deno.test("adoptNetwork() refuses a file that has a part under both names", () => {
  const both = new Map(OURS).set("fc.weight", OURS.get("linear.weight")!);
  refuses(both, /^a\.pt holds tensor "fc\.weight", which ResNet-18 does not have/);
});

Deno.test("adoptNetwork() finds what is nested, and says which network it has taken of several", () => {
  const other = renamed((name) => name);
  other.set("bn1.bias", { ...OURS.get("bn1.bias")!, data: new Float32Array(2) } as SafeTensor);
  const tree = new Map<string, Tree>([
    ["optimizer", new Map([["lr", new Map()]])],
    ["ema_state_dict", other],
    ["state_dict", renamed((name) => `module.${name}`)],
  ]);
  const { tensors, notes } = adopt(tree);
  assert.deepEqual(tensors, adopt(OURS).tensors);
  assert.match(
    notes[0]!,
    /^There are 2 networks: the one under "state_dict\.module" is taken; memloss weights import --key takes "ema_state_dict"\.$/,
  );
  assert.deepEqual(adopt(tree, "ema_state_dict").tensors.get("bn1.bias"), other.get("bn1.bias"));
  assert.deepEqual(adopt(tree, "state_dict").tensors, adopt(OURS).tensors);
  refuses(
    tree,
    /^--key "net" leads to no network in a\.pt, but these do: "ema_state_dict", "state/,
    "net",
  );
});

Deno.test("adoptNetwork() accounts for a second network beside the first, and for nothing else", () => {
  const ema = [...OURS].map(([name, tensor]) => [`ema_model.${name}`, tensor] as const);
  const both = new Map([...renamed((name) => `model.${name}`), ...ema]);
  assert.match(adopt(both).notes[0]!, /the one under "model" is taken; .* takes "ema_model"/);
  const stray = new Map(both).set("head.weight", OURS.get("bn1.bias")!);
  refuses(stray, /^a\.pt holds tensor "head\.weight", which ResNet-18 does not have/);
  const hidden = new Map(both).set("conv1.weight", OURS.get("conv1.weight")!);
  refuses(hidden, /^a\.pt holds tensor "\/conv1\.weight", which/);
});

/** Our state dict under names that begin with `prefix`, and with another bias. */
function average(prefix: string): Map<string, SafeTensor> {
  const dict = renamed((name) => prefix + name), name = `${prefix}bn1.bias`;
  return dict.set(name, { ...dict.get(name)!, data: Float32Array.of(3, 4) } as SafeTensor);
}

Deno.test("adoptNetwork() takes the one that is asked for of several networks in one dict", () => {
  const bias = (tree: Tree, key?: string) => adopt(tree, key).tensors.get("bn1.bias")!.data;
  const model = renamed((name) => `model.${name}`), ours = OURS.get("bn1.bias")!.data;
  const both = new Map([...model, ...average("ema.")]);
  assert.deepEqual(bias(both, "model"), ours);
  assert.deepEqual(bias(both, "ema"), Float32Array.of(3, 4));
  assert.equal(adopt(both, "ema").tensors.size, OURS.size);
  assert.equal(adopt(both, "ema").notes.length, 1);
  const stray = new Map(both).set("head.weight", OURS.get("bn1.bias")!);
  refuses(stray, /^a\.pt holds tensor "head\.weight", which ResNet-18 does not have/, "ema");
});

Deno.test("adoptNetwork() takes a network at the top, and the one beside it if that is asked for", () => {
  const tree = new Map([...OURS, ...average("ema.module.")]).set("ema.n_averaged", {
    dtype: "I64",
    shape: [],
    data: BigInt64Array.of(3n),
  });
  assert.deepEqual(adopt(tree).tensors, adopt(OURS).tensors);
  assert.match(
    adopt(tree).notes[0]!,
    /the one at the top is taken; .+ --key takes "ema\.module"\.$/,
  );
  assert.deepEqual(adopt(tree, "").tensors, adopt(OURS).tensors);
  assert.deepEqual(adopt(tree, "ema").tensors.get("bn1.bias")!.data, Float32Array.of(3, 4));
  refuses(
    new Map(tree).set("head.weight", OURS.get("bn1.bias")!),
    /^a\.pt holds tensor "head\.weight", which ResNet-18 does not have/,
  );
});

Deno.test("adoptNetwork() takes the average in a checkpoint of ours, and keeps it with the network", () => {
  const momentum = OURS.get("bn1.bias")!;
  const checkpoint = new Map([...OURS, ...average("optimizer.average.")])
    .set("optimizer.momentum.bn1.bias", momentum);
  const taken = adopt(checkpoint, "optimizer.average").tensors;
  assert.deepEqual(taken.get("bn1.bias")!.data, Float32Array.of(3, 4));
  assert.deepEqual(taken.get("optimizer.momentum.bn1.bias"), momentum);
  assert.equal(adopt(checkpoint).tensors.size, checkpoint.size);
});

Deno.test("adoptNetwork() takes what PyTorch's AveragedModel saves", () => {
  const averaged = renamed((name) => `module.${name}`);
  averaged.set("n_averaged", { dtype: "I64", shape: [], data: BigInt64Array.of(3n) });
  assert.deepEqual(adopt(averaged).tensors, adopt(OURS).tensors);
});

Deno.test("adoptNetwork() keeps the optimiser's tensors, which are ours, behind the network's", () => {
  const checkpoint = new Map([["optimizer.momentum", OURS.get("bn1.bias")!], ...OURS]);
  assert.equal([...adopt(checkpoint).tensors.keys()].at(-1), "optimizer.momentum");
});

/** Every float of our state dict as `dtype`, by what `convert` makes of its values. */
function floatsAs(
  dtype: "F64" | "F16" | "BF16",
  convert: (data: Float32Array) => SafeTensor["data"],
): Map<string, SafeTensor> {
  return new Map(
    [...OURS].map(([name, { dtype: type, shape, data }]) => [
      name,
      (type === "F32"
        ? { dtype, shape, data: convert(data) }
        : { dtype: type, shape, data }) as SafeTensor,
    ]),
  );
}

Deno.test("adoptNetwork() converts float64, float16 and bfloat16, and says so", () => {
  const f64 = adopt(floatsAs("F64", (data) => Float64Array.from(data)));
  assert.deepEqual(f64.tensors, adopt(OURS).tensors);
  assert.deepEqual(f64.notes, ["Its values are converted from F64 to F32."]);
  const f16 = adopt(floatsAs("F16", (data) => Float16Array.from(data)));
  const upper = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0]! >>> 16;
  const bf16 = adopt(floatsAs("BF16", (data) => Uint16Array.from(data, upper)));
  for (const [name, { dtype, data }] of f16.tensors) {
    if (dtype !== "F32") continue;
    const exact = OURS.get(name)!.data as Float32Array;
    assert.deepEqual(data, exact.map(Math.f16round), name);
    const coarse = bf16.tensors.get(name)!.data as Float32Array;
    exact.forEach((value, i) => {
      assert.ok(
        Math.abs(coarse[i]! - value) <= Math.abs(value) / 128,
        `${name} ${coarse[i]} ${value}`,
      );
    });
  }
});

Deno.test("adoptNetwork() refuses integers for weights, and names both shapes where one is wrong", () => {
  const dict = renamed((name) => `module.${name}`);
  dict.set("module.linear.bias", { dtype: "I32", shape: [10], data: new Int32Array(10) });
  refuses(dict, /^a\.pt holds "linear\.bias" as I32 \[10\], not as F32 \[10\]/);
  dict.set("module.linear.bias", { dtype: "F16", shape: [9], data: new Float16Array(9) });
  refuses(dict, /^a\.pt holds "linear\.bias" as F32 \[9\], not as F32 \[10\]\.$/);
});

Deno.test("adoptNetwork() says why there is no network", () => {
  refuses(new Map(), /^a\.pt holds no tensors by name: save the network with torch\.save/);
  const wrn = new Map([["m.block1.weight", OURS.get("bn1.bias")!], [
    "m.fc.weight",
    OURS.get("bn1.bias")!,
  ]]);
  refuses(
    wrn,
    /^a\.pt is no state dict of a network that this program knows: for resnet18 it lacks conv1/,
  );
});

const floats = (shape: number[], values: number[]): SafeTensor => ({
  dtype: "F32",
  shape,
  data: Float32Array.from(values),
});
const MEAN = [0.5, 0.25, 0.125], STD = [0.25, 0.5, 0.75];

const NORMALISERS: [string, string, Record<string, SafeTensor>][] = [
  ["mean and std", "", { mean: floats([3], MEAN), std: floats([3], STD) }],
  ["mu and sigma of [1,3,1,1]", "", {
    mu: floats([1, 3, 1, 1], MEAN),
    sigma: floats([1, 3, 1, 1], STD),
  }],
  ["a module beside the model", "model.", {
    "normalize.mean": floats([3, 1, 1], MEAN),
    "normalize.std": floats([3, 1, 1], STD),
  }],
  ["the first of two modules", "1.", { "0.mean": floats([3], MEAN), "0.std": floats([3], STD) }],
  ["Madry's library", "module.model.", {
    "module.normalizer.new_mean": floats([3, 1, 1], MEAN),
    "module.normalizer.new_std": floats([3, 1, 1], STD),
    "module.attacker.normalize.new_mean": floats([3, 1, 1], MEAN),
    "module.attacker.normalize.new_std": floats([3, 1, 1], STD),
  }],
];

for (const [what, prefix, more] of NORMALISERS) {
  Deno.test(`adoptNetwork() takes over a normalisation of images: ${what}`, () => {
    const tree = new Map([...renamed((name) => prefix + name), ...Object.entries(more)]);
    const { architecture, tensors, notes } = adopt(tree);
    assert.equal(architecture.normalisation, "normalize");
    assert.deepEqual(tensors.get("normalize.mean"), floats([3], MEAN));
    assert.deepEqual(tensors.get("normalize.std"), floats([3], STD));
    assert.equal(tensors.size, OURS.size + 2);
    assert.match(
      notes.at(-1)!,
      /^It normalises its images, \(x − \[0\.5, 0\.25, 0\.125\]\)\/\[0\.25, 0\.5, 0\.75\]: /,
    );
    assert.deepEqual(
      adopt(tensors),
      { architecture, tensors, notes: [] },
      "ours are taken as they are",
    );
  });
}

Deno.test("adoptNetwork() takes one number for all channels", () => {
  const tree = new Map(OURS).set("mean", floats([], [0.5])).set("std", floats([1], [0.25]));
  const { tensors } = adopt(tree);
  assert.deepEqual(tensors.get("normalize.mean"), floats([3], [0.5, 0.5, 0.5]));
});

Deno.test("adoptNetwork() refuses a normalisation that cannot be meant", () => {
  const having = (more: Record<string, SafeTensor>) => new Map([...OURS, ...Object.entries(more)]);
  const std = floats([3], STD);
  refuses(
    having({ mean: floats([3], [125.5, 123, 114]), std: floats([3], [63, 62, 67]) }),
    /^a\.pt normalises its images by a mean of 125\.5, which is none of images in \[0,1\]: .* divide mean and std by 255\.$/,
  );
  refuses(
    having({ mean: floats([3], MEAN), std: floats([3], [1, 0, 1]) }),
    /^a\.pt holds 0 in "normalize\.std", a deviation: no network computes with that/,
  );
  refuses(
    having({ mean: floats([3], MEAN), std, "x.mean": floats([3], STD), "x.std": std }),
    /^a\.pt normalises its images by "mean" and otherwise by "x\.mean": leave out/,
  );
  refuses(
    having({ mean: floats([3], MEAN) }),
    /^a\.pt holds tensor "mean", which ResNet-18 does not/,
  );
  refuses(
    having({ mean: floats([4], [...MEAN, 0]), std }),
    /^a\.pt holds 2 tensors \("mean", "std"\)/,
  );
});
