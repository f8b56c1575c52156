import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from "../../src/format/safetensors.ts";
import { DISK } from "../../src/disk/disk.ts";
import { exportWeights, type WeightsExportOptions } from "../../src/publish/export_weights.ts";
import { inTemporary } from "../memory/support.ts";
import { patched } from "../disk/patched.ts";
import { snapshot } from "../testing/folder.ts";
import { NETWORKS } from "../weights/export/networks.ts";

const [RESNET] = NETWORKS as [typeof NETWORKS[0]];

/** Runs `use` in a folder with weights in `weights.safetensors`. */
function withWeights(use: (folder: string, weights: string) => Promise<void>): Promise<void> {
  return inTemporary(async (folder) => {
    const weights = join(folder, "weights.safetensors");
    await Deno.writeFile(weights, encodeSafetensors(RESNET.tensors, { format: "pt" }));
    await use(folder, weights);
  });
}

Deno.test("exportWeights() writes a weights-only safetensors under PyTorch's names, and the network's module", () =>
  withWeights(async (folder, weights) => {
    const out = join(folder, "out.safetensors");
    const { files, architecture } = await exportWeights(weights, { format: "torch", out });
    assert.deepEqual(files, [join(folder, "memloss_resnet18.py"), out]);
    assert.equal(architecture, "ResNet-18");
    const { tensors, metadata } = decodeSafetensors(await Deno.readFile(out), out);
    assert.deepEqual(tensors, new Map(RESNET.tensors));
    assert.equal(metadata.format, "pt");
    assert.match(metadata["memloss.weights_sha256"]!, /^[0-9a-f]{64}$/);
  }));

Deno.test("exportWeights() takes its own .pt again, to the bit, and others' files with a note", () =>
  withWeights(async (folder, weights) => {
    const pt = join(folder, "out.pt"), again = join(folder, "again.safetensors");
    assert.deepEqual((await exportWeights(weights, { format: "torch", out: pt })).notes, []);
    await exportWeights(pt, { format: "torch", out: again });
    const { tensors } = decodeSafetensors(await Deno.readFile(again), again);
    assert.deepEqual(tensors, new Map(RESNET.tensors));

    const prefixed = new Map([...RESNET.tensors].map(([name, each]) => [`module.${name}`, each]));
    await Deno.writeFile(weights, encodeSafetensors(prefixed, {}));
    const { notes } = await exportWeights(weights, { format: "torch", out: again });
    assert.deepEqual(notes, ['The names of its tensors begin with "module.", which is left out.']);
    const { tensors: same } = decodeSafetensors(await Deno.readFile(again), again);
    assert.deepEqual(same, tensors);
  }));

Deno.test("exportWeights() takes the average of a checkpoint that has one, or the weights themselves if asked", () =>
  withWeights(async (folder, weights) => {
    const halved = (each: SafeTensor): SafeTensor =>
      each.dtype === "F32" ? { ...each, data: each.data.map((x) => x / 2) } : each;
    const averages = [...RESNET.tensors].map(([name, each]) => [name, halved(each)] as const);
    const averaged = averages.map(([name, each]) => [`optimizer.average.${name}`, each] as const);
    const both = join(folder, "both.safetensors"), out = join(folder, "out.safetensors");
    await Deno.writeFile(both, encodeSafetensors(new Map([...RESNET.tensors, ...averaged]), {}));
    const expected = { average: averages, raw: RESNET.tensors };
    for (const choice of [undefined, "average", "raw"] as const) {
      const options = { format: "torch", out, ...choice && { weights: choice } } as const;
      const { weights: said } = await exportWeights(both, options);
      const { tensors, metadata } = decodeSafetensors(await Deno.readFile(out), out);
      assert.equal(said.weights, choice ?? "average");
      assert.equal(metadata["memloss.weights"], choice ?? "average");
      assert.deepEqual(tensors, new Map(expected[choice ?? "average"]));
    }
    const before = await snapshot(folder);
    await assert.rejects(exportWeights(weights, { format: "torch", out, weights: "raw" }), {
      name: "UsageError",
      message: /^--weights raw chooses .+ holds no average: leave it out\.$/,
    });
    await assert.rejects(
      exportWeights(both, { format: "torch", out, weights: "mean" as "raw" }),
      { name: "UsageError", message: 'weights must be one of average, raw, not "mean".' },
    );
    assert.deepEqual(await snapshot(folder), before);
  }));

Deno.test("exportWeights() is told the nonlinearity of a file that does not say it, and of no other", () =>
  withWeights(async (folder, weights) => {
    const silu = join(folder, "silu.safetensors"), onnx = join(folder, "silu.onnx");
    const activation = "silu";
    await exportWeights(weights, { format: "torch", out: silu, activation });
    const { metadata } = decodeSafetensors(await Deno.readFile(silu), silu);
    assert.equal(metadata["memloss.activation"], "silu");
    assert.match(await Deno.readTextFile(join(folder, "memloss_resnet18_silu.py")), /silu/);
    await exportWeights(silu, { format: "onnx", out: onnx, activation }); // which it says itself
    await assert.rejects(exportWeights(silu, { format: "onnx", out: onnx, activation: "relu" }), {
      name: "UsageError",
      message: /is silu, as it says itself, and not relu: leave that out\.$/,
    });
  }));

