/**
 * Where everything of a schedule lives: blocks of memory that values share when their times do not overlap. All of it is
 * known before the device is touched.
 *
 * @module
 */
import type { Graph, Slab, Value } from "./graph.ts";
import { bytesOf, floats, type Kernel, larger, type Storage } from "./kernel.ts";
import type { Bound, Schedule, ScheduledDispatch } from "./schedule.ts";

/** A block of the program's own, or a part of a slab. */
export type Place =
  | { readonly kind: "block"; readonly index: number }
  | { readonly kind: "slab"; readonly slab: Slab; readonly offset: number; readonly size: number };

/** A dispatch with the places it binds. */
export interface PlannedDispatch {
  readonly kernel: Kernel;
  readonly places: readonly Place[];
}

/** A value in its place; `size` float32 values. */
export interface Placed {
  readonly place: Place;
  readonly size: number;
}

/** Memory that a program needs. */
export interface Block {
  readonly storage: Storage;
  /** Whether its contents must last from run to run; other programs may use any other block in between. */
  readonly lasting: boolean;
}

/** A program before it has a device. */
export interface Plan {
  readonly dispatches: readonly PlannedDispatch[];
  /** Number of dispatches after which the preparation and then every phase ends. */
  readonly marks: readonly number[];
  readonly blocks: readonly Block[];
  readonly constants: readonly { readonly data: Float32Array; readonly place: Place }[];
  readonly inputs: ReadonlyMap<string, Placed>;
  readonly outputs: ReadonlyMap<string, Placed>;
  /** Copied into slabs after the last phase. */
  readonly copies: readonly { readonly from: Placed; readonly to: Place }[];
}

/** Plans `schedule`, which was made of `graph`. */
export function plan(graph: Graph, schedule: Schedule): Plan {
  const { dispatches, marks } = schedule;
  const direct = directStores(graph, dispatches);
  const place = allocate(graph, schedule, direct);
  const placed = (value: Value): Placed => ({ place: place.of(value), size: value.size });
  const used = new Set(dispatches.flatMap(({ operands }) => operands));
  const constants = [...used].flatMap((value) =>
    "origin" in value && value.origin.kind === "constant"
      ? [{ data: value.origin.data, place: place.of(value) }]
      : []
  );
  for (const value of [...graph.outputs.values(), ...graph.stores.map(({ value }) => value)]) {
    if (value.origin.kind !== "constant" || used.has(value)) continue;
    constants.push({ data: value.origin.data, place: place.of(value) });
  }
  return {
    dispatches: dispatches.map(({ kernel, operands }) => ({
      kernel,
      places: operands.map((operand) => place.of(operand)),
    })),
    marks,
    blocks: place.blocks,
    constants,
    inputs: new Map([...graph.inputs].map(([name, value]) => [name, placed(value)])),
    outputs: new Map([...graph.outputs].map(([name, value]) => [name, placed(value)])),
    copies: graph.stores
      .filter(({ value }) => !direct.has(value))
      .map(({ value, into }) => ({ from: placed(value), to: slabPlace(into) })),
  };
}

function slabPlace({ origin, size }: Value): Place {
  if (origin.kind !== "resident") throw new Error("Only slabs keep values from run to run.");
  const { slab, part } = origin;
  if (part === undefined) return { kind: "slab", slab, offset: 0, size: slab.bytes };
  const { offset } = slab.parts.get(part)!;
  return { kind: "slab", slab, offset, size: 16 * Math.ceil(size / 4) };
}

/** The slab that `operand` is a part of. */
function slabOf(operand: Bound): Slab | undefined {
  return "origin" in operand && operand.origin.kind === "resident"
    ? operand.origin.slab
    : undefined;
}

/**
 * Stored values that may be written where they are to stay: made by a dispatch, wanted nowhere else after the run, and
 * from then on neither is the old value read nor does a dispatch read one part of the slab and write another, of which
 * this value is one (WebGPU forbids both in one dispatch).
 */
