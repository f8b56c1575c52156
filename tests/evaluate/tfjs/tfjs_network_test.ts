import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { crossEntropyAttack } from "../../../src/attack/attack_loss.ts";
import type { Backend } from "../../../src/backend/backend.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { firstIndices, loadBatch } from "../../../src/data/batches.ts";
import { openTfjsNetwork } from "../../../src/evaluate/tfjs/tfjs_network.ts";
import { imageTensor, oneHot } from "../../../src/model/inputs.ts";
import { eachBackend } from "../../testing/backends.ts";
import { onWasm } from "../../testing/device.ts";
import { assertClose } from "../../testing/numbers.ts";
import { read } from "../../testing/tensors.ts";
import {
  attr,
  type GraphNode,
  placeholder,
  readModel,
  type Weight,
  writeGraphModel,
  writeLayersModel,
} from "../../testing/tfjs/models.ts";

const FIXTURES = join(import.meta.dirname!, "..", "..", "fixtures", "tfjs");
const REFERENCE: { images: string; labels: number[]; logits: number[]; gradient: string } = JSON
  .parse(Deno.readTextFileSync(join(FIXTURES, "reference.json")));
const decode = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** Ten classes of the reference's four images. */
const DATASET: Dataset = {
  name: "four",
  classes: Array.from("abcdefghij"),
  shape: { height: 32, width: 32, channels: 3 },
  n: 4,
  images: decode(REFERENCE.images),
  labels: Uint8Array.from(REFERENCE.labels),
};
/** Relative error of logits and gradients, and of those of weights that were rounded to float16. */
const TOLERANCE = 1e-4, HALF_TOLERANCE = 5e-3;

/** The logits of all of `dataset` and the gradient of `Σ CE`, by images in [0,1]. */
async function evaluate(path: string, input: object, backend: Backend, dataset = DATASET) {
  const model = await readModel(path);
  const open = await openTfjsNetwork(model, dataset, input, backend, true);
  const { x, y, shape } = loadBatch(dataset, firstIndices(dataset.n, undefined));
  const [logits, gradient] = tf.tidy(() => {
    const images = imageTensor(x, shape), labels = oneHot(y, dataset.classes.length);
    const loss = crossEntropyAttack(labels);
    const slope = tf.grad((x) => loss(open.network.logits(x as tf.Tensor4D)));
    return [open.network.logits(images), slope(images)];
  });
  const results = {
    softmaxRemoved: open.softmaxRemoved,
    logits: await read(logits!),
    gradient: await read(gradient!),
  };
  open.network.dispose();
  return results;
}

for (
  const [name, tolerance] of [
    ["layers", TOLERANCE],
    ["graph", TOLERANCE],
    ["half", HALF_TOLERANCE],
  ] as const
) {
  eachBackend(
    `openTfjsNetwork() gives what TensorFlow gives of the converted model in ${name}/`,
    async (backend) => {
      const path = join(FIXTURES, name, "model.json");
      const found = await evaluate(path, { range: [-1, 1] }, backend);
      assert.equal(found.softmaxRemoved, true);
      assertClose(found.logits, REFERENCE.logits, tolerance, "logits");
      const gradient = new Float32Array(decode(REFERENCE.gradient).buffer).map((value) =>
        2 * value
      );
      assertClose(found.gradient, gradient, tolerance, "gradient by images in [0,1]");
    },
  );
}

onWasm("openTfjsNetwork() gives the model what its scaling says", async (backend) => {
  const path = join(FIXTURES, "layers", "model.json");
  // The same input in other words: ((255 v) − 127.5) / 127.5.
  const found = await evaluate(
    path,
    { range: [0, 255], mean: [127.5], std: [127.5, 127.5, 127.5] },
    backend,
  );
  assertClose(found.logits, REFERENCE.logits, TOLERANCE, "logits");
  const other = await evaluate(path, { range: [-1, 1], mean: [0.5, 0, 0] }, backend);
  assert.ok(other.logits.some((value, i) => Math.abs(value - REFERENCE.logits[i]!) > 0.01));
});

/** A small grey data set of two classes. */
const GREY: Dataset = {
  name: "grey",
  classes: ["left", "right"],
  shape: { height: 4, width: 6, channels: 1 },
  n: 3,
  images: Uint8Array.from({ length: 72 }, (_, i) => 3 * i),
  labels: Uint8Array.of(0, 1, 1),
};
const INTEGERS: Record<string, Weight> = {
  flat: { shape: [2], values: Int32Array.of(-1, 24) },
  axis: { shape: [], values: Int32Array.of(1) },
};
const W: Weight = {
  shape: [24, 2],
  values: Float32Array.from({ length: 48 }, (_, i) => Math.cos(i)),
};
const T = { T: attr.type() };

/** What `act` makes of `W · images`. */
function linearGraph(...act: GraphNode[]): GraphNode[] {
  return [
    placeholder(4, 6, 1),
    {
      name: "rows",
      op: "Reshape",
      input: ["images", "flat"],
      attr: { ...T, Tshape: attr.type("DT_INT32") },
    },
    {
      name: "product",
      op: "MatMul",
      input: ["rows", "w"],
      attr: { ...T, transpose_a: { b: false }, transpose_b: { b: false } },
    },
    ...act,
  ];
}

