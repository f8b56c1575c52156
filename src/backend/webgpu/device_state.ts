/**
 * Computations that tfjs walks through once and the device then repeats by itself, on tensors that never leave it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Computation, Compute, Demand, DeviceState, Request, TensorMap } from "../backend.ts";
import { planGraph, type WebGpuEngine } from "./engine.ts";
import { Graph, largestValue, layOut, type Slab, type Value } from "./trace/graph.ts";
import { largestBlock } from "./program/device.ts";
import { KeptPrograms } from "./program/kept_programs.ts";
import { bytesOf } from "./program/kernel.ts";
import { concat } from "./operations/layout.ts";
import { sharedBlocks, Slots } from "./program/memory_pool.ts";
import { type BufferPart, copy, Program } from "./program/program.ts";
import { convolutionsOf } from "./program/schedule.ts";
import { flush, newTensor, tensorBuffer } from "./tensors.ts";
import { traceBackend, tracing } from "./trace/trace.ts";

/** A map whose tensors live in a slab. */
interface Home {
  readonly map: TensorMap;
  readonly slab: Slab;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly buffer: GPUBuffer;
}

/** A computation as a graph, with the shapes of what it yields. */
interface Traced {
  readonly graph: Graph;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** A program with the shapes of what it yields. */
interface Replay {
  readonly program: Program;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** A {@linkcode DeviceState} on a WebGPU device. At rest the maps hold tensors without values. */
export class ReplayedDeviceState implements DeviceState {
  readonly #engine: WebGpuEngine;
  readonly #homes: readonly Home[];
  readonly #programs = new Set<Program>();
  readonly #computes = new WeakMap<Computation, Compute>();

  constructor(engine: WebGpuEngine, maps: readonly TensorMap[]) {
    this.#engine = engine;
    this.#homes = maps.map((map, index) => this.#moveIn(map, `map ${index}`));
  }

  compile(compute: Compute): Computation {
    const replays = new KeptPrograms<Replay>();
    const computation: Computation = async (inputs) => {
      const shapes = Object.entries(inputs).map(([name, { shape, dtype }]) => {
        if (dtype === "float32") return [name, shape] as const;
        throw new TypeError(`A computation takes float32, but ${name} is ${dtype}.`);
      });
      const key = JSON.stringify(shapes);
      let replay = replays.use(key);
      if (replay === undefined) {
        for (const { program } of replays.makeRoom()) this.#programs.delete(program);
        const traced = this.#trace(compute, shapes);
        await this.#engine.tuner.prepare(convolutionsOf(traced.graph));
        replay = this.#instantiate(traced);
        replays.add(key, replay);
      }
      return this.#replay(replay, inputs);
    };
    this.#computes.set(computation, compute);
    return computation;
  }

  async preflight(requests: readonly Request[], tune: boolean): Promise<Demand> {
    const slots = new Slots();
    const { kernels: { device }, tuner } = this.#engine, limit = largestBlock(device);
    const slabs = this.#homes.map(({ slab }) => slab.bytes);
    let bytes = slabs.reduce((a, b) => a + b, 0), largest = Math.max(0, ...slabs);
    for (const { computation, shapes } of requests) {
      const { graph } = this.#trace(this.#computes.get(computation)!, Object.entries(shapes));
      largest = Math.max(largest, 4 * largestValue(graph));
      if (largest > limit) return { bytes: Infinity, largest, limit }; // no kernel can take it
      if (tune) await tuner.prepare(convolutionsOf(graph));
      const choose = tune ? tuner.choose : tuner.suggest;
      const plan = planGraph(graph, this.#engine, { choose });
      slots.reserve(sharedBlocks(plan));
      for (const { storage, lasting } of plan.blocks) if (lasting) bytes += bytesOf(storage);
    }
    if (tune) tuner.settle();
    return { bytes: bytes + slots.bytes, largest, limit };
  }

  snapshot(map: TensorMap): TensorMap {
    const { slab, shapes, buffer } = this.#homes.find((home) => home.map === map)!;
    return new Map(this.#export(
      [...shapes].map(([name, shape]) => {
        const { offset, size } = slab.parts.get(name)!;
        return [name, shape, { buffer, offset, bytes: 4 * size }];
      }),
    ));
  }

  dispose(): void {
    this.#programs.forEach((program) => program.dispose());
    this.#programs.clear();
    for (const { map, buffer } of this.#homes) {
      tf.dispose([...map.values()]);
      map.clear();
      buffer.destroy();
    }
  }

