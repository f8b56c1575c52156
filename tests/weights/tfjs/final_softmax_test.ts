import assert from "node:assert/strict";
import { withoutSoftmax } from "../../../src/weights/tfjs/final_softmax.ts";
import type { ModelFormat } from "../../../src/weights/tfjs/manifest.ts";
import type { TfjsModel } from "../../../src/weights/tfjs/model_file.ts";

/** A model with nothing but its JSON. */
function model(format: ModelFormat, topology: object, signature?: object): TfjsModel {
  const artifacts = { modelTopology: topology, weightSpecs: [], weightData: new ArrayBuffer(0) };
  return {
    path: "model.json",
    sha256: "",
    format,
    files: [],
    artifacts: { ...artifacts, ...signature && { signature } } as TfjsModel["artifacts"],
  };
}

const layer = (kind: string, config: object) => ({ class_name: kind, config });
const sequential = (...layers: object[]) => layer("Sequential", { name: "s", layers });
const relu = layer("Dense", { name: "d", units: 3, activation: "relu" });

/** The JSON of `topology` without its softmax; undefined if it has none at its end. */
const peeled = (format: ModelFormat, topology: object, signature?: object) =>
  withoutSoftmax(model(format, topology, signature))?.artifacts.modelTopology;

Deno.test("withoutSoftmax() takes the softmax off the last of a row of layers, however it is written", () => {
  const dense = (activation: unknown) => layer("Dense", { name: "d", units: 3, activation });
  const linear = sequential(relu, dense("linear"));
  assert.deepEqual(peeled("layers-model", sequential(relu, dense("softmax"))), linear);
  const object = { class_name: "Softmax", config: {} };
  assert.deepEqual(peeled("layers-model", sequential(relu, dense(object))), linear);
  assert.deepEqual(peeled("layers-model", { model_config: sequential(relu, dense("softmax")) }), {
    model_config: linear,
  });
  const activation = layer("Activation", { name: "a", activation: "linear" });
  for (
    const last of [
      ...[undefined, -1, 1, [-1], [1]].map((axis) => layer("Softmax", { name: "a", axis })),
      layer("Activation", { name: "a", activation: "softmax" }),
    ]
  ) {
    assert.deepEqual(peeled("layers-model", sequential(relu, last)), sequential(relu, activation));
    assert.deepEqual(
      peeled("layers-model", sequential(relu, sequential(last))),
      sequential(relu, sequential(activation)),
    );
  }
  const list = layer("Sequential", [relu, dense("softmax")]);
  assert.deepEqual(peeled("layers-model", list), layer("Sequential", [relu, dense("linear")]));
});

Deno.test("withoutSoftmax() leaves what does not end in a softmax of its own, and does not change what it is given", () => {
  const softmax = layer("Softmax", { name: "p" });
  const kept = sequential(relu, softmax), copy = structuredClone(kept);
  peeled("layers-model", kept);
  assert.deepEqual(kept, copy);
  for (
    const topology of [
      sequential(relu),
      sequential(softmax, relu),
      sequential(relu, layer("Softmax", { name: "p", axis: 2 })),
      sequential(relu, layer("Softmax", { name: "p", axis: [1, 2] })),
      sequential(relu, layer("Activation", { name: "p", activation: "sigmoid" })),
      sequential(),
      {},
    ]
  ) assert.equal(peeled("layers-model", topology), undefined);
});

Deno.test("withoutSoftmax() finds the output among the layers of a network, unless there are several or it is shared", () => {
  const network = (outputs: unknown, nodes: unknown[], last: object) =>
    layer("Functional", {
      layers: [
        { name: "x", ...layer("InputLayer", {}), inbound_nodes: [] },
        { name: "p", ...last, inbound_nodes: nodes },
        { name: "other", ...relu, inbound_nodes: [[]] },
      ],
      output_layers: outputs,
    });
  const once = [[["x", 0, 0, {}]]], twice = [...once, [["other", 0, 0, {}]]];
  const [soft, linear] = ["softmax", "linear"].map((activation) => layer("Dense", { activation }));
  for (const outputs of [[["p", 0, 0]], ["p", 0, 0]]) {
    assert.deepEqual(
      peeled("layers-model", network(outputs, once, soft!)),
      network(outputs, once, linear!),
    );
  }
  assert.equal(peeled("layers-model", network([["p", 0, 0]], twice, soft!)), undefined);
  assert.equal(
    peeled("layers-model", network([["p", 0, 0], ["other", 0, 0]], once, soft!)),
    undefined,
  );
  assert.equal(peeled("layers-model", network([["other", 0, 0]], once, soft!)), undefined);
});

Deno.test("withoutSoftmax() takes the softmax off a graph, before nodes that pass its result on", () => {
  const node = (name: string, op: string, ...input: string[]) => ({ name, op, input });
  const graph = (op: string, ...more: object[]) => ({
    node: [node("x", "Placeholder"), node("z", "MatMul", "x", "w"), node("p", op, "z"), ...more],
  });
  const identity = node("Identity", "Identity", "p:0");
  assert.deepEqual(peeled("graph-model", graph("Softmax")), graph("Identity"));
  assert.deepEqual(peeled("graph-model", graph("Softmax", identity)), graph("Identity", identity));
  const signature = { outputs: { probabilities: { name: "Identity:0" } } };
  const beside = node("unused", "Relu", "z");
  assert.deepEqual(
    peeled("graph-model", graph("Softmax", identity, beside), signature),
    graph("Identity", identity, beside),
  );
  assert.equal(peeled("graph-model", graph("Softmax", identity, beside)), undefined, "two outputs");
  assert.equal(peeled("graph-model", graph("Sigmoid", identity)), undefined);
  assert.equal(
    peeled("graph-model", graph("Softmax", identity, node("q", "Relu", "p")), signature),
    undefined,
    "read twice",
  );
  assert.equal(peeled("graph-model", { node: 3 }), undefined);
});

Deno.test("withoutSoftmax() is not made to cost time by a graph of many nodes", () => {
  const nodes = Array.from(
    { length: 10_000 },
    (_, i) => ({ name: `n${i}`, op: "Identity", input: i === 0 ? [] : [`n${i - 1}`] }),
  );
  const begin = performance.now();
  assert.equal(peeled("graph-model", { node: nodes }), undefined);
  const seconds = (performance.now() - begin) / 1000;
  assert.ok(seconds < 5, `${seconds} s`);
});
