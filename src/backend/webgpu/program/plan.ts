/**
 * Where everything of a schedule lives: blocks of memory that values share when their times do not overlap. All of it is
 * known before the device is touched.
 *
 * @module
 */
import { packArenas } from "./arena.ts";
import type { Graph, Slab, Value } from "../trace/graph.ts";
import { bytesOf, floats, interchangeable, type Kernel, type Storage } from "./kernel.ts";
import type { Bindable, DispatchSchedule, ScheduledDispatch } from "./schedule.ts";

/** A part of one of the program's blocks, or of a slab. */
export type Place =
  | {
    readonly kind: "block";
    readonly index: number;
    readonly offset: number;
    /** In bytes; all of a texture. */
    readonly size: number;
  }
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
  /** Number of dispatches after which the preparation and then every section ends. */
  readonly marks: readonly number[];
  readonly blocks: readonly Block[];
  readonly constants: readonly { readonly data: Float32Array; readonly place: Place }[];
  readonly inputs: ReadonlyMap<string, Placed>;
  readonly outputs: ReadonlyMap<string, Placed>;
  /** Copied into slabs after the last section. */
  readonly copies: readonly { readonly from: Placed; readonly to: Place }[];
}

/**
 * Plans `schedule`, which was made of `graph`.
 *
 * @param most bytes that a buffer may have
 */
export function plan(graph: Graph, schedule: DispatchSchedule, most: number): Plan {
  const { dispatches, marks } = schedule;
  const direct = directStores(graph, dispatches);
  const place = allocate(graph, schedule, direct, most);
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
  if (origin.kind !== "slab") throw new Error("Only slabs keep values from run to run.");
  const { slab, part } = origin;
  if (part === undefined) return { kind: "slab", slab, offset: 0, size: slab.bytes };
  const { offset } = slab.parts.get(part)!;
  return { kind: "slab", slab, offset, size: 16 * Math.ceil(size / 4) };
}

/**
 * Stored values that may be written where they are to stay: made by a dispatch, after which the old value is not read;
 * wanted nowhere else after the run; and no dispatch would read one part of the slab and write another, which WebGPU
 * forbids.
 */
function directStores(graph: Graph, dispatches: readonly ScheduledDispatch[]): Map<Value, Value> {
  const direct = new Map<Value, Value>();
  const slabOf = (operand: Bindable) => {
    const value = "origin" in operand ? direct.get(operand) ?? operand : undefined;
    return value?.origin.kind === "slab" ? value.origin.slab : undefined;
  };
  const results = [...graph.outputs.values(), ...graph.stores.map(({ value }) => value)];
  for (const { value, into } of graph.stores) {
    const wanted = results.filter((result) => result === value).length;
    if (value.origin.kind !== "result" || wanted > 1) continue;
    const slab = slabOf(into);
    const first = dispatches.findIndex(({ operands }) => operands.includes(value));
    const mayStay = dispatches.every(({ kernel: { bindings }, operands }, index) => {
      if (index >= first && operands.includes(into)) return false;
      const way = bindings[operands.indexOf(value)];
      return way === undefined ||
        operands.every((other, i) => slabOf(other) !== slab || bindings[i] === way);
    });
    if (mayStay) direct.set(value, into);
  }
  return direct;
}