  #moveIn(map: TensorMap, label: string): Home {
    const { tfjs, kernels: { device } } = this.#engine;
    const shapes = new Map([...map].map(([name, { shape }]) => [name, shape]));
    const slab = layOut(label, new Map([...map].map(([name, { size }]) => [name, size])));
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = device.createBuffer({ label, size: Math.max(slab.bytes, 256), usage });
    const encoder = device.createCommandEncoder();
    for (const [name, tensor] of map) {
      const { offset, size } = slab.parts.get(name)!;
      copy(encoder, tensorBuffer(tfjs, tensor), { buffer, offset, bytes: 4 * size });
    }
    flush(tfjs);
    device.queue.submit([encoder.finish()]);
    const home = { map, slab, shapes, buffer };
    rest(home);
    return home;
  }

  #trace(compute: Compute, inputs: Iterable<readonly [string, readonly number[]]>): Traced {
    const graph = new Graph(this.#engine.attackPrecision);
    const shapes = new Map<string, readonly number[]>();
    tracing(graph, (backend) => {
      for (const { map, slab, shapes } of this.#homes) {
        tf.dispose([...map.values()]);
        for (const [name, shape] of shapes) {
          map.set(name, backend.tensor(graph.partOf(slab, name), shape));
        }
      }
      const placeholders = [...inputs].map(([name, shape]) =>
        [name, backend.tensor(graph.input(name, tf.util.sizeFromShape([...shape])), shape)] as const
      );
      const outputs = compute(Object.fromEntries(placeholders));
      for (const [name, tensor] of Object.entries(outputs)) {
        graph.outputs.set(name, detached(graph, backend.value(tensor)));
        shapes.set(name, tensor.shape);
      }
      for (const { map, slab } of this.#homes) {
        for (const [name, tensor] of map) {
          const value = backend.value(tensor), into = graph.partOf(slab, name);
          if (value !== into) graph.stores.push({ value: detached(graph, value), into });
        }
      }
      tf.dispose(outputs); // even those that were kept: they stand for values of a graph only
    });
    this.#homes.forEach(rest);
    return { graph, shapes };
  }

  #instantiate({ graph, shapes }: Traced): Replay {
    const buffers = new Map(this.#homes.map(({ slab, buffer }) => [slab, buffer]));
    const { kernels, pool } = this.#engine;
    const plan = planGraph(graph, this.#engine);
    const program = new Program(plan, kernels, pool, (slab) => buffers.get(slab)!);
    this.#programs.add(program);
    return { program, shapes };
  }

  #replay({ program, shapes }: Replay, inputs: tf.NamedTensorMap): tf.NamedTensorMap {
    const { tfjs, kernels: { device } } = this.#engine;
    const encoder = device.createCommandEncoder();
    for (const name of program.plan.inputs.keys()) {
      copy(encoder, tensorBuffer(tfjs, inputs[name]!), program.input(name));
    }
    flush(tfjs);
    device.queue.submit([encoder.finish()]);
    program.run();
    return Object.fromEntries(this.#export(
      [...shapes].map(([name, shape]) => [name, shape, program.output(name)]),
    ));
  }

  /** Copies of `parts` as tensors of tfjs's. */
  #export(parts: [name: string, shape: readonly number[], part: BufferPart][]) {
    const { tfjs, kernels: { device } } = this.#engine;
    const encoder = device.createCommandEncoder();
    const tensors = parts.map(([name, shape, source]): [string, tf.Tensor] => {
      const { info, part } = newTensor(tfjs, shape);
      copy(encoder, source, part);
      const { dataId, dtype } = info;
      return [name, tf.engine().makeTensorFromDataId(dataId, [...shape], dtype, tfjs)];
    });
    flush(tfjs); // the buffers may have been others' before
    device.queue.submit([encoder.finish()]);
    return tensors;
  }
}

/** `value`, copied if it is a part of the state: that may be replaced before the copy of a result is made. */
function detached(graph: Graph, value: Value): Value {
  if (value.origin.kind !== "slab") return value;
  return graph.operate(concat([[value.size]]), [value], [value.size])[0]!;
}

/** Puts tensors without values into the map of `home`, in place of whatever a trace left there. */
function rest({ map, shapes }: Home): void {
  const backend = traceBackend();
  for (const [name, shape] of shapes) {
    const before = map.get(name)!;
    if (!before.isDisposed) before.dispose();
    const value = { size: before.size, origin: { kind: "result" } } as const;
    map.set(name, tf.keep(backend.tensor(value, shape)));
  }
}
