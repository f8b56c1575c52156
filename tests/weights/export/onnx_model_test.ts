import assert from "node:assert/strict";
import { join } from "@std/path";
import { encodeOnnx } from "../../../src/format/onnx.ts";
import { BATCH_NORM_FORMS, onnxModel } from "../../../src/weights/export/onnx_model.ts";
import { inTemporary } from "../../memory/support.ts";
import { SHAPE } from "../../testing/images.ts";
import { judgedTest } from "../../testing/judge.ts";
import { logitsOf, NETWORKS, noise, onCpu, readFloats } from "./networks.ts";

const N = 64;
const CLASSES = Array.from({ length: 10 }, (_, i) => `class ${i}`);

/** Checks each model, computes its logits of all images at once and one by one, and prints what it says of itself. */
const COMPUTE = `
import glob, json, sys, numpy, onnx, onnxruntime
x = numpy.fromfile(f"{sys.argv[1]}/images", "float32").reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2)
found = {}
for path in sorted(glob.glob(f"{sys.argv[1]}/*.onnx")):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    logits = session.run(["logits"], {"images": x})[0]
    logits.tofile(path + ".logits")
    one = session.run(["logits"], {"images": x[:1]})[0]
    (image,), (output,) = session.get_inputs(), session.get_outputs()
    found[path.rsplit("/", 1)[1]] = {
        "images": image.shape, "logits": output.shape, "one": float(abs(one - logits[:1]).max()),
        "operators": sorted({node.op_type for node in model.graph.node}),
        "opset": model.opset_import[0].version, "producer": model.producer_name,
        "metadata": {entry.key: entry.value for entry in model.metadata_props},
        "docs": [model.doc_string, model.graph.input[0].doc_string, model.graph.output[0].doc_string],
    }
print(json.dumps(found))
`;

judgedTest(
  "onnxModel() gives models that the checker passes and that have our logits in onnxruntime",
  ["onnx", "onnxruntime"],
  (judge) =>
    inTemporary(async (folder) => {
      const images = noise(N);
      await Deno.writeFile(join(folder, "images"), new Uint8Array(images.buffer));
      for (const [i, network] of NETWORKS.entries()) {
        for (const batchNorm of BATCH_NORM_FORMS) {
          const model = onnxModel(network, {
            batchNorm,
            ...i === 0 && { shape: SHAPE, classes: CLASSES },
            producer: { name: "memloss", version: "1.2.3" },
            metadata: { "memloss.epsilon": "8/255", "memloss.made": "ü" },
          });
          await Deno.writeFile(join(folder, `${i}-${batchNorm}.onnx`), encodeOnnx(model));
        }
      }
      const found = JSON.parse(await judge(COMPUTE, folder));
      const plain = ["Add", "Conv", "Flatten", "Gemm", "GlobalAveragePool", "Relu"];
      assert.deepEqual(found["0-folded.onnx"], {
        images: ["N", 3, 32, 32],
        logits: ["N", 10],
        one: found["0-folded.onnx"].one,
        operators: plain,
        opset: 17,
        producer: "memloss",
        metadata: { "memloss.epsilon": "8/255", "memloss.made": "ü" },
        docs: [
          "ResNet-18 of width 8; batch norm is folded into the convolutions, with running statistics.",
          "Images in [0, 1], not normalised; channels are RGB.",
          `Logits of ${CLASSES.join(", ")}.`,
        ],
      });
      assert.deepEqual(found["0-separate.onnx"].operators, [
        "Add",
        "BatchNormalization",
        ...plain.slice(1),
      ]);
      assert.deepEqual(found["1-folded.onnx"].images, ["N", 3, "H", "W"]);
      assert.deepEqual(found["1-folded.onnx"].operators, [...plain.slice(0, 5), "Mul", "Relu"]);
      await onCpu(async () => {
        for (const [i, network] of NETWORKS.entries()) {
          const ours = await logitsOf(network, images);
          for (const batchNorm of BATCH_NORM_FORMS) {
            const name = `${i}-${batchNorm}.onnx`;
            const theirs = await readFloats(join(folder, `${name}.logits`));
            const error = Math.max(...theirs.map((value, j) => Math.abs(value - ours[j]!)));
            assert.equal(theirs.length, N * 10);
            assert.ok(error <= 1e-4, `${name}: the largest difference of a logit is ${error}`);
            assert.ok(found[name].one <= 1e-5, `${name}: one image has other logits`);
          }
        }
      });
    }),
);
