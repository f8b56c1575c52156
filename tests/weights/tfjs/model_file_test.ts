import assert from "node:assert/strict";
import { join } from "@std/path";
import { sha256 } from "../../../src/format/sha256.ts";
import { attr, placeholder, readModel, writeGraphModel } from "../../testing/tfjs/models.ts";

/** Runs `body` with the path of a small model, of 24 bytes of weights in two files, and its JSON. */
async function withModel(body: (path: string, json: Model) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "memloss-tfjs-" });
  try {
    const nodes = [
      placeholder(1, 1, 2),
      { name: "out", op: "MatMul", input: ["images", "w"], attr: { T: attr.type() } },
    ];
    const weights = { w: { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) } };
    const path = await writeGraphModel(join(folder, "model"), nodes, weights);
    await body(path, JSON.parse(await Deno.readTextFile(path)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Model {
  [key: string]: unknown;
  weightsManifest: { paths: unknown; weights: Record<string, unknown>[] }[];
}

Deno.test("readTfjsModel() reads the weights of all files, and its digest is of every byte", async () => {
  await withModel(async (path) => {
    const model = await readModel(path);
    const [first, second] = model.files;
    assert.deepEqual([model.format, model.files.length], ["graph-model", 2]);
    assert.deepEqual(
      new Float32Array(model.artifacts.weightData),
      Float32Array.of(1, 2, 3, 4, 5, 6),
    );
    assert.deepEqual(model.artifacts.weightSpecs, [{ name: "w", shape: [2, 3], dtype: "float32" }]);
    const bytes = await Promise.all([path, first!, second!].map((file) => Deno.readFile(file)));
    assert.equal(model.sha256, sha256(...bytes));
  });
});

Deno.test("readTfjsModel() knows the kind of a model that does not say it", async () => {
  await withModel(async (path, { format: _, ...json }) => {
    const kindOf = async (topology: object) => {
      await Deno.writeTextFile(path, JSON.stringify({ ...json, modelTopology: topology }));
      return (await readModel(path)).format;
    };
    assert.equal(await kindOf(json.modelTopology as object), "graph-model");
    assert.equal(await kindOf({ class_name: "Sequential", config: [] }), "layers-model");
    assert.equal(await kindOf({ model_config: {} }), "layers-model");
    await assert.rejects(kindOf({}), { message: /neither one of layers nor a graph\.$/ });
  });
});

/** What `change` makes of the model, or is instead, must be refused with `message`; PATH stands for its path, FOLDER for its folder. */
function refuses(
  what: string,
  change: string | ((json: Model) => unknown),
  message: string,
): void {
  Deno.test(`readTfjsModel() refuses ${what}`, async () => {
    await withModel(async (path, json) => {
      if (typeof change !== "string") change(json);
      await Deno.writeTextFile(path, typeof change === "string" ? change : JSON.stringify(json));
      const folder = path.replace(/\/model\.json$/, "");
      await assert.rejects(readModel(path), {
        name: "UsageError",
        message: message.replaceAll("PATH", path).replaceAll("FOLDER", folder),
      });
    });
  });
}

const no = "PATH is no model.json of TensorFlow.js:";
const group = (json: Model) => json.weightsManifest[0]!;
const weight = (json: Model) => group(json).weights[0]!;

refuses(
  "what is no JSON",
  "GIF89a",
  `${no} it is not valid JSON (Unexpected token 'G', "GIF89a" is not valid JSON).`,
);
refuses("a list", "[]", `${no} modelTopology is missing.`);
refuses("a recipe", '{"variant":"v1"}', `${no} modelTopology is missing.`);
refuses(
  "a model without weights",
  (json) => Reflect.deleteProperty(json, "weightsManifest"),
  `${no} weightsManifest is missing.`,
);
refuses(
  "another format",
  (json) => json.format = "keras",
  `${no} its format is "keras", not layers-model or graph-model.`,
);
refuses(
  "a negative size",
  (json) => weight(json).shape = [-2, -3],
  `${no} weightsManifest.0.weights.0.shape.0 must not be negative.`,
);
refuses(
  "half a size",
  (json) => weight(json).shape = [1.5, 4],
  `${no} weightsManifest.0.weights.0.shape.0 must be a whole number.`,
);
refuses(
  "text as weights",
  (json) => weight(json).dtype = "string",
  `${no} weightsManifest.0.weights.0.dtype must be float32, int32 or bool.`,
);
refuses(
  "a name that is used twice",
  (json) => group(json).weights.push(weight(json)),
  `${no} it has the weight "w" twice.`,
);
for (
  const stray of [
    "../secret.bin",
    "/etc/passwd",
    "a/../../b",
    "https://example.org/w.bin",
    "C:\\w.bin",
    "\\\\host\\w",
  ]
) {
  refuses(
    `weights in ${stray}`,
    (json) => group(json).paths = [stray],
    `${no} its weights are in "${stray}", and only files beside it are read.`,
  );
}
refuses(
  "a file that is not there",
  (json) => group(json).paths = ["gone.bin"],
  "PATH has weights in FOLDER/gone.bin, which is no file: put it back.",
);
refuses(
  "a shape that its files do not fill",
  (json) => weight(json).shape = [2, 4],
  "FOLDER/group1-shard1of2.bin, FOLDER/group1-shard2of2.bin should hold 32 bytes of weights by PATH, and have 24: copy the model again.",
);
refuses(
  "a shape of petabytes, before it takes any",
  (json) => weight(json).shape = [2 ** 40, 2 ** 12],
  "FOLDER/group1-shard1of2.bin, FOLDER/group1-shard2of2.bin should hold 18014398509481984 bytes of weights by PATH, and have 24: copy the model again.",
);
refuses(
  "quantised weights of another size",
  (json) => weight(json).quantization = { dtype: "uint8", scale: 1, min: 0 },
  "FOLDER/group1-shard1of2.bin, FOLDER/group1-shard2of2.bin should hold 6 bytes of weights by PATH, and have 24: copy the model again.",
);
refuses(
  "weights without a file",
  (json) => group(json).paths = [],
  "No file should hold 24 bytes of weights by PATH, and has 0: copy the model again.",
);

Deno.test("readTfjsModel() refuses a file of weights that was cut short, or leads to a device", async () => {
  await withModel(async (path) => {
    const [first] = (await readModel(path)).files;
    await Deno.truncate(first!, 5);
    await assert.rejects(readModel(path), {
      name: "UsageError",
      message: /24 bytes .+ have 17/,
    });
    await Deno.remove(first!);
    await Deno.symlink("/dev/zero", first!);
    await assert.rejects(readModel(path), { name: "UsageError", message: /is no file/ });
  });
});

Deno.test("readTfjsModel() is not made to cost time by many weights without values", async () => {
  await withModel(async (path, json) => {
    for (let i = 0; i < 30_000; i++) {
      group(json).weights.push({ name: `w${i}`, shape: [0], dtype: "float32" });
    }
    await Deno.writeTextFile(path, JSON.stringify(json));
    const begun = performance.now();
    assert.equal((await readModel(path)).artifacts.weightSpecs.length, 30_001);
    assert.ok(performance.now() - begun < 5000, "within a second, on a machine that is not busy");
  });
});
