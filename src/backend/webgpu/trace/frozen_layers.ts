/**
 * A frozen network as operations of a graph: convolutions with everything that follows them in their epilogues, and the
 * gradient with respect to the images.
 *
 * @module
 */
import type { BatchShape } from "../../operations/convolution_shape.ts";
import { type FrozenLayer, isRectified, sizeLayers } from "../../operations/frozen_network.ts";
import { PLAIN } from "../convolution/shape.ts";
import { globalAveragePool, globalAveragePoolGradient } from "../operations/pool.ts";
import { scaleGradient, scaleShift } from "../operations/scale_shift.ts";
import { sizeOf } from "../operations/shader.ts";
import type { Graph, Value } from "./graph.ts";

/** A value with the shape it has. */
export interface Shaped {
  readonly value: Value;
  readonly shape: readonly number[];
}

/** The weights of every layer by name, see {@linkcode FrozenLayer}. */
export type FrozenWeights = (name: string) => Shaped;

/** The features `[N,C]` of `x`, images of `shape`, and the output of every layer. */
export function frozenForward(
  graph: Graph,
  layers: readonly FrozenLayer[],
  weights: FrozenWeights,
  x: Value,
  shape: BatchShape,
): { features: Value; outputs: Shaped[] } {
  const sized = sizeLayers(layers, (name) => weights(name).shape, shape);
  const weight = (name: string) => weights(name).value;
  const values = [x];
  for (const layer of sized) {
    const { name, output } = layer, input = values[layer.input]!;
    if (layer.kind === "scale-shift") {
      const inputs = [input, weight(`${name}.scale`), weight(`${name}.shift`)];
      values.push(graph.operate(scaleShift(output), inputs, [sizeOf(output)])[0]!);
      continue;
    }
    const { bias, add, relu } = layer;
    const inputs = [
      input,
      weight(`${name}.weight`),
      ...bias ? [weight(`${name}.bias`)] : [],
      ...add !== undefined ? [values[add]!] : [],
    ];
    const epilogue = { bias, add: add !== undefined, mask: false, relu };
    const { frozenPrecision } = graph, size = sizeOf(output);
    values.push(graph.convolve("forward", layer.shape, epilogue, inputs, size, frozenPrecision));
  }
  const last = sized.at(-1)!.output;
  const [features] = graph.operate(
    globalAveragePool(last),
    [values.at(-1)!],
    [last[0] * last[3]],
  );
  const outputs = sized.map(({ output }, i) => ({ value: values[i + 1]!, shape: output }));
  return { features: features!, outputs };
}

/**
 * The gradient with respect to the images of `shape`, for `dy` `[N,C]` with respect to the features. Walks the layers from
 * the last to the first: the gradient of a value is complete when the first of the layers that use it has been walked.
 *
 * @param outputs of every layer, in order
 */
export function frozenGradient(
  graph: Graph,
  layers: readonly FrozenLayer[],
  weights: FrozenWeights,
  outputs: readonly Value[],
  dy: Value,
  shape: BatchShape,
): Value {
  const sized = sizeLayers(layers, (name) => weights(name).shape, shape);
  const maskOf = (value: number) =>
    value > 0 && isRectified(layers[value - 1]!) ? outputs[value - 1] : undefined;
  const last = sized.at(-1)!.output;
  const mask = maskOf(layers.length);
  const [seed] = graph.operate(
    globalAveragePoolGradient(last, mask !== undefined),
    [dy, ...mask ? [mask] : []],
    [sizeOf(last)],
  );
  const gradients = new Map<number, Value>([[layers.length, seed!]]);
  for (const [i, layer] of [...sized.entries()].reverse()) {
    const { name, input } = layer, slope = gradients.get(i + 1)!;
    // The other summand has the same gradient.
    if (layer.kind === "convolution" && layer.add !== undefined) gradients.set(layer.add, slope);
    const sum = gradients.get(input), mask = maskOf(input);
    const add = sum !== undefined, masked = mask !== undefined;
    const rest = [...sum ? [sum] : [], ...mask ? [mask] : []];
    if (layer.kind === "scale-shift") {
      const inputs = [slope, weights(`${name}.scale`).value, ...rest];
      const lowered = scaleGradient(layer.output, { add, masked });
      gradients.set(input, graph.operate(lowered, inputs, [sizeOf(layer.output)])[0]!);
      continue;
    }
    const { batch, height, width, inChannels } = layer.shape;
    const epilogue = { ...PLAIN, add, mask: masked };
    const inputs = [slope, weights(`${name}.weight`).value, ...rest];
    const size = batch * height * width * inChannels;
    const { frozenPrecision } = graph;
    gradients.set(
      input,
      graph.convolve("inputGradient", layer.shape, epilogue, inputs, size, frozenPrecision),
    );
  }
  return gradients.get(0)!;
}