Deno.test("exportWeights() replaces what was exported, and nothing else unless told", () =>
  withWeights(async (folder, weights) => {
    const out = join(folder, "out.pt");
    const options = { format: "torch", out } as const;
    await exportWeights(weights, options);
    const before = await snapshot(folder);
    await exportWeights(weights, options);
    assert.deepEqual(await snapshot(folder), before);

    const module = await Deno.readTextFile(join(folder, "memloss_resnet18.py"));
    const changes = [
      ["out.pt", "mine"],
      ["memloss_resnet18.py", "mine"],
      ["memloss_resnet18.py", `${module}# mine`],
    ] as const;
    for (const [file, text] of changes) {
      await Deno.writeTextFile(join(folder, file), text);
      const own = await snapshot(folder);
      await assert.rejects(exportWeights(weights, options), {
        name: "UsageError",
        message: /^--out .+(out\.pt|\.py) is there already and is not .+, or add --overwrite\.$/,
      });
      assert.deepEqual(await snapshot(folder), own);
      await exportWeights(weights, { ...options, overwrite: true });
      assert.deepEqual(await snapshot(folder), before);
    }
    // A checkpoint is not what was exported, whatever its name.
    await Deno.copyFile(weights, join(folder, "copy.safetensors"));
    const copy = { format: "torch", out: join(folder, "copy.safetensors") } as const;
    await assert.rejects(exportWeights(weights, copy), /is not an exported safetensors file/);
    await assert.rejects(
      exportWeights(weights, { ...copy, out: weights, overwrite: true }),
      /would overwrite what is being read/,
    );
  }));

/** What is refused, and how the sentence begins. */
const REFUSED: [string, (folder: string) => WeightsExportOptions, RegExp][] = [
  [
    "a name that says no kind of file",
    (folder) => ({ format: "torch", out: join(folder, "weights") }),
    /^--out .+weights is no name for what PyTorch reads: say FILE\.pt, or FILE\.safetensors\.$/,
  ],
  [
    "a form that there is not",
    (folder) => ({ format: "keras" as "torch", out: join(folder, "out.pt") }),
    /^format must be one of torch, onnx, robustbench, not "keras"\.$/,
  ],
  [
    "a form of batch norm that there is not",
    (folder) => ({ format: "onnx", out: join(folder, "o.onnx"), batchNorm: "fused" as "folded" }),
    /^batchNorm must be one of folded, separate, not "fused"\.$/,
  ],
  [
    "a name that says no ONNX model",
    (folder) => ({ format: "onnx", out: join(folder, "out.pt") }),
    /^--out .+out\.pt is no name for an ONNX model: say FILE\.onnx\.$/,
  ],
  [
    "a folder that is not there",
    (folder) => ({ format: "torch", out: join(folder, "absent", "weights.pt") }),
    /^--out: there is no folder .+absent: make it first\.$/,
  ],
  [
    "a checkpoint of a file",
    (folder) => ({ format: "torch", out: join(folder, "out.pt"), checkpoint: "last" }),
    /^--checkpoint last chooses among a run's checkpoints, but .+ is a file\.$/,
  ],
];

for (const [what, options, message] of REFUSED) {
  Deno.test(`exportWeights() refuses ${what}, and writes nothing`, () =>
    withWeights(async (folder, weights) => {
      const before = await snapshot(folder);
      await assert.rejects(exportWeights(weights, options(folder)), {
        name: "UsageError",
        message,
      });
      assert.deepEqual(await snapshot(folder), before);
    }));
}

Deno.test("exportWeights() replaces an ONNX model that it wrote, in either form, and nothing else unless told", () =>
  withWeights(async (folder, weights) => {
    const out = join(folder, "out.onnx");
    await exportWeights(weights, { format: "onnx", out });
    const folded = await Deno.readFile(out);
    await exportWeights(weights, { format: "onnx", out, batchNorm: "separate" });
    assert.ok((await Deno.readFile(out)).length > folded.length);
    await Deno.writeTextFile(out, "mine");
    await assert.rejects(exportWeights(weights, { format: "onnx", out }), {
      name: "UsageError",
      message: /is there already and is not an exported ONNX model: name another file/,
    });
    await exportWeights(weights, { format: "onnx", out, overwrite: true });
    assert.deepEqual(await Deno.readFile(out), folded);
  }));

Deno.test("exportWeights() refuses a file that is not exactly a network", () =>
  withWeights(async (folder, weights) => {
    const tensors = new Map(RESNET.tensors);
    tensors.delete("bn1.running_var");
    await Deno.writeFile(weights, encodeSafetensors(tensors, {}));
    const out = join(folder, "out.pt");
    await assert.rejects(exportWeights(weights, { format: "torch", out }), {
      name: "UsageError",
      message: /lacks tensor "bn1\.running_var"/,
    });
    await assert.rejects(exportWeights(join(folder, "absent"), { format: "torch", out }), {
      name: "UsageError",
    });
  }));

Deno.test("exportWeights() says that the disk is full, and leaves no part of a file", () =>
  withWeights(async (folder, weights) => {
    const full = Object.assign(new Error("os error 28"), { code: "ENOSPC" });
    const out = join(folder, "out.pt");
    const named = (path: unknown) => (path as string).startsWith(`${out}.tmp-`);
    await assert.rejects(
      patched(DISK, "create", named, full).during(() =>
        exportWeights(weights, { format: "torch", out })
      ),
      {
        name: "RunError",
        message: `Could not write ${out}: the disk is full, free some space and try again`,
      },
    );
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(left, ["memloss_resnet18.py", "weights.safetensors"]);
  }));
