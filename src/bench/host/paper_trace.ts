/**
 * A computation as the WebGPU engine traces it, without a device.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Compute, TensorMap } from "../../backend/backend.ts";
import { Graph, layOut, type Slab } from "../../backend/webgpu/trace/graph.ts";
import { tracing } from "../../backend/webgpu/trace/trace.ts";

/** A map of tensors that would live on the device. */
export interface PaperHome {
  readonly map: TensorMap;
  readonly slab: Slab;
}

/** Shapes by name. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** Lays `maps` out as a device state would. */
export function homesOf(maps: readonly TensorMap[]): PaperHome[] {
  return maps.map((map, index) => {
    const sizes = new Map([...map].map(([name, { size }]) => [name, size]));
    return { map, slab: layOut(`map ${index}`, sizes) };
  });
}

/** What `compute` asks for with inputs of such shapes, and the shapes of what it yields. The maps stay as they are. */
export function traceOnPaper(
  homes: readonly PaperHome[],
  compute: Compute,
  inputs: Shapes,
): { readonly graph: Graph; readonly shapes: Shapes } {
  const graph = new Graph(), shapes: Record<string, readonly number[]> = {};
  const held = homes.map(({ map, slab }) => ({ map, slab, tensors: [...map] }));
  tracing(graph, (paper) => {
    for (const { map, slab, tensors } of held) {
      for (const [name, { shape }] of tensors) {
        map.set(name, paper.tensor(graph.partOf(slab, name), shape));
      }
    }
    const given = Object.entries(inputs).map(([name, shape]) => {
      const value = graph.input(name, tf.util.sizeFromShape([...shape]));
      return [name, paper.tensor(value, shape)] as const;
    });
    for (const [name, tensor] of Object.entries(compute(Object.fromEntries(given)))) {
      graph.outputs.set(name, paper.value(tensor));
      shapes[name] = tensor.shape;
    }
    for (const { map, slab } of held) {
      for (const [name, tensor] of map) {
        const value = paper.value(tensor), into = graph.partOf(slab, name);
        if (value !== into) graph.stores.push({ value, into });
      }
    }
  });
  for (const { map, tensors } of held) tensors.forEach(([name, tensor]) => map.set(name, tensor));
  return { graph, shapes };
}
