/**
 * The frozen network as a kernel of tfjs's WebGPU backend: forward pass and input gradient are two sections of one program,
 * so that no layer's output leaves it; filters are packed once for as long as they stay the same.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { FROZEN_FORWARD, FROZEN_GRADIENT, type FrozenLayer } from "../operations/frozen_network.ts";
import { noSlabs, planGraph, type WebGpuEngine } from "./engine.ts";
import { frozenForward, frozenGradient, type Shaped } from "./trace/frozen_layers.ts";
import { Graph } from "./trace/graph.ts";
import type { Inputs } from "./trace/operate.ts";
import { sizeOf } from "./operations/shader.ts";
import { copy, Program } from "./program/program.ts";
import { flush, newTensor, tensorBuffer } from "./tensors.ts";

type Shape = [batch: number, height: number, width: number, channels: number];

/** The sections of a network's program. */
const PREPARATION = 0, FORWARD = 1, GRADIENT = 2;
/** Programs that are kept. */
const KEPT_PROGRAMS = 4;
/**
 * A program serves down to this share of its images: an attack's batch that shrinks image by image would otherwise ask
 * for a program, whose kernels take seconds to compile, at every size.
 */
const LEAST_FILLED = 1 / 2;

/**
 * A frozen network for images of `shape` as a graph of two sections: from `x` to `features`, and from `dy` to `dx`.
 *
 * @param weights shapes by name; they are inputs of the graph
 */
export function frozenGraph(
  layers: readonly FrozenLayer[],
  weights: Readonly<Record<string, readonly number[]>>,
  shape: readonly [number, number, number, number],
): { readonly graph: Graph; /** Number of all features. */ readonly features: number } {
  const graph = new Graph();
  const weight = (name: string): Shaped => {
    const shape = weights[name]!;
    return { value: graph.input(name, sizeOf(shape)), shape };
  };
  const x = graph.input("x", sizeOf(shape));
  const { features, outputs } = frozenForward(graph, layers, weight, x, shape);
  graph.mark();
  const dy = graph.input("dy", features.size);
  const values = outputs.map(({ value }) => value);
  graph.outputs.set("features", features);
  graph.outputs.set("dx", frozenGradient(graph, layers, weight, values, dy, shape));
  return { graph, features: features.size };
}

/** The program of a network for up to so many images of one size. What it makes of places without one is ignored. */
class FrozenProgram {
  /** What it can be used for. */
  readonly network: string;
  readonly images: number;
  readonly #engine: WebGpuEngine;
  readonly #program: Program;
  readonly #weightNames: readonly string[];
  /** Features of an image. */
  readonly #features: number;
  /** The weights that the program has, and the images of which its memory holds the layers' outputs. */
  #weights: readonly object[] = [];
  #seen: object | undefined;

  constructor(
    engine: WebGpuEngine,
    network: string,
    layers: readonly FrozenLayer[],
    weights: Inputs,
    shape: Shape,
  ) {
    const shapes = Object.fromEntries(
      Object.entries(weights).map(([name, weight]) => [name, weight.shape]),
    );
    const { graph, features } = frozenGraph(layers, shapes, shape);
    this.network = network;
    this.images = shape[0];
    this.#weightNames = Object.keys(weights);
    this.#features = features / shape[0];
    this.#engine = engine;
    const plan = planGraph(graph, engine, { steady: new Set(this.#weightNames) });
    this.#program = new Program(plan, engine.kernels, engine.pool, noSlabs);
  }

  forward(x: tf.TensorInfo, weights: Inputs): tf.TensorInfo {
    const ids = this.#weightNames.map((name) => weights[name]!.dataId);
    const changed = ids.some((id, i) => id !== this.#weights[i]);
    this.#give({ x, ...changed && weights });
    this.#program.run(changed ? PREPARATION : FORWARD, FORWARD);
    this.#weights = ids;
    this.#seen = x.dataId;
    return this.#take("features", [x.shape[0]!, this.#features]);
  }

  gradient(dy: tf.TensorInfo, x: tf.TensorInfo, weights: Inputs): tf.TensorInfo {
    const ids = this.#weightNames.map((name) => weights[name]!.dataId);
    const present = this.#program.undisturbed && this.#seen === x.dataId &&
      ids.every((id, i) => id === this.#weights[i]);
    if (!present) this.#engine.tfjs.disposeData(this.forward(x, weights).dataId);
    this.#give({ dy });
    this.#program.run(GRADIENT, GRADIENT);
    this.#seen = undefined; // the gradient takes the memory of the outputs that it has used
    return this.#take("dx", x.shape);
  }

  dispose(): void {
    this.#program.dispose();
  }

  #give(inputs: Inputs): void {
    const { tfjs, kernels: { device } } = this.#engine;
    const encoder = device.createCommandEncoder();
    for (const [name, tensor] of Object.entries(inputs)) {
      copy(encoder, tensorBuffer(tfjs, tensor), this.#program.input(name));
    }
    flush(tfjs);
    device.queue.submit([encoder.finish()]);
  }

  #take(name: string, shape: readonly number[]): tf.TensorInfo {
    const { tfjs, kernels: { device } } = this.#engine;
    const { info, part } = newTensor(tfjs, shape);
    const encoder = device.createCommandEncoder();
    copy(encoder, { ...this.#program.output(name), bytes: part.bytes }, part);
    flush(tfjs); // the buffer may have been another's before
    device.queue.submit([encoder.finish()]);
    return info;
  }
}

/** The frozen network's kernels on `engine`, by name, and how to free what they keep. */
export function frozenKernels(engine: WebGpuEngine) {
  const programs = new Set<FrozenProgram>(); // the last used one last
  const programFor = (attributes: tf.NamedAttrMap, weights: Inputs, shape: Shape) => {
    const layers = attributes.layers as unknown as readonly FrozenLayer[];
    const sizes = Object.values(weights).map((weight) => weight.shape);
    const [images, ...size] = shape, network = JSON.stringify([size, layers, sizes]);
    let [program] = [...programs]
      .filter((each) => each.network === network)
      .filter((each) => each.images >= images && each.images * LEAST_FILLED <= images)
      .sort((a, b) => a.images - b.images);
    if (program === undefined) {
      const [oldest] = programs;
      if (programs.size >= KEPT_PROGRAMS && oldest) {
        oldest.dispose();
        programs.delete(oldest);
      }
      program = new FrozenProgram(engine, network, layers, weights, shape);
    }
    programs.delete(program);
    programs.add(program);
    return program;
  };
  return {
    kernels: {
      [FROZEN_FORWARD]({ x, ...weights }: Inputs, attributes: tf.NamedAttrMap): tf.TensorInfo[] {
        return [programFor(attributes, weights, x!.shape as Shape).forward(x!, weights)];
      },
      [FROZEN_GRADIENT](inputs: Inputs, attributes: tf.NamedAttrMap): tf.TensorInfo {
        const { dy, x, ...weights } = inputs;
        return programFor(attributes, weights, x!.shape as Shape).gradient(dy!, x!, weights);
      },
    },
    dispose() {
      programs.forEach((program) => program.dispose());
      programs.clear();
    },
  };
}
