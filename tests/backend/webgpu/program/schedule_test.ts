import type { ConvolutionShape } from "../../../../src/backend/operations/convolution_shape.ts";
import assert from "node:assert/strict";
import {
  type ConvolutionVariant,
  PLAIN,
} from "../../../../src/backend/webgpu/convolution/shape.ts";
import { Graph } from "../../../../src/backend/webgpu/trace/graph.ts";
import { schedule } from "../../../../src/backend/webgpu/program/schedule.ts";
import { oneDispatch } from "../../../testing/webgpu/graphs.ts";

const SHAPE: ConvolutionShape = {
  ...{ batch: 1, height: 4, width: 4, inChannels: 2, outChannels: 2, kernel: 3, stride: 1 },
};

/** A variant that packs its filter, with names for its dispatches. */
const PACKING: ConvolutionVariant = {
  mode: "forward",
  name: "packing",
  supports: () => true,
  pack: () => ({
    layout: "rows",
    storage: { kind: "buffer", bytes: 64 },
    lowered: oneDispatch("pack", 1, 1),
  }),
  lower: (_, __, { bias }) => oneDispatch("convolve", bias ? 3 : 2, 1),
};
const OPTIONS = { choose: () => PACKING };

const namesOf = (graph: Graph, steady?: ReadonlySet<string>) =>
  schedule(graph, { ...OPTIONS, ...steady && { steady } }).dispatches.map(({ kernel }) =>
    kernel.name
  );

Deno.test("schedule() leaves out what nothing depends on", () => {
  const graph = new Graph();
  const x = graph.input("x", 4);
  const [used] = graph.operate(oneDispatch("used", 1, 1), [x], [4]);
  graph.operate(oneDispatch("idle", 1, 1), [used!], [4]);
  const [y] = graph.operate(oneDispatch("last", 1, 1), [used!], [4]);
  graph.outputs.set("y", y!);
  assert.deepEqual(namesOf(graph), ["used", "last"]);
});

Deno.test("schedule() packs a filter once for all convolutions that want it in one layout", () => {
  const graph = new Graph();
  const filter = graph.input("filter", 36);
  let x = graph.input("x", 32);
  for (let i = 0; i < 3; i++) x = graph.convolve("forward", SHAPE, PLAIN, [x, filter], 32);
  graph.outputs.set("y", x);
  assert.deepEqual(namesOf(graph), ["pack", "convolve", "convolve", "convolve"]);
  const { dispatches } = schedule(graph, OPTIONS);
  const packed = dispatches[0]!.operands[1];
  for (const { operands } of dispatches.slice(1)) assert.equal(operands[1], packed);
});

Deno.test("schedule() puts what depends on steady inputs alone into the preparation", () => {
  const graph = new Graph();
  const filter = graph.input("filter", 36), x = graph.input("x", 32), bias = graph.input("bias", 2);
  const [scaled] = graph.operate(oneDispatch("scale", 1, 1), [filter], [36]);
  const y = graph.convolve("forward", SHAPE, { ...PLAIN, bias: true }, [x, scaled!, bias], 32);
  graph.mark();
  const [z] = graph.operate(oneDispatch("second section", 1, 1), [y], [32]);
  graph.outputs.set("z", z!);
  const { dispatches, marks, prepared } = schedule(graph, {
    ...OPTIONS,
    steady: new Set(["filter", "bias"]),
  });
  const names = dispatches.map(({ kernel }) => kernel.name);
  assert.deepEqual(names, ["scale", "pack", "convolve", "second section"]);
  assert.deepEqual(marks, [2, 3, 4]);
  assert.ok([filter, bias, scaled!].every((value) => prepared.has(value)), "they must last");
  assert.ok(!prepared.has(x) && !prepared.has(y));
});

Deno.test("schedule() keeps what changes a slab in place", () => {
  const graph = new Graph();
  const slab = { label: "slab", parts: new Map(), bytes: 256 };
  graph.update(oneDispatch("update", 1, 1), [graph.input("x", 64)], [graph.partOf(slab)]);
  assert.deepEqual(namesOf(graph), ["update"]);
});

Deno.test("schedule() gives every convolution its own precision, and packs a filter for each", () => {
  const graph = new Graph("f16");
  const filter = graph.input("filter", 36), x = graph.input("x", 32);
  const asked: string[] = [];
  const coarse = graph.convolve("forward", SHAPE, PLAIN, [x, filter], 32, graph.frozenPrecision);
  graph.outputs.set("y", graph.convolve("forward", SHAPE, PLAIN, [coarse, filter], 32));
  const { dispatches } = schedule(graph, {
    choose({ precision }) {
      asked.push(precision);
      return PACKING;
    },
  });
  assert.deepEqual(asked, ["f16", "f32"]);
  const names = dispatches.map(({ kernel }) => kernel.name);
  assert.deepEqual(names, ["pack", "convolve", "pack", "convolve"]);
});
