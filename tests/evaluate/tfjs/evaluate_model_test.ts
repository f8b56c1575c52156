/** Models from elsewhere from their files to the report. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Backend } from "../../../src/backend/backend.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import type { AttackName, EvaluationOptions } from "../../../src/evaluate/evaluation_options.ts";
import { evaluateRun } from "../../../src/evaluate/evaluate_run.ts";
import { networkOf, type SubjectNetwork } from "../../../src/evaluate/subject_network.ts";
import { networksOf } from "../../../src/evaluate/transfer.ts";
import { describeReport } from "../../../src/report/evaluation_text.ts";
import { encodeSafetensors } from "../../../src/format/safetensors.ts";
import { sha256 } from "../../../src/format/sha256.ts";
import type { Subject, WeightsSubject } from "../../../src/run/subject.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { fixture } from "../../testing/fixture.ts";
import { TINY, writeTinyData } from "../../cli/tiny.ts";
import {
  attr,
  type GraphNode,
  placeholder,
  type Weight,
  writeGraphModel,
} from "../../testing/tfjs/models.ts";

let world: string;
Deno.test.beforeAll(async () => {
  world = await Deno.makeTempDir({ prefix: "memloss-tfjs-" });
  await writeTinyData(join(world, "data"));
});
Deno.test.afterAll(() => Deno.remove(world, { recursive: true }));

const T = { T: attr.type() };
const stream = new Stream(3, Purpose.synthetic);
const WEIGHTS: Record<string, Weight> = {
  flat: { shape: [2], values: Int32Array.of(-1, 3072) },
  w: { shape: [3072, 10], values: Float32Array.from({ length: 30720 }, () => stream.normal() / 8) },
  one: { shape: [], values: Float32Array.of(1) },
  axis: { shape: [], values: Int32Array.of(1) },
  ten: { shape: [], values: Int32Array.of(10) },
  zero: { shape: [], values: Float32Array.of(0) },
};

/** A linear model whose logits are `product`, followed by `nodes`. */
async function linear(name: string, ...nodes: GraphNode[]): Promise<string> {
  const all = [
    placeholder(32, 32, 3),
    {
      name: "rows",
      op: "Reshape",
      input: ["images", "flat"],
      attr: { ...T, Tshape: attr.type("DT_INT32") },
    },
    { name: "product", op: "MatMul", input: ["rows", "w"], attr: T },
    ...nodes,
  ];
  const read = new Set(all.flatMap(({ input = [] }: GraphNode) => input));
  const weights = Object.entries(WEIGHTS).filter(([each]) => read.has(each));
  return await writeGraphModel(join(world, name), all, Object.fromEntries(weights));
}

/** What {@linkcode evaluateRun} finds of the model at `path` on the tiny data, and what it noted. */
async function evaluate(path: string, options: EvaluationOptions) {
  const notes: string[] = [];
  const report = await evaluateRun(path, {
    given: { data: "cifar10", dataDir: join(world, "data"), backend: "wasm", workers: 1 },
    // That so few steps do not go far is noted too.
    observer: { onNote: (note) => /^pgd\d goes /.test(note) || notes.push(note) },
    ...options,
  });
  return { report, notes };
}

const softmax: GraphNode = { name: "p", op: "Softmax", input: ["product"], attr: T };

Deno.test("evaluateRun() attacks the logits of a model that ends in a softmax, as if it did not", async () => {
  const attacks = ["clean", "pgd2", "autoattack"] as const;
  const options = {
    attacks,
    autoAttack: {
      version: "custom",
      members: ["apgd-ce", "apgd-t", "square"],
      effort: { iterations: 3, queries: 20, targets: 2, restarts: 1 },
    },
  } as const;
  const path = await linear("softmax", softmax), plain = await linear("plain");
  const { report, notes } = await evaluate(path, options);
  const { report: expected, notes: none } = await evaluate(plain, options);
  assert.deepEqual(notes, [`${path} ends in a softmax: its logits are attacked instead.`]);
  assert.deepEqual(none, []);
  assert.equal(report.model?.softmaxRemoved, true);
  assert.equal(report.clean?.n, TINY.test);
  for (const name of ["clean", "pgd2"] as const) assert.deepEqual(report[name], expected[name]);
  assert.equal(report.autoattack?.verdicts, expected.autoattack?.verdicts);
  assert.deepEqual(report.autoattack?.effort, options.autoAttack.effort);
  assert.deepEqual(report.autoattack?.warnings, []);
  const files = ["model.json", "group1-shard1of2.bin", "group1-shard2of2.bin"];
  const bytes = await Promise.all(files.map((name) => Deno.readFile(join(world, "softmax", name))));
  assert.equal(report.checkpoint.sha256, sha256(...bytes));
  const [first, second] = describeReport(report).split("\n");
  assert.deepEqual([first, second], [
    path,
    "tfjs graph-model, images as [0,1], its final softmax taken off",
  ]);
  // Nothing is left of an AutoAttack that has ended.
  const left = (await Array.fromAsync(Deno.readDir(join(world, "softmax")))).map(({ name }) =>
    name
  );
  assert.deepEqual(left.sort(), files.sort());
});

