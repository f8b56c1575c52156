/**
 * From a graph's operations to dispatches in order: what nobody needs is left out, convolutions get their variant, and a
 * filter is packed once for everybody who wants it in the same layout.
 *
 * @module
 */
import type { Convolution, ConvolutionVariant } from "../convolution/shape.ts";
import type { Graph, Operation, Value } from "../trace/graph.ts";
import type { Kernel, Lowered, Storage } from "./kernel.ts";

/** Names a variant for a convolution. */
export type Choose = (convolution: Convolution) => ConvolutionVariant;

/** Memory that one operation's own dispatches use, or a packed filter. */
export interface Temporary {
  readonly storage: Storage;
}

/** What a dispatch binds. */
export type Bindable = Value | Temporary;

/** One dispatch. */
export interface ScheduledDispatch {
  readonly kernel: Kernel;
  readonly operands: readonly Bindable[];
}

/** All dispatches of a graph. */
export interface DispatchSchedule {
  /** The preparation's first. */
  readonly dispatches: readonly ScheduledDispatch[];
  /** Number of dispatches after which the preparation and then every section ends. */
  readonly marks: readonly number[];
  /** What must last from run to run: what the preparation is given, and what it makes for the others. */
  readonly prepared: ReadonlySet<Bindable>;
}

/** How a graph is scheduled. */
export interface ScheduleOptions {
  readonly choose: Choose;
  /** Inputs that seldom change: what depends on them alone is a preparation of its own. */
  readonly steady?: ReadonlySet<string>;
}

/** Schedules `graph`. */
export function schedule(graph: Graph, { choose, steady }: ScheduleOptions): DispatchSchedule {
  const live = liveOperations(graph);
  const prepared = new Set<Bindable>(
    [...graph.inputs].flatMap(([name, value]) => steady?.has(name) ? [value] : []),
  );
  const isSteady = (value: Bindable) =>
    prepared.has(value) || "origin" in value && value.origin.kind === "constant";
  const preparation: ScheduledDispatch[] = [], main: ScheduledDispatch[] = [];
  const marks: number[] = [];

  const append = (lowered: Lowered, inputs: readonly Bindable[], outputs: readonly Bindable[]) => {
    const early = steady !== undefined && inputs.every(isSteady);
    if (early) outputs.forEach((value) => prepared.add(value));
    const scratch = lowered.scratch.map((storage): Temporary => ({ storage }));
    const pools = { input: inputs, output: outputs, scratch };
    for (const { kernel, operands } of lowered.dispatches) {
      (early ? preparation : main).push({
        kernel,
        operands: operands.map(({ from, index }) => pools[from][index]!),
      });
    }
  };

  const packs = new Map<Value, Map<string, Temporary>>();
  const packed = (
    filter: Value,
    variant: ConvolutionVariant,
    { shape, precision }: Convolution,
  ): Bindable => {
    const pack = variant.pack?.(shape, precision);
    if (pack === undefined) return filter;
    const layouts = packs.get(filter) ?? new Map<string, Temporary>();
    packs.set(filter, layouts);
    const key = `${variant.mode} ${precision} ${pack.layout}`;
    let result = layouts.get(key);
    if (result === undefined) {
      layouts.set(key, result = { storage: pack.storage });
      append(pack.lowered, [filter], [result]);
    }
    return result;
  };

  graph.operations.forEach((operation, index) => {
    if (graph.marks.includes(index)) marks.push(main.length);
    if (!live.has(operation)) return;
    const { work, inputs, outputs } = operation;
    if (work.kind === "lowered") return append(work.lowered, inputs, outputs);
    const { mode, shape, precision, epilogue } = work;
    const variant = choose(work);
    const [image, filter, ...rest] = inputs as [Value, Value, ...Value[]];
    const second = mode === "filterGradient" ? filter : packed(filter, variant, work);
    append(variant.lower(shape, precision, epilogue), [image, second, ...rest], outputs);
  });
  marks.push(main.length);
  return {
    dispatches: [...preparation, ...main],
    marks: [0, ...marks].map((mark) => preparation.length + mark),
    prepared,
  };
}

/** The convolutions of `graph` for which {@linkcode schedule} will ask for a variant. */
export function convolutionsOf(graph: Graph): Convolution[] {
  return [...liveOperations(graph)].flatMap(({ work }) =>
    work.kind === "convolution" ? [work] : []
  );
}

/** The operations that something depends on: an output, a store, or a slab that is changed in place. */
function liveOperations(graph: Graph): Set<Operation> {
  const needed = new Set<Value>([
    ...graph.outputs.values(),
    ...graph.stores.map(({ value }) => value),
  ]);
  const live = new Set<Operation>();
  for (const operation of graph.operations.toReversed()) {
    const changes = operation.outputs.some(({ origin }) => origin.kind === "slab");
    if (!changes && !operation.outputs.some((value) => needed.has(value))) continue;
    live.add(operation);
    operation.inputs.forEach((value) => needed.add(value));
  }
  return live;
}
