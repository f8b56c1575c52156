import assert from "node:assert/strict";
import fc from "fast-check";
import {
  Graph,
  layOut,
  type Slab,
  type Value,
} from "../../../../src/backend/webgpu/trace/graph.ts";
import { bytesOf, floats } from "../../../../src/backend/webgpu/program/kernel.ts";
import { type Place, type Plan, plan } from "../../../../src/backend/webgpu/program/plan.ts";
import {
  type Bindable,
  type DispatchSchedule,
  schedule,
} from "../../../../src/backend/webgpu/program/schedule.ts";
import { oneDispatch, twoDispatches } from "../../../testing/webgpu/graphs.ts";

const SLAB = layOut("weights", new Map([["a", 5], ["b", 64], ["c", 65]]));

function noConvolutions(): never {
  throw new Error("There are no convolutions here.");
}

function scheduled(graph: Graph, steady?: ReadonlySet<string>): DispatchSchedule {
  return schedule(graph, {
    choose: noConvolutions,
    ...steady && { steady },
  });
}

const keyOf = (place: Place) =>
  `${place.kind === "block" ? place.index : place.slab.label} ${place.offset}`;
const bufferOf = (place: Place) => place.kind === "block" ? place.index : place.slab;
const overlap = (a: Place, b: Place) =>
  bufferOf(a) === bufferOf(b) && a.offset < b.offset + b.size && b.offset < a.offset + a.size;
const planned = (graph: Graph, scheduled: DispatchSchedule) => plan(graph, scheduled, 2 ** 20);

/**
 * Runs `planned` on pretended memory: every dispatch that reads must find there what its operand stands for.
 *
 * @returns what every place holds in the end
 */
function simulate({ dispatches }: DispatchSchedule, planned: Plan): Map<string, Bindable> {
  const memory = new Map<string, Bindable>(), written = new Map<string, Place>();
  const write = (place: Place, operand: Bindable) => {
    for (const [key, other] of written) if (overlap(place, other)) memory.delete(key);
    memory.set(keyOf(place), operand);
    written.set(keyOf(place), place);
  };
  const contents = (operand: Bindable) => memory.get(keyOf(placeOf.get(operand)!));
  const placeOf = new Map<Bindable, Place>();
  dispatches.forEach(({ operands }, i) =>
    operands.forEach((operand, j) => placeOf.set(operand, planned.dispatches[i]!.places[j]!))
  );
  for (const [operand, place] of placeOf) {
    if (!("origin" in operand) || operand.origin.kind === "result") continue;
    write(place, operand);
  }
  for (const [i, { kernel, operands }] of dispatches.entries()) {
    operands.forEach((operand, j) => {
      const { places } = planned.dispatches[i]!;
      assert.equal(keyOf(places[j]!), keyOf(placeOf.get(operand)!), "a value stays in its place");
      if (kernel.bindings[j] !== "read") return;
      assert.equal(contents(operand), operand, `dispatch ${i} reads what it was given`);
    });
    operands.forEach((operand, j) => {
      if (kernel.bindings[j] === "write") write(placeOf.get(operand)!, operand);
    });
    const { places } = planned.dispatches[i]!;
    places.forEach((place, j) => {
      if (kernel.bindings[j] !== "write") return;
      places.forEach((other, k) => {
        if (j === k) return;
        assert.ok(!overlap(place, other), "nothing else is bound there");
        if (kernel.bindings[k] === "read") {
          assert.notEqual(bufferOf(place), bufferOf(other), "WebGPU forbids both in one dispatch");
        }
      });
    });
  }
  return memory;
}

/** A random graph: operations on earlier values, some kept as outputs, some stored in the slab. */
const graphs = fc.array(
  fc.record({
    size: fc.integer({ min: 1, max: 300 }),
    inputs: fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 3 }),
    scratch: fc.option(fc.integer({ min: 1, max: 99 })),
    output: fc.boolean(),
    store: fc.option(fc.constantFrom("a", "b", "c")),
  }),
  { minLength: 1, maxLength: 24 },
).map((operations) => {
  const graph = new Graph();
  const values: Value[] = [
    graph.input("x", 40),
    graph.constant(new Float32Array(7)),
    ...["a", "b", "c"].map((part) => graph.partOf(SLAB, part)),
  ];
  const stored = new Set<string>();
  operations.forEach(({ size, inputs, scratch, output, store }, i) => {
    const given = [...new Set(inputs.map((index) => values[index % values.length]!))];
    const lowered = scratch === null
      ? oneDispatch(`${i}`, given.length, 1)
      : twoDispatches(`${i}`, given.length, 16 * scratch);
    const room = store === null || stored.has(store) ? undefined : SLAB.parts.get(store)!;
    const [value] = graph.operate(lowered, given, [room?.size ?? size]);
    if (output) graph.outputs.set(`${i}`, value!);
    if (room) {
      stored.add(store!);
      graph.stores.push({ value: value!, into: graph.partOf(SLAB, store!) });
    }
    values.push(value!);
  });
  return graph;
});