Deno.test("evaluateRun() shows a network what was attacked on another, and counts every class", async () => {
  const path = await linear("target"), twin = await linear("twin", softmax);
  const attacks = ["clean", "fgsm", "pgd2"] as const;
  const { report: own } = await evaluate(path, { attacks });
  const { report } = await evaluate(path, { attacks, source: twin });
  const { source, accuracies } = report.transfer!;
  assert.equal(source.path, twin);
  assert.notEqual(source.sha256, report.checkpoint.sha256);
  assert.deepEqual([report.clean, accuracies.fgsm, accuracies.pgd2], [
    own.clean,
    own.fgsm,
    own.pgd2,
  ]);
  assert.deepEqual([report.fgsm, report.pgd2, own.transfer], [undefined, undefined, undefined]);
  assert.deepEqual(report.perClass, own.perClass);

  // Twelve images: 0 to 9, 0, 1.
  assert.deepEqual(own.perClass!.map(({ n }) => n), [2, 2, 1, 1, 1, 1, 1, 1, 1, 1]);
  for (const name of attacks) {
    const sum = own.perClass!.reduce((total, { correct }) => total + correct[name]!, 0);
    assert.equal(sum, own[name]!.correct);
    own.perClass!.forEach(({ correct }, label) =>
      assert.equal(correct[name], own[name]!.confusion[label]![label])
    );
  }
  const lines = describeReport(own, { perClass: true }).split("\n");
  assert.match(lines.at(-11)!, /^ +images +clean +fgsm +pgd2$/);
  assert.match(lines.at(-10)!, /^ {2}airplane +2 +[\d.]+ % +[\d.]+ % +[\d.]+ %$/);
  assert.match(
    describeReport(report),
    /\non images attacked on .+twin\/model\.json:\n {2}fgsm +[\d.]+ %/,
  );
});

Deno.test("evaluateRun() tells what is to be known of a source: what was done to its file, and its gradients", async () => {
  const path = await linear("shown"), attacks = ["pgd1"] as const;
  const file = join(world, "module.pt.safetensors");
  const { tensors } = OURS as WeightsSubject;
  const named = new Map([...tensors].map(([name, tensor]) => [`module.${name}`, tensor]));
  await Deno.writeFile(file, encodeSafetensors(named, {}));
  const { notes } = await evaluate(path, { attacks, source: file });
  assert.deepEqual(notes, [
    `--source ${file}: The names of its tensors begin with "module.", which is left out.`,
  ]);
  const rounded = await linear("rounded-source", {
    name: "out",
    op: "Round",
    input: ["product"],
    attr: T,
  });
  const { report, notes: told } = await evaluate(path, { attacks, source: rounded });
  const { warnings } = report.transfer!;
  assert.match(warnings![0]!, flat);
  assert.deepEqual(told, warnings!.map((warning) => `warning: ${rounded}: ${warning}`));
  assert.deepEqual(report.model!.warnings, [], "not of what they were shown to");
  assert.ok(describeReport(report).includes(`warning: ${warnings![0]}`));
});

Deno.test("evaluateRun() refuses a source for what is not carried over", async () => {
  const refused = (attacks: readonly AttackName[], message: string) =>
    assert.rejects(evaluateRun("x", { attacks, source: "y" }), { name: "UsageError", message });
  await refused(
    ["pgd20", "autoattack"],
    "--source makes images by fgsm, pgdN and cwN: leave out --attack autoattack.",
  );
  await refused(["clean"], "--source needs an attack that is made on it, such as --attack pgd20.");
});

