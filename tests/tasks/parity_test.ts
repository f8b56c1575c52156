import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from "../../src/format/safetensors.ts";
import { passesOf } from "../../src/method/method.ts";
import { methodOf, type Variant } from "../../src/method/methods.ts";
import { assertRefused, deno, type Outcome } from "../cli/memloss.ts";
import { withDirectory } from "../data/made_cifar10.ts";
import { skipWebGpu } from "../testing/webgpu/adapter.ts";
import { fixture } from "../testing/fixture.ts";
import { STEPPED } from "../testing/objectives.ts";
import { assertClose } from "../testing/numbers.ts";

type Tensors = ReadonlyMap<string, SafeTensor>;

const REFERENCE = fixture("steps_w2");
const START = REFERENCE.under("start.");
const IMAGES: Tensors = new Map(
  ["x", "x_adv", "x_mem", "y", "y_help"].map((name) => [name, REFERENCE.tensors.get(name)!]),
);

/** How far each kind of result may be from PyTorch's, as `‖ours − ref‖₂ / ‖ref‖₂`. */
const TOLERANCES: readonly (readonly [RegExp, number])[] = [
  [/^(loss|logits_\w+)$/, 1e-5],
  [/^grad\./, 1e-2], // rounding may switch a ReLU
  [/^(after|momentum)\./, 1e-3],
];

/** Runs the task as it is documented, on the two files. */
function parity(directory: string, ...flags: string[]): Promise<Outcome> {
  const [start, images] = ["start", "images"].map((name) => join(directory, `${name}.safetensors`));
  return deno("run", "-P", "tasks/parity.ts", start!, images!, ...flags);
}

/** Writes START and IMAGES and runs `body` with their folder. */
function withFiles(start: Tensors, images: Tensors, body: (directory: string) => Promise<void>) {
  return withDirectory(async (directory) => {
    for (const [name, tensors] of Object.entries({ start, images })) {
      await Deno.writeFile(join(directory, `${name}.safetensors`), encodeSafetensors(tensors, {}));
    }
    await body(directory);
  });
}

async function assertParity(variant: Variant, backend: string): Promise<void> {
  const method = methodOf(variant), passes = passesOf(method);
  const { beta, betaPrime } = method.coefficients;
  const needed = new Map(
    [...IMAGES].filter(([name]) =>
      /^(x|y|y_help)$/.test(name) || passes.some((pass) => name === `x_${pass}`)
    ),
  );
  await withFiles(START, needed, async (directory) => {
    const out = join(directory, "step.safetensors");
    const coefficients = [
      ...beta === undefined ? [] : ["--beta", `${beta}`],
      ...betaPrime === undefined ? [] : ["--beta-prime", `${betaPrime}`],
    ];
    const flags = ["--variant", variant, ...coefficients, "--lr", "0.1", "--backend", backend];
    const { code, stderr } = await parity(directory, ...flags, "--out", out);
    assert.equal(code, 0, stderr);
    const { tensors } = decodeSafetensors(await Deno.readFile(out), out);
    const expected = REFERENCE.under(`${variant}.`);
    assert.deepEqual([...tensors.keys()].sort(), [...expected.keys()].sort());
    for (const [name, { data, shape }] of expected) {
      const actual = tensors.get(name)!;
      assert.deepEqual(actual.shape, shape, name);
      if (data instanceof BigInt64Array) {
        assert.deepEqual(actual.data, data, name);
        continue;
      }
      const tolerance = TOLERANCES.find(([kind]) => kind.test(name))![1];
      assertClose(actual.data as Float32Array, data as Float32Array, tolerance, name);
    }
  });
}

for (const variant of STEPPED) {
  Deno.test(`parity.ts makes PyTorch's step of ${variant} [wasm]`, () =>
    assertParity(variant, "wasm"));
}
for (const variant of ["v1", "mart", "fgsm-pgi"] as const) {
  Deno.test({
    name: `parity.ts makes PyTorch's step of ${variant} [webgpu]`,
    ignore: skipWebGpu,
    fn: () => assertParity(variant, "webgpu"),
  });
}

/** IMAGES with `name` replaced, or left out. */
function withTensor(name: string, tensor?: SafeTensor): Tensors {
  const images = new Map(IMAGES);
  if (tensor === undefined) images.delete(name);
  else images.set(name, tensor);
  return images;
}

const WRONG: readonly { what: string; images: Tensors; sentence: RegExp }[] = [
  { what: "no memory images", images: withTensor("x_mem"), sentence: /has no "x_mem"/ },
  { what: "no labels", images: withTensor("y"), sentence: /has no "y" of dtype I32/ },
  {
    what: "a label over 9",
    images: withTensor("y", { dtype: "I32", shape: [6], data: Int32Array.of(0, 1, 2, 10, 4, 5) }),
    sentence: /labels from 0 to 9\.$/,
  },
  {
    what: "fewer labels than images",
    images: withTensor("y", { dtype: "I32", shape: [2], data: Int32Array.of(0, 1) }),
    sentence: /has no "x" of dtype F32 and shape \[2,height,width,3\]\.$/,
  },
  {
    what: "images as planes",
    images: withTensor("x_adv", {
      dtype: "F32",
      shape: [6, 3, 32, 32],
      data: new Float32Array(6 * 3072),
    }),
    sentence: /has no "x_adv" of dtype F32 and shape \[6,height,width,3\]\.$/,
  },
];

for (const { what, images, sentence } of WRONG) {
  Deno.test(`parity.ts refuses ${what} and writes nothing`, async () => {
    await withFiles(START, images, async (directory) => {
      const out = join(directory, "step.safetensors");
      const outcome = await parity(directory, "--backend", "wasm", "--out", out);
      assertRefused(outcome, 2, sentence);
      assert.ok(outcome.stderr.includes(join(directory, "images.safetensors")));
      await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
    });
  });
}

Deno.test("parity.ts refuses wrong flags, and files that are not what they should be", async () => {
  await withFiles(START, IMAGES, async (directory) => {
    const out = ["--out", join(directory, "step.safetensors")];
    assertRefused(await parity(directory), 2, /^error: Usage: parity START/);
    assertRefused(
      await parity(directory, "--variant", "v1", "--beta=-1", ...out),
      2,
      /--beta must be a number of at least 0/,
    );
    const swapped = ["images", "start"].map((name) => join(directory, `${name}.safetensors`));
    assertRefused(
      await deno("run", "-P", "tasks/parity.ts", ...swapped, "--backend", "wasm", ...out),
      2,
      /images\.safetensors is no state dict of a network that this program knows/,
    );
    await Deno.remove(swapped[1]!);
    assertRefused(await parity(directory, ...out), 2, /start\.safetensors does not exist/);
    await assert.rejects(Deno.stat(out[1]!), Deno.errors.NotFound);
  });
});
