import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { SafeTensor } from "../../src/format/safetensors.ts";
import {
  ARCHITECTURE_NAMES,
  type ArchitectureName,
  buildArchitecture,
} from "../../src/model/architectures/architectures.ts";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import { disposeAll, initialise } from "../../src/model/parameters.ts";
import { exportState } from "../../src/weights/state_dict.ts";
import { eachBackend } from "../testing/backends.ts";
import { onWasm } from "../testing/device.ts";
import { jsonFixture } from "../testing/fixture.ts";
import { judgedTest } from "../testing/judge.ts";

interface Reference {
  readonly stateDict: { readonly name: string; readonly shape: number[] }[];
  /** `1/√fan_in` of everything that is drawn. */
  readonly bounds: Record<string, number>;
}

const REFERENCE = jsonFixture("resnet_init") as Reference;
const W8 = resnet18({ width: 8, classes: 10 });

/** The state dict of a fresh model. */
async function fresh(seed: number, architecture = W8): Promise<Map<string, SafeTensor>> {
  const state = initialise(architecture, seed);
  const dict = await exportState(state);
  disposeAll(state.parameters);
  disposeAll(state.buffers);
  return dict;
}

function numbers(tensor: SafeTensor | undefined): Float32Array {
  assert.ok(tensor?.data instanceof Float32Array);
  return tensor.data;
}

/** Values drawn uniformly from ±`bound`: how far the farthest goes, their mean and their mean square. */
function assertUniform(values: Float32Array, bound: number, name: string): void {
  const n = values.length, largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  assert.ok(largest <= bound * (1 + 1e-6), `${name}: ${largest} is over ${bound}`);
  assert.ok(largest > bound * (1 - 10 / n), `${name}: ${largest} is far from ${bound}`);
  const mean = values.reduce((a, b) => a + b, 0) / n / bound;
  const square = values.reduce((a, b) => a + b * b, 0) / n / bound ** 2;
  assert.ok(Math.abs(mean) < 4 / Math.sqrt(3 * n), `${name}: mean ${mean}`);
  assert.ok(Math.abs(square - 1 / 3) < 4 * Math.sqrt(4 / 45 / n), `${name}: square ${square}`);
}

onWasm("initialise() makes PyTorch's state dict: every name, every shape", async () => {
  const dict = await fresh(1);
  const shapes = new Map([...dict].map(([name, { shape }]) => [name, [...shape]]));
  const expected = new Map(REFERENCE.stateDict.map(({ name, shape }) => [name, shape]));
  assert.deepEqual(shapes, expected);
});

onWasm("initialise() draws weights uniformly from ±1/√fan_in", async () => {
  const dict = await fresh(1);
  for (const [name, bound] of Object.entries(REFERENCE.bounds)) {
    assertUniform(numbers(dict.get(name)), bound, name);
  }
});

onWasm("initialise() draws every tensor on its own", async () => {
  const dict = await fresh(1);
  const first = Object.entries(REFERENCE.bounds)
    .map(([name, bound]) => Math.round(numbers(dict.get(name))[0]! / bound * 1e6));
  assert.equal(new Set(first).size, first.length);
});

onWasm("initialise() starts batch norm at the identity", async () => {
  const starts = { weight: 1, bias: 0, running_mean: 0, running_var: 1 };
  for (const [name, { data }] of await fresh(1)) {
    if (name in REFERENCE.bounds) continue;
    const kind = name.split(".").at(-1)!;
    if (kind === "num_batches_tracked") {
      assert.deepEqual(data, BigInt64Array.of(0n));
    } else {
      assert.ok([...data].every((value) => value === starts[kind as keyof typeof starts]), name);
    }
  }
});

onWasm("initialise() gives another seed other values", async () => {
  const one = await fresh(1), two = await fresh(2);
  for (const name of Object.keys(REFERENCE.bounds)) {
    assert.notDeepEqual(numbers(one.get(name)), numbers(two.get(name)), name);
  }
});

eachBackend("initialise() gives a seed the same values on every backend", async () => {
  // A change of this digest breaks the promise that a recipe and a seed reproduce a run.
  const dict = await fresh(1), digest = createHash("sha256");
  for (const name of Object.keys(REFERENCE.bounds)) digest.update(numbers(dict.get(name)));
  assert.equal(
    digest.digest("hex"),
    "3ebb7aeb037bc783cf75a771a976fa6d16ddc7ad50d62f0fed1b205498eef54f",
  );
});

/** Of each network of `networks.py`, as PyTorch initialises it: shapes, what is the same throughout, and bounds of the rest. */
const FRESH_NETWORKS = `
import json, math, sys
sys.path.insert(0, sys.argv[1])
import networks
from torch import nn
made = {}
for name, (network, width, _) in networks.NETWORKS.items():
    model = network(width)
    bounds = {}
    for at, module in model.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            fan_in, _ = nn.init._calculate_fan_in_and_fan_out(module.weight)
            bound = nn.init.calculate_gain("leaky_relu", math.sqrt(5)) * math.sqrt(3 / fan_in)
            bounds.update({f"{at}.{kind}": bound for kind, _ in module.named_parameters()})
    state = model.state_dict()
    made[name] = {
        "width": width,
        "shapes": {key: list(value.shape) for key, value in state.items()},
        "drawn": {key: [bound, float(state[key].abs().max())] for key, bound in bounds.items()},
        "constant": {key: float(value.flatten()[0]) for key, value in state.items() if key not in bounds},
    }
print(json.dumps(made))
`;

interface FreshNetwork {
  readonly width: number;
  readonly shapes: Record<string, number[]>;
  readonly drawn: Record<string, [bound: number, largest: number]>;
  readonly constant: Record<string, number>;
}

judgedTest(
  "initialise() begins every other network as PyTorch does: names, shapes and bounds",
  ["torch"],
  async (judge) => {
    const fixtures = new URL("../fixtures/", import.meta.url).pathname;
    const made: Record<string, FreshNetwork> = JSON.parse(await judge(FRESH_NETWORKS, fixtures));
    assert.deepEqual(
      new Set([...Object.keys(made), "resnet18"]),
      new Set(ARCHITECTURE_NAMES),
      "networks.py has them all",
    );
    for (const [network, { width, shapes, drawn, constant }] of Object.entries(made)) {
      const size = { width, classes: 10 };
      const dict = await fresh(3, buildArchitecture(network as ArchitectureName, size));
      assert.deepEqual(
        Object.fromEntries([...dict].map(([k, { shape }]) => [k, [...shape]])),
        shapes,
      );
      for (const [name, [bound, largest]] of Object.entries(drawn)) {
        assert.ok(largest <= bound * (1 + 1e-6), `PyTorch's ${network} ${name}: ${largest}`);
        assertUniform(numbers(dict.get(name)), bound, `${network} ${name}`);
      }
      for (const [name, expected] of Object.entries(constant)) {
        const values = [...dict.get(name)!.data].map(Number);
        assert.ok(values.every((value) => value === expected), `${network} ${name}`);
      }
    }
  },
);