/** The model must be evaluated under PGD with exactly the warnings that match. */
function warns(what: string, name: string, nodes: GraphNode[], ...patterns: RegExp[]): void {
  Deno.test(`evaluateRun() warns of ${what}`, async () => {
    const { report, notes } = await evaluate(await linear(name, ...nodes), { attacks: ["pgd1"] });
    const { warnings } = report.model!;
    assert.equal(warnings.length, patterns.length, warnings.join("\n"));
    patterns.forEach((pattern, i) => assert.match(warnings[i]!, pattern));
    assert.deepEqual(notes, warnings.map((warning) => `warning: ${warning}`));
    assert.ok(warnings.every((warning) => describeReport(report).includes(`warning: ${warning}`)));
  });
}

const probabilities = /^The outputs look like probabilities: give the logits/;
const flat = /^\d+ of 12 images have a gradient of zero: /;
const randomised = /^The model answers the same images differently each time: it is randomised/;

warns("nothing where nothing is wrong", "fine", []);
warns(
  "probabilities that no softmax at the end gives",
  "probabilities",
  [softmax, { name: "out", op: "Mul", input: ["p", "one"], attr: T }],
  probabilities,
);
warns(
  "a class instead of logits, written as probabilities",
  "argmax",
  [
    {
      name: "class",
      op: "ArgMax",
      input: ["product", "axis"],
      attr: { ...T, output_type: attr.type("DT_INT32") },
    },
    {
      name: "out",
      op: "OneHot",
      input: ["class", "ten", "one", "zero"],
      attr: { ...T, axis: attr.int(-1) },
    },
  ],
  probabilities,
  flat,
);
warns(
  "gradients that are zero everywhere",
  "rounded",
  [{ name: "out", op: "Round", input: ["product"], attr: T }],
  flat,
);
warns(
  "a model that is different each time",
  "random",
  [
    {
      name: "size",
      op: "Shape",
      input: ["product"],
      attr: { ...T, out_type: attr.type("DT_INT32") },
    },
    {
      name: "noise",
      op: "RandomUniform",
      input: ["size"],
      attr: { dtype: attr.type(), T: attr.type("DT_INT32"), seed: attr.int(0), seed2: attr.int(0) },
    },
    { name: "out", op: "Add", input: ["product", "noise"], attr: T },
  ],
  randomised,
);

Deno.test("evaluateRun() refuses a scaling that does not fit the images", async () => {
  await assert.rejects(evaluate(await linear("other"), { input: { mean: [1, 2] } }), {
    name: "UsageError",
    message:
      "--input-mean has 2 numbers, but the images have 3 channels: give one for each, or one.",
  });
});

const OURS: Subject = {
  path: "a.safetensors",
  sha256: "",
  tensors: fixture("steps_w2").under("start."),
};

Deno.test("networkOf() refuses a scaling for weights of ours, which take images in [0,1]", () => {
  assert.ok(networkOf(OURS, undefined));
  assert.throws(() => networkOf(OURS, { range: [-1, 1] }), {
    name: "UsageError",
    message:
      "--input-range, --input-mean and --input-std are for a model.json, and a.safetensors takes images in [0,1]: leave them out.",
  });
});

Deno.test("networksOf() has images scaled for each of two networks that is from elsewhere", async () => {
  const theirs = { path: "m.json", sha256: "", model: { path: "m.json" } } as Subject;
  const dataset = { shape: { height: 32, width: 32, channels: 3 } } as Dataset;
  // Who gets this scaling refuses it, before anything is opened.
  const odd = { mean: [1, 2] };
  const refused = (network: SubjectNetwork | undefined) =>
    assert.rejects(
      network!.open(dataset, 1, {} as Backend, true),
      /^UsageError: --input-mean has 2/,
    );
  await refused(networksOf(OURS, theirs, odd).source);
  const { network, source } = networksOf(theirs, theirs, odd);
  await refused(network);
  await refused(source);
  await refused(networksOf(theirs, OURS, odd).network);
  assert.throws(() => networksOf(OURS, OURS, odd), { name: "UsageError" });
});
