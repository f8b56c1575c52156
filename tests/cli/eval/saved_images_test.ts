/** `memloss eval --verify-adv` of files that others have written. */
import assert from "node:assert/strict";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from "../../../src/format/safetensors.ts";
import type { EvaluationReport } from "../../../src/evaluate/report.ts";
import { assertRefused, memloss, memlossDone } from "../memloss.ts";
import { TinyWorld } from "../tiny.ts";

let world: TinyWorld;
let run: string;
/** Images as --save-adv wrote them. */
let saved: string;

Deno.test.beforeAll(async () => {
  world = await TinyWorld.create();
  run = world.path("run");
  saved = world.path("saved.safetensors");
  await memlossDone(...world.trainArgs(run, "--variant", "standard", "--select", "none"));
  await memlossDone(
    ...["eval", run, "--attack", "autoattack", "--attack-version", "custom"],
    ...["--attacks-to-run", "apgd-ce", "--n-ex", "6", "--save-adv", saved],
  );
});
Deno.test.afterAll(() => world.remove());

/** Checks the saved images after `change`, of tensors and of what the file says of them. */
async function verify(
  change: (tensors: Map<string, SafeTensor>, metadata: Record<string, string>) => void,
  ...flags: string[]
) {
  const { tensors, metadata } = decodeSafetensors(await Deno.readFile(saved), saved);
  const changed = new Map(tensors), path = world.path("changed.safetensors");
  change(changed, metadata);
  await Deno.writeFile(path, encodeSafetensors(changed, metadata));
  return await memloss("eval", run, "--verify-adv", path, "--json", ...flags);
}

function wide(tensor: SafeTensor): SafeTensor {
  const data = BigInt64Array.from(Array.from(tensor.data as Int32Array, BigInt));
  return { dtype: "I64", shape: tensor.shape, data };
}

Deno.test("memloss eval --verify-adv takes PyTorch's integers, and files without labels", async () => {
  const verified = async (change: (tensors: Map<string, SafeTensor>) => void) => {
    const { code, stdout, stderr } = await verify(change);
    assert.equal(code, 0, stderr);
    return (JSON.parse(stdout) as EvaluationReport).verified;
  };
  const expected = await verified(() => {});
  assert.equal(expected!.outside, 0);
  const widened = await verified((tensors) => {
    for (const name of ["ids", "y"]) tensors.set(name, wide(tensors.get(name)!));
  });
  assert.deepEqual(widened, expected);
  assert.deepEqual(await verified((tensors) => tensors.delete("y")), expected);
});

Deno.test("memloss eval --verify-adv refuses labels that are not the data set's, and files without images", async () => {
  assertRefused(
    await verify((tensors) => {
      const y = tensors.get("y")!,
        data = (y.data as Int32Array).map((label, i) => i < 2 ? label ^ 1 : label);
      tensors.set("y", { dtype: "I32", shape: y.shape, data: Int32Array.from(data) });
    }),
    2,
    /: 2 of its 6 labels are not those of cifar10's test images\.$/,
  );
  assertRefused(
    await verify((tensors) => {
      tensors.set("x_adv", { dtype: "F32", shape: [0, 3, 32, 32], data: new Float32Array(0) });
      for (const name of ["ids", "y"]) {
        tensors.set(name, { dtype: "I32", shape: [0], data: new Int32Array(0) });
      }
    }),
    2,
    /: it holds no images\.$/,
  );
  assertRefused(
    await verify((tensors) => (tensors.get("ids")!.data as Int32Array).fill(4)),
    2,
    /: image 4 comes twice\.$/,
  );
  assertRefused(
    await verify((tensors) => tensors.delete("ids")),
    2,
    /it needs x_adv \(F32\) and ids/,
  );
});