/** Gives every operand a place. */
function allocate(
  graph: Graph,
  { dispatches, prepared }: DispatchSchedule,
  direct: ReadonlyMap<Value, Value>,
  most: number,
): { of(operand: Bindable): Place; blocks: readonly Block[] } {
  const blocks: Block[] = [];
  const places = new Map<Bindable, Place>();
  const isOwn = (operand: Bindable) =>
    !("origin" in operand) || operand.origin.kind !== "slab" && !direct.has(operand);
  const isConstant = (operand: Bindable) =>
    "origin" in operand && operand.origin.kind === "constant";
  const give = (operand: Bindable, storage: Storage, lasting: boolean) => {
    const index = blocks.push({ storage, lasting }) - 1;
    places.set(operand, { kind: "block", index, offset: 0, size: bytesOf(storage) });
  };

  const times = lifetimes(graph, dispatches);
  for (const operand of times.keys()) {
    if (isConstant(operand) || prepared.has(operand)) give(operand, storageOf(operand), true);
  }
  const passing = [...times.keys()].filter((operand) => isOwn(operand) && !places.has(operand));
  const isTexture = (operand: Bindable) => storageOf(operand).kind === "texture";
  shareTextures(passing.filter(isTexture), times, blocks, places);

  const buffers = passing.filter((operand) => !isTexture(operand));
  const items = buffers.map((operand) => ({
    bytes: bytesOf(storageOf(operand)),
    ...times.get(operand)!,
  }));
  const { rooms, arenas } = packArenas(items, keptApart(buffers, dispatches), most);
  const firstArena = blocks.length;
  blocks.push(...arenas.map((bytes): Block => ({
    storage: { kind: "buffer", bytes },
    lasting: false,
  })));
  buffers.forEach((operand, i) => {
    const { arena, offset } = rooms[i]!;
    const size = items[i]!.bytes;
    places.set(operand, { kind: "block", index: firstArena + arena, offset, size });
  });
  return {
    blocks,
    of: (operand) =>
      places.get(operand) ?? slabPlace(direct.get(operand as Value) ?? operand as Value),
  };
}

const storageOf = (operand: Bindable) =>
  "storage" in operand ? operand.storage : floats(operand.size);

interface Lifetime {
  readonly first: number;
  readonly last: number;
}

/** From which dispatch to which every operand is needed. */
function lifetimes(
  graph: Graph,
  dispatches: readonly ScheduledDispatch[],
): Map<Bindable, Lifetime> {
  const times = new Map<Bindable, Lifetime>();
  const extend = (operand: Bindable, first: number, last: number) => {
    const time = times.get(operand) ?? { first, last };
    times.set(operand, { first: Math.min(time.first, first), last: Math.max(time.last, last) });
  };
  for (const value of graph.inputs.values()) extend(value, -1, -1); // given before the first dispatch
  dispatches.forEach(({ operands }, i) => operands.forEach((operand) => extend(operand, i, i)));
  for (const value of [...graph.outputs.values(), ...graph.stores.map(({ value }) => value)]) {
    const first = times.get(value)?.first ?? -1;
    extend(value, first, dispatches.length); // read after the last
  }
  return times;
}

/** For each of `buffers` those that a dispatch reads while it writes the one, or writes while it reads it. */
function keptApart(
  buffers: readonly Bindable[],
  dispatches: readonly ScheduledDispatch[],
): Set<number>[] {
  const numbers = new Map(buffers.map((operand, i) => [operand, i]));
  const apart = buffers.map(() => new Set<number>());
  for (const { kernel: { bindings }, operands } of dispatches) {
    const read = operands.filter((_, i) => bindings[i] === "read");
    for (const written of operands.filter((_, i) => bindings[i] === "write")) {
      const a = numbers.get(written);
      if (a === undefined) continue;
      for (const operand of read) {
        const b = numbers.get(operand);
        if (b === undefined || a === b) continue;
        apart[a]!.add(b);
        apart[b]!.add(a);
      }
    }
  }
  return apart;
}

/** Gives textures places: those of one size share a block when their times do not overlap. */
function shareTextures(
  textures: readonly Bindable[],
  times: ReadonlyMap<Bindable, Lifetime>,
  blocks: Block[],
  places: Map<Bindable, Place>,
): void {
  const busyUntil = new Map<number, number>();
  const inOrder = textures.toSorted((a, b) => times.get(a)!.first - times.get(b)!.first);
  for (const operand of inOrder) {
    const { first, last } = times.get(operand)!, storage = storageOf(operand);
    const free = [...busyUntil].find(([index, until]) =>
      until < first && interchangeable(blocks[index]!.storage, storage)
    );
    const index = free?.[0] ?? blocks.push({ storage, lasting: false }) - 1;
    busyUntil.set(index, last);
    places.set(operand, { kind: "block", index, offset: 0, size: bytesOf(storage) });
  }
}
