/** The snippets of docs/export.md, on what the commands there write. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { encodeSafetensors } from "../../src/format/safetensors.ts";
import { exportWeights } from "../../src/publish/export_weights.ts";
import { writeTinyData } from "../cli/tiny.ts";
import { inTemporary } from "../memory/support.ts";
import { judgedTest } from "../testing/judge.ts";
import { NETWORKS } from "../weights/export/networks.ts";

/** The document's Python, block by block. */
async function snippets(): Promise<string[]> {
  const text = await Deno.readTextFile(new URL("../../docs/export.md", import.meta.url));
  return [...text.matchAll(/```python\n([^]*?)```/g)].map(([, code]) => code!);
}

/** Runs the snippets in a folder; attacks are short, and the standard version is its first attack. */
const RUN = `
import os, sys, torch, pyautoattack.autoattack as autoattack
class Apgd(autoattack.APGDAttack):
    def __init__(self, *args, **options):
        super().__init__(*args, **{**options, "n_iter": 5, "n_restarts": 1})
class Square(autoattack.SquareAttack):
    def __init__(self, *args, **options):
        super().__init__(*args, **{**options, "n_queries": 10})
autoattack.APGDAttack, autoattack.SquareAttack = Apgd, Square
torch.set_num_threads(1)
folder, *snippets = sys.argv[1:]
os.chdir(folder)
sys.path.insert(0, folder)
scope = {}
for snippet in snippets:
    exec(snippet.replace('version="standard"', 'version="custom", attacks=["apgd-ce"]'), scope)
import memloss_resnet18
print(memloss_resnet18.__doc__)
`;

judgedTest(
  "docs/export.md's snippets run on what is exported, and the network's module has the first of them",
  ["torch", "pyautoattack", "safetensors", "onnxruntime"],
  (judge) =>
    inTemporary(async (folder) => {
      const source = join(folder, "source.safetensors");
      await Deno.writeFile(source, encodeSafetensors(NETWORKS[0]!.tensors, {}));
      for (const out of ["weights.pt", "weights.safetensors", "weights.onnx"]) {
        const format = out.endsWith(".onnx") ? "onnx" : "torch";
        await exportWeights(source, { format, out: join(folder, out) });
      }
      const data = join(folder, "data", "cifar-10-batches-bin");
      await Deno.mkdir(data, { recursive: true });
      await writeTinyData(data);
      const code = await snippets();
      assert.equal(code.length, 3);
      const printed = await judge(RUN, folder, ...code);
      const [robust, clean, withstand, ...documentation] = printed.split("\n");
      const share = (line: string | undefined, what: string) => {
        const [, number] = new RegExp(`^([\\d.]+)% ${what}$`).exec(line!) ?? assert.fail(printed);
        return Number(number);
      };
      assert.ok(share(robust, "robust") <= share(clean, "clean"), printed);
      assert.ok(share(withstand, "withstand Square") <= share(clean, "clean"), printed);
      const own = documentation.map((line) => line.replace(/^ {4}/, "")).join("\n");
      assert.ok(own.includes(code[0]!), own);
    }),
);
