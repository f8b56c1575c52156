import assert from "node:assert/strict";
import { join } from "@std/path";
import { encodeTorch } from "../../../src/weights/export/torch_file.ts";
import { moduleName, pythonModule } from "../../../src/weights/export/python_module.ts";
import { inTemporary } from "../../memory/support.ts";
import { judgedTest } from "../../testing/judge.ts";
import { assertClose } from "../../testing/numbers.ts";
import { logitsOf, NETWORKS, noise, onCpu, readFloats } from "./networks.ts";

/** Loads each network strictly through its module; writes its logits of the images, and prints what is in its file. */
const LOAD = `
import importlib, json, os, sys, zipfile, torch
folder = sys.argv[1]
x = torch.frombuffer(bytearray(open(f"{folder}/images", "rb").read()), dtype=torch.float32)
x = x.reshape(-1, 32, 32, 3).permute(0, 3, 1, 2)
found = []
for each in sorted(os.listdir(folder)):
    if each == "images": continue
    os.chdir(f"{folder}/{each}")
    sys.path.insert(0, os.getcwd())
    (name,) = [file[:-3] for file in os.listdir() if file.endswith(".py")]
    module = importlib.reload(importlib.import_module(name))
    tensors = torch.load("weights.pt")
    again = torch.load("weights.pt", weights_only=True)
    with torch.no_grad():
        open("logits", "wb").write(module.load("weights.pt")(x).numpy().tobytes())
    found.append({
        "type": type(tensors).__name__,
        "same": all(torch.equal(tensors[name], again[name]) for name in tensors),
        "tensors": {name: [str(t.dtype), list(t.shape), t.is_contiguous()] for name, t in tensors.items()},
        "bad": zipfile.ZipFile("weights.pt").testzip(),
        "origin": json.loads(zipfile.ZipFile("weights.pt").read("archive/extra/memloss.json")),
    })
    sys.path.pop(0)
print(json.dumps(found))
`;

judgedTest(
  "encodeTorch() and pythonModule() give a network that PyTorch loads strictly and that has our logits",
  ["torch"],
  (judge) =>
    inTemporary(async (folder) => {
      const images = noise(256);
      await Deno.writeFile(join(folder, "images"), new Uint8Array(images.buffer));
      for (const [i, network] of NETWORKS.entries()) {
        const own = join(folder, String(i));
        await Deno.mkdir(own);
        const file = encodeTorch(network.tensors, { "memloss.made": "ü" });
        await Deno.writeFile(join(own, "weights.pt"), file);
        await Deno.writeTextFile(join(own, `${moduleName(network)}.py`), pythonModule(network));
      }
      const found = JSON.parse(await judge(LOAD, folder));
      for (const [i, { tensors, architecture: { title } }] of NETWORKS.entries()) {
        const expected = [...tensors].map(([name, { dtype, shape }]) => {
          const type = dtype === "F32" ? "torch.float32" : "torch.int64";
          return [name, [type, shape, true]] as const;
        });
        assert.deepEqual(Object.entries(found[i].tensors), expected, title);
        const { type, same, bad, origin } = found[i];
        assert.deepEqual([type, same, bad], ["OrderedDict", true, null]);
        assert.deepEqual(origin, { "memloss.made": "ü" });
      }
      await onCpu(async () => {
        for (const [i, network] of NETWORKS.entries()) {
          const theirs = await readFloats(join(folder, String(i), "logits"));
          const { title } = network.architecture;
          assertClose(theirs, await logitsOf(network, images), 1e-5, `${title}'s logits`);
        }
      });
    }),
);

Deno.test("encodeTorch() gives equal bytes for equal weights, and writes the values as they are", () => {
  const [{ tensors }] = NETWORKS as [typeof NETWORKS[0]];
  const file = encodeTorch(tensors, {});
  assert.deepEqual(encodeTorch(new Map(tensors), {}), file);
  const text = new TextDecoder("latin1").decode(file);
  const at = text.indexOf("archive/data/0");
  const start = Math.ceil((at + "archive/data/0".length + 4) / 64) * 64;
  const { data } = tensors.get("conv1.weight")!;
  const values = new Float32Array(file.slice(start, start + data.byteLength).buffer);
  assert.deepEqual(values, data);
});