/** Runs `body` with the path of a graph model made of `nodes` and the weights that they read. */
async function withGraph(
  nodes: readonly GraphNode[],
  body: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "memloss-tfjs-" });
  const read = new Set(nodes.flatMap(({ input = [] }) => input));
  const weights = Object.entries({ ...INTEGERS, w: W }).filter(([name]) => read.has(name));
  try {
    await body(await writeGraphModel(join(folder, "model"), nodes, Object.fromEntries(weights)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

onWasm(
  "openTfjsNetwork() takes images of other sizes, one channel and two classes",
  async (backend) => {
    const softmax: GraphNode[] = [
      { name: "p", op: "Softmax", input: ["product"], attr: T },
      { name: "Identity", op: "Identity", input: ["p"], attr: T },
    ];
    await withGraph(linearGraph(...softmax), async (path) => {
      const found = await evaluate(path, {}, backend, GREY);
      assert.equal(found.softmaxRemoved, true);
      const expected = Array.from({ length: 6 }, (_, at) => {
        const row = Math.floor(at / 2), c = at % 2;
        return Array.from(
          { length: 24 },
          (_, i) => GREY.images[24 * row + i]! / 255 * Math.cos(2 * i + c),
        )
          .reduce((sum, term) => sum + term, 0);
      });
      assertClose(found.logits, expected, 1e-5, "logits");
    });
  },
);

/** `open` of the graph must be refused with `message`, PATH standing for its path. */
function refuses(
  what: string,
  nodes: readonly GraphNode[],
  message: string,
  attacked = true,
): void {
  onWasm(`openTfjsNetwork() refuses ${what}`, async (backend) => {
    await withGraph(nodes, async (path) => {
      const model = await readModel(path);
      await assert.rejects(openTfjsNetwork(model, GREY, {}, backend, attacked), {
        name: "UsageError",
        message: message.replace("PATH", path),
      });
    });
  });
}

const only = "only --attack clean can measure it.";
refuses(
  "an operation without a gradient, and names it",
  linearGraph(
    { name: "zero", op: "ZerosLike", input: ["product"], attr: T },
    { name: "positive", op: "Greater", input: ["product", "zero"], attr: T },
    {
      name: "out",
      op: "Cast",
      input: ["positive"],
      attr: { SrcT: attr.type("DT_BOOL"), DstT: attr.type() },
    },
  ),
  `PATH uses Greater, which TensorFlow.js cannot differentiate: ${only}`,
);
refuses(
  "an operation that tfjs does not know, and names it",
  linearGraph({ name: "out", op: "MakeCoffee", input: ["product"], attr: T }),
  "PATH uses MakeCoffee, which TensorFlow.js does not know: it cannot be evaluated here.",
);
refuses(
  "a class instead of logits",
  linearGraph(
    {
      name: "out",
      op: "ArgMax",
      input: ["product", "axis"],
      attr: { T: attr.type(), output_type: attr.type("DT_INT64") },
    },
  ),
  "PATH gives [2] for 2 images, but grey has 2 classes: it must give [2,2].",
);
refuses(
  "images of another size",
  linearGraph().map((node) => node.op === "Placeholder" ? placeholder(28, 28, 1) : node),
  "PATH takes [any, 28, 28, 1], but the images of grey are [any, 4, 6, 1], NHWC.",
);
refuses(
  "several outputs",
  linearGraph({ name: "other", op: "Relu", input: ["rows"], attr: T }),
  "PATH has 2 outputs: evaluate a model with one.",
);

onWasm("openTfjsNetwork() lets clean images through a model without gradients", async (backend) => {
  const nodes = linearGraph(
    { name: "zero", op: "ZerosLike", input: ["product"], attr: T },
    { name: "positive", op: "Greater", input: ["product", "zero"], attr: T },
    {
      name: "out",
      op: "Cast",
      input: ["positive"],
      attr: { SrcT: attr.type("DT_BOOL"), DstT: attr.type() },
    },
  );
  await withGraph(nodes, async (path) => {
    const open = await openTfjsNetwork(await readModel(path), GREY, {}, backend, false);
    open.network.dispose();
  });
});

onWasm(
  "openTfjsNetwork() refuses layers that tfjs does not have, and scalings that fit no image",
  async (backend) => {
    const folder = await Deno.makeTempDir({ prefix: "memloss-tfjs-" });
    try {
      const made = tf.sequential({
        layers: [
          tf.layers.flatten({ inputShape: [4, 6, 1] }),
          tf.layers.dense({ units: 2 }),
        ],
      });
      const path = await writeLayersModel(join(folder, "model"), made);
      made.dispose();
      const model = await readModel(path);
      const open = (input: object, each = model) =>
        openTfjsNetwork(each, GREY, input, backend, true);
      const refused = (input: object, message: string) =>
        assert.rejects(open(input), { name: "UsageError", message });
      await refused(
        { range: [1, 0] },
        "--input-range must be two numbers, the smaller first, not 1,0.",
      );
      await refused(
        { mean: [1, 2, 3] },
        "--input-mean has 3 numbers, but the images have 1 channels: give one for each, or one.",
      );
      await refused({ std: [0] }, "--input-std must be greater than 0.");
      await refused({ mean: [NaN] }, "--input-mean must be numbers.");
      const text = await Deno.readTextFile(path);
      await Deno.writeTextFile(path, text.replaceAll("Flatten", "Bogus"));
      await assert.rejects(open({}, await readModel(path)), {
        name: "UsageError",
        message: new RegExp(
          `^${path} is no model that TensorFlow.js can make: Unknown layer: Bogus`,
        ),
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
