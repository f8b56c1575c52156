import assert from "node:assert/strict";
import fc from "fast-check";
import { Graph, layOut, type Slab, type Value } from "../../../src/backend/webgpu/graph.ts";
import { bytesOf, floats } from "../../../src/backend/webgpu/kernel.ts";
import { type Place, type Plan, plan } from "../../../src/backend/webgpu/plan.ts";
import { type Bound, type Schedule, schedule } from "../../../src/backend/webgpu/schedule.ts";
import { oneDispatch, twoDispatches } from "../../testing/graphs.ts";

const SLAB = layOut("weights", new Map([["a", 5], ["b", 64], ["c", 65]]));

function noConvolutions(): never {
  throw new Error("There are no convolutions here.");
}

function scheduled(graph: Graph, steady?: ReadonlySet<string>): Schedule {
  return schedule(graph, {
    choose: noConvolutions,
    precision: "f32",
    ...steady && { steady },
  });
}

const keyOf = (place: Place) =>
  place.kind === "block" ? `block ${place.index}` : `${place.slab.label} ${place.offset}`;

/**
 * Runs `planned` on pretended memory: every dispatch that reads must find there what its operand stands for.
 *
 * @returns what every place holds in the end
 */
function simulate({ dispatches }: Schedule, planned: Plan): Map<string, Bound> {
  const memory = new Map<string, Bound>();
  const contents = (operand: Bound) => memory.get(keyOf(placeOf.get(operand)!));
  const placeOf = new Map<Bound, Place>();
  dispatches.forEach(({ operands }, i) =>
    operands.forEach((operand, j) => placeOf.set(operand, planned.dispatches[i]!.places[j]!))
  );
  for (const [operand, place] of placeOf) {
    if (!("origin" in operand) || operand.origin.kind === "result") continue;
    memory.set(keyOf(place), operand);
  }
  for (const [i, { kernel, operands }] of dispatches.entries()) {
    operands.forEach((operand, j) => {
      const { places } = planned.dispatches[i]!;
      assert.equal(keyOf(places[j]!), keyOf(placeOf.get(operand)!), "a value stays in its place");
      if (kernel.bindings[j] !== "read") return;
      assert.equal(contents(operand), operand, `dispatch ${i} reads what it was given`);
    });
    operands.forEach((operand, j) => {
      if (kernel.bindings[j] === "write") memory.set(keyOf(placeOf.get(operand)!), operand);
    });
    const keys = planned.dispatches[i]!.places.map(keyOf);
    const written = keys.filter((_, j) => kernel.bindings[j] === "write");
    for (const key of written) {
      assert.equal(keys.filter((other) => other === key).length, 1, "nothing else is bound there");
    }
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
    ...["a", "b", "c"].map((part) => graph.resident(SLAB, part)),
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
      graph.stores.push({ value: value!, into: graph.resident(SLAB, store!) });
    }
    values.push(value!);
  });
  return graph;
});

Deno.test("plan() never gives away a place that is still to be read", () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const dispatches = scheduled(graph), planned = plan(graph, dispatches);
      const memory = simulate(dispatches, planned);
      for (const [name, value] of graph.outputs) {
        const { place } = planned.outputs.get(name)!;
        assert.equal(memory.get(keyOf(place)), value, `output ${name} is there in the end`);
      }
      for (const { value, into } of graph.stores) {
        const { slab, part } = into.origin as { slab: Slab; part: string };
        const offset = slab.parts.get(part)!.offset;
        const copied = planned.copies.find(({ to }) => keyOf(to) === `${slab.label} ${offset}`);
        const key = copied ? keyOf(copied.from.place) : `${slab.label} ${offset}`;
        assert.equal(memory.get(key), value, "what is stored is there, or is copied there");
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("plan() never binds a slab for reading and for writing in one dispatch", () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const { dispatches } = plan(graph, scheduled(graph));
      for (const { kernel, places } of dispatches) {
        const ways = new Set(
          kernel.bindings.filter((_, i) => places[i]!.kind === "slab"),
        );
        assert.ok(ways.size <= 1, kernel.name);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("plan() gives every value a block that is large enough", () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const dispatches = scheduled(graph), planned = plan(graph, dispatches);
      dispatches.dispatches.forEach(({ operands }, i) =>
        operands.forEach((operand, j) => {
          const place = planned.dispatches[i]!.places[j]!;
          if (place.kind !== "block") return;
          const wanted = "storage" in operand ? operand.storage : floats(operand.size);
          assert.ok(bytesOf(planned.blocks[place.index]!.storage) >= bytesOf(wanted));
        })
      );
    }),
    { numRuns: 100 },
  );
});

Deno.test("plan() lets a chain of values share two blocks", () => {
  const graph = new Graph();
  let value = graph.input("x", 64);
  for (let i = 0; i < 10; i++) {
    [value] = graph.operate(oneDispatch(`${i}`, 1, 1), [value], [64]) as [Value];
  }
  graph.outputs.set("y", value);
  const { blocks } = plan(graph, scheduled(graph));
  assert.equal(blocks.length, 4, "input, output and two in between");
});

Deno.test("plan() writes a stored value where it is to stay, if nobody reads the old one later", () => {
  const graph = new Graph();
  const x = graph.input("x", 5), a = graph.resident(SLAB, "a");
  const [direct] = graph.operate(oneDispatch("direct", 1, 1), [x], [5]);
  graph.stores.push({ value: direct!, into: a });
  assert.deepEqual(plan(graph, scheduled(graph)).copies, []);

  const [late] = graph.operate(oneDispatch("late", 1, 1), [a], [5]);
  graph.outputs.set("late", late!);
  assert.equal(plan(graph, scheduled(graph)).copies.length, 1);
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
  const planned = plan(graph, dispatches);
  assert.deepEqual(dispatches.marks, [1, 2], "one dispatch of preparation");
  const lasting = (place: Place) => place.kind === "block" && planned.blocks[place.index]!.lasting;
  const [fold, use] = planned.dispatches;
  assert.deepEqual(fold!.places.map(lasting), [true, true, true]);
  assert.deepEqual(use!.places.map(lasting), [true, false, false]);
});
