import assert from "node:assert/strict";
import { findUnconnected } from "../../../src/weights/tfjs/layer_order.ts";

const layer = (name: string, ...uses: unknown[]) => ({
  name,
  class_name: name === "x" ? "InputLayer" : "Dense",
  config: { name },
  inbound_nodes: uses,
});
const network = (...layers: unknown[]) => ({ class_name: "Functional", config: { layers } });
const from = (name: string, number = 0) => [name, number, 0, {}];

Deno.test("findUnconnected() finds nothing wrong with networks that tfjs connects, in any order of their layers", () => {
  assert.equal(findUnconnected(network(layer("x"), layer("a", [from("x")]))), undefined);
  const shared = [
    layer("sum", [from("a", 1), from("b")]),
    layer("b", [from("a")]),
    layer("a", [from("x")], [from("b")]), // used on x, then on what b makes of that
    layer("x"),
  ];
  assert.equal(findUnconnected(network(...shared)), undefined);
  assert.equal(
    findUnconnected({ class_name: "Sequential", config: { layers: [{}, {}] } }),
    undefined,
  );
  assert.equal(findUnconnected({ node: [{ name: "a", op: "Relu", input: ["a"] }] }), undefined);
});

Deno.test("findUnconnected() names a layer that would be waited for, in networks within networks too", () => {
  const missing = network(layer("x"), layer("a", [from("gone")]), layer("b", [from("a")]));
  assert.equal(findUnconnected(missing), 'the layer "a" takes what no layer gives');
  const circle = network(layer("x"), layer("a", [from("x"), from("b")]), layer("b", [from("a")]));
  assert.equal(findUnconnected(circle), 'the layer "a" takes what no layer gives');
  const again = network(layer("x"), layer("a", [from("x", 1)]));
  assert.equal(findUnconnected(again), 'the layer "a" takes what no layer gives');
  const inner = network(layer("x"), {
    ...layer("m", [from("x")]),
    config: { name: "m", ...circle.config },
  });
  assert.equal(findUnconnected(inner), 'the layer "a" takes what no layer gives');
});

Deno.test("findUnconnected() refuses names and uses that tfjs would lose", () => {
  const where = (name: string) => `the layer ${name} does not say where it stands`;
  assert.equal(findUnconnected(network(layer("x"), layer("x"))), 'it has the layer "x" twice');
  const renamed = { ...layer("a", [from("x")]), config: { name: "b" } };
  assert.equal(findUnconnected(network(layer("x"), renamed)), where('"b"'));
  for (const use of [null, 3, [null], [[null, 0]], [["x"]], [["x", -1]], [["x", 0.5]]]) {
    assert.equal(findUnconnected(network(layer("x"), layer("a", use))), where('"a"'));
  }
  assert.equal(findUnconnected(network(layer("x"), null)), where("undefined"));
});

Deno.test("findUnconnected() looks into JSON of any depth", () => {
  let deep: unknown = network(layer("a", [from("gone")]));
  for (let i = 0; i < 100_000; i++) deep = [deep];
  assert.equal(findUnconnected(deep), 'the layer "a" takes what no layer gives');
});