function directStores(graph: Graph, dispatches: readonly ScheduledDispatch[]): Map<Value, Value> {
  const direct = new Map<Value, Value>();
  const results = [...graph.outputs.values(), ...graph.stores.map(({ value }) => value)];
  for (const { value, into } of graph.stores) {
    const slab = slabOf(into);
    const wanted = results.filter((result) => result === value).length;
    if (value.origin.kind !== "result" || wanted > 1) continue;
    const first = dispatches.findIndex(({ operands }) => operands.includes(value));
    const mayWrite = dispatches.every(({ operands, kernel: { bindings } }, index) => {
      const readsOld = index >= first && operands.includes(into);
      const at = operands.indexOf(value);
      const conflicts = at >= 0 &&
        operands.some((each, i) =>
          bindings[i] !== bindings[at] && slabOf(direct.get(each as Value) ?? each) === slab
        );
      return !readsOld && !conflicts;
    });
    if (mayWrite) direct.set(value, into);
  }
  return direct;
}

/** Gives every operand a place: best fit among the blocks that are free at the time, which may still grow. */
function allocate(
  graph: Graph,
  { dispatches, prepared }: Schedule,
  direct: ReadonlyMap<Value, Value>,
): { of(operand: Bound): Place; blocks: readonly Block[] } {
  const blocks: Storage[] = [];
  const indices = new Map<Bound, number>();
  const free = new Set<number>();
  const storageOf = (operand: Bound) =>
    "storage" in operand ? operand.storage : floats(operand.size);
  const isOwn = (operand: Bound) =>
    !("origin" in operand) || operand.origin.kind !== "resident" && !direct.has(operand);
  const take = (operand: Bound) => {
    if (indices.has(operand) || !isOwn(operand)) return;
    const storage = storageOf(operand);
    const index = bestFit(blocks, free, storage);
    free.delete(index);
    blocks[index] = blocks[index] ? larger(blocks[index], storage) : storage;
    indices.set(operand, index);
  };

  const last = new Map<Bound, number>();
  dispatches.forEach(({ operands }, i) => operands.forEach((operand) => last.set(operand, i)));
  const isConstant = (operand: Bound) => "origin" in operand && operand.origin.kind === "constant";
  const constants = dispatches.flatMap(({ operands }) => operands.filter(isConstant));
  const results = [...graph.outputs.values(), ...graph.stores.map(({ value }) => value)];
  const fromRunToRun = new Set<Bound>([...constants, ...results.filter(isConstant), ...prepared]);
  fromRunToRun.forEach(take);
  const lastingBlocks = blocks.length;
  // What is there before its first use, or must be there after its last.
  const lasting = new Set<Bound>([...fromRunToRun, ...graph.inputs.values(), ...results]);
  lasting.forEach(take);
  dispatches.forEach(({ operands }, i) => {
    operands.forEach(take);
    for (const operand of operands) {
      if (last.get(operand) === i && indices.has(operand) && !lasting.has(operand)) {
        free.add(indices.get(operand)!);
      }
    }
  });
  return {
    blocks: blocks.map((storage, index) => ({ storage, lasting: index < lastingBlocks })),
    of(operand) {
      const index = indices.get(operand);
      if (index !== undefined) return { kind: "block", index };
      return slabPlace(direct.get(operand as Value) ?? operand as Value);
    },
  };
}

/** The free block that wastes least, else the largest one to grow, else a new one. */
function bestFit(blocks: readonly Storage[], free: ReadonlySet<number>, wanted: Storage): number {
  const size = bytesOf(wanted);
  let best: number | undefined;
  for (const index of free) {
    const block = blocks[index]!;
    if (block.kind !== wanted.kind) continue;
    const bytes = bytesOf(block), rival = best === undefined ? undefined : bytesOf(blocks[best]!);
    const better = rival === undefined ||
      (bytes >= size ? rival < size || bytes < rival : rival < size && bytes > rival);
    if (better) best = index;
  }
  return best ?? blocks.length;
}