Deno.test("memloss eval --verify-adv gives [0,1] the tolerance that ε has, and counts what leaves them", async () => {
  /** The saved images with one value of each of the first three moved beyond the bound by `excess`. */
  const moved = (excess: number) => (tensors: Map<string, SafeTensor>) => {
    const images = tensors.get("x_adv")!, data = (images.data as Float32Array).slice();
    for (const image of [0, 1, 2]) data[image * 3072] = -excess;
    tensors.set("x_adv", { dtype: "F32", shape: images.shape, data });
  };
  const all = ["--attack-eps", "1"]; // so that only [0,1] can be left
  assert.equal((await verify(moved(3e-8), ...all)).code, 0);
  assert.equal((await verify(moved(9e-7), ...all)).code, 0);
  const { code, stdout, stderr } = await verify(moved(2e-6), ...all);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /error: 3 of the 6 images in .+ leave their bounds: .+in \[0,1\] and within linf 255\/255 of the clean ones, each with 0\.000001 to spare; they are in \[-0\.00000\d+,/,
  );
  assert.equal((JSON.parse(stdout) as EvaluationReport).verified!.outside, 3);
});

Deno.test("memloss eval --verify-adv judges --attack-eps by the file's norm", async () => {
  const { code, stdout, stderr } = await verify(
    (_, metadata) => metadata.norm = "l2",
    ...["--attack-eps", "1.5"],
  );
  assert.equal(code, 0, stderr);
  const { norm, epsilon } = (JSON.parse(stdout) as EvaluationReport).verified!;
  assert.deepEqual([norm, epsilon], ["l2", 1.5]);
  assertRefused(await verify(() => {}, "--attack-eps", "1.5"), 2, /--attack-eps 1\.5 is more than/);
});

Deno.test("memloss eval --verify-adv notes images that were made for other weights", async () => {
  const note = /for other weights than .+epoch-002\.safetensors: an attack on these may break more/;
  assert.doesNotMatch((await verify(() => {})).stderr, note);
  const { code, stderr } = await verify((_, metadata) => metadata.checkpoint = "0".repeat(64));
  assert.equal(code, 0, stderr);
  assert.match(stderr, note);
});

Deno.test("memloss eval --verify-adv takes the --seed that drew a file's data, and refuses other images", async () => {
  const weights = `${run}/checkpoints/epoch-002.safetensors`,
    drawn = world.path("drawn.safetensors");
  const file = ["eval", weights, "--data", "synthetic", "--backend", "wasm"];
  await memlossDone(
    ...[...file, "--seed", "3", "--attack", "autoattack", "--attack-version", "custom"],
    ...["--attacks-to-run", "apgd-ce", "--iterations", "2", "--n-ex", "6", "--save-adv", drawn],
  );
  const check = (...flags: string[]) => memloss(...file, "--verify-adv", drawn, ...flags);
  const { code, stderr } = await check("--seed", "3");
  assert.equal(code, 0, stderr);
  assertRefused(
    await check(),
    2,
    /These are other test images than those .+drawn\.safetensors was made of: say the --data-dir or/,
  );
  // What is read is not drawn.
  const of = ["eval", weights, "--data-dir", world.data, "--verify-adv", saved, "--seed", "1"];
  assertRefused(await memloss(...of), 2, /--seed has no meaning with --verify-adv/);
  // A file of an earlier version says nothing of them.
  const earlier = await verify((_, metadata) => delete metadata.images);
  assert.equal(earlier.code, 0, earlier.stderr);
  // What someone else's file calls weights need be none of ours.
  const others = await verify((_, metadata) => metadata.weights = "ema");
  assert.equal(others.code, 0, others.stderr);
});

Deno.test("memloss eval names the first image whose logits are not finite", async () => {
  const path = world.path("infinite.safetensors");
  const checkpoint = `${run}/checkpoints/epoch-002.safetensors`;
  const { tensors } = decodeSafetensors(await Deno.readFile(checkpoint), checkpoint);
  // Finite weights: the sums of the next layer are not.
  const bias = tensors.get("bn1.bias")!, data = (bias.data as Float32Array).map(() => 3e38);
  const huge = new Map(tensors).set("bn1.bias", { dtype: "F32", shape: bias.shape, data });
  await Deno.writeFile(path, encodeSafetensors(huge, {}));
  const from = ["--data-dir", world.data, "--backend", "wasm", "--n-ex", "4"];
  for (const attack of ["clean", "pgd20", "autoattack"]) {
    const { code, stdout, stderr } = await memloss("eval", path, "--attack", attack, ...from);
    assert.equal(code, 1, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /^error: The model's logits on image 0 are not finite \(/m, attack);
  }
});