Deno.test("plan() never gives away a place that is still to be read", () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const dispatches = scheduled(graph), result = planned(graph, dispatches);
      const memory = simulate(dispatches, result);
      for (const [name, value] of graph.outputs) {
        const { place } = result.outputs.get(name)!;
        assert.equal(memory.get(keyOf(place)), value, `output ${name} is there in the end`);
      }
      for (const { value, into } of graph.stores) {
        const { slab, part } = into.origin as { slab: Slab; part: string };
        const offset = slab.parts.get(part)!.offset;
        const copied = result.copies.find(({ to }) => keyOf(to) === `${slab.label} ${offset}`);
        const key = copied ? keyOf(copied.from.place) : `${slab.label} ${offset}`;
        assert.equal(memory.get(key), value, "what is stored is there, or is copied there");
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("plan() gives every value room enough, inside its block", () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const dispatches = scheduled(graph), { blocks, ...result } = planned(graph, dispatches);
      dispatches.dispatches.forEach(({ operands }, i) =>
        operands.forEach((operand, j) => {
          const place = result.dispatches[i]!.places[j]!;
          const wanted = bytesOf("storage" in operand ? operand.storage : floats(operand.size));
          assert.ok(place.size >= wanted || place.kind === "slab");
          assert.equal(place.offset % 256, 0);
          if (place.kind !== "block") return;
          assert.ok(place.offset + place.size <= bytesOf(blocks[place.index]!.storage));
        })
      );
    }),
    { numRuns: 100 },
  );
});

Deno.test("plan() lets a chain of values take turns in two buffers", () => {
  const graph = new Graph();
  let value = graph.input("x", 64);
  for (let i = 0; i < 10; i++) {
    [value] = graph.operate(oneDispatch(`${i}`, 1, 1), [value], [64]) as [Value];
  }
  graph.outputs.set("y", value);
  const { blocks } = planned(graph, scheduled(graph));
  assert.deepEqual(blocks.map(({ storage }) => bytesOf(storage)), [256, 256]);
});

Deno.test("plan() writes a stored value where it is to stay, if nobody reads the old one later", () => {
  const graph = new Graph();
  const x = graph.input("x", 5), a = graph.partOf(SLAB, "a");
  const [direct] = graph.operate(oneDispatch("direct", 1, 1), [x], [5]);
  graph.stores.push({ value: direct!, into: a });
  assert.deepEqual(planned(graph, scheduled(graph)).copies, []);

  const [late] = graph.operate(oneDispatch("late", 1, 1), [a], [5]);
  graph.outputs.set("late", late!);
  assert.equal(planned(graph, scheduled(graph)).copies.length, 1);
});

Deno.test("plan() keeps what is prepared, and constants, in blocks that last", () => {
  const graph = new Graph();
  const w = graph.input("w", 4), x = graph.input("x", 4);
  const [folded] = graph.operate(oneDispatch("fold", 2, 1), [
    w,
    graph.constant(new Float32Array(4)),
  ], [4]);
  const [y] = graph.operate(oneDispatch("use", 2, 1), [folded!, x], [4]);
  graph.outputs.set("y", y!);
  const dispatches = scheduled(graph, new Set(["w"]));
  const result = planned(graph, dispatches);
  assert.deepEqual(dispatches.marks, [1, 2], "one dispatch of preparation");
  const lasting = (place: Place) => place.kind === "block" && result.blocks[place.index]!.lasting;
  const [fold, use] = result.dispatches;
  assert.deepEqual(fold!.places.map(lasting), [true, true, true]);
  assert.deepEqual(use!.places.map(lasting), [true, false, false]);
});
