/**
 * A frozen network as operations of a graph: convolutions with everything that follows them in their epilogues, and the
 * gradient with respect to the images.
 *
 * @module
 */
import type { FrozenLayer } from "../../operations/frozen_network.ts";
import { type ConvolutionShape, outputSize, PLAIN } from "../convolution/shape.ts";
import type { Graph, Value } from "./graph.ts";
import { globalAveragePool, globalAveragePoolGradient } from "../operations/pool.ts";

type Shape = readonly [batch: number, height: number, width: number, channels: number];

/** A value with the shape it has. */
export interface Shaped {
  readonly value: Value;
  readonly shape: readonly number[];
}

/** The weights of every layer by name: `NAME.weight` (HWIO) and `NAME.bias`. */
export type FrozenWeights = (name: string) => Shaped;

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Every layer's convolution, for images of `shape`. */
function describe(
  layers: readonly FrozenLayer[],
  weights: FrozenWeights,
  shape: Shape,
): ConvolutionShape[] {
  const shapes = [shape];
  return layers.map(({ name, kernel, stride, input }) => {
    const [batch, height, width, inChannels] = shapes[input]!;
    const outChannels = weights(`${name}.weight`).shape[3]!;
    const convolution = { batch, height, width, inChannels, outChannels, kernel, stride };
    shapes.push([batch, ...outputSize(convolution), outChannels]);
    return convolution;
  });
}

function outputShape(convolution: ConvolutionShape): Shape {
  return [convolution.batch, ...outputSize(convolution), convolution.outChannels];
}

/** The features `[N,C]` of `x`, images of `shape`, and the output of every layer. */
export function frozenForward(
  graph: Graph,
  layers: readonly FrozenLayer[],
  weights: FrozenWeights,
  x: Value,
  shape: Shape,
): { features: Value; outputs: Shaped[] } {
  const convolutions = describe(layers, weights, shape);
  const values = [x];
  for (const [i, { name, input, add, relu }] of layers.entries()) {
    const inputs = [
      values[input]!,
      weights(`${name}.weight`).value,
      weights(`${name}.bias`).value,
      ...add !== undefined ? [values[add]!] : [],
    ];
    const epilogue = { bias: true, add: add !== undefined, mask: false, relu };
    const size = sizeOf(outputShape(convolutions[i]!));
    values.push(
      graph.convolve("forward", convolutions[i]!, epilogue, inputs, size, graph.frozenPrecision),
    );
  }
  const last = outputShape(convolutions.at(-1)!);
  const [features] = graph.operate(
    globalAveragePool([...last]),
    [values.at(-1)!],
    [last[0] * last[3]],
  );
  const outputs = convolutions.map((convolution, i) => ({
    value: values[i + 1]!,
    shape: outputShape(convolution),
  }));
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
  shape: Shape,
): Value {
  const convolutions = describe(layers, weights, shape);
  const maskOf = (value: number) =>
    value > 0 && layers[value - 1]!.relu ? outputs[value - 1] : undefined;
  const last = outputShape(convolutions.at(-1)!);
  const mask = maskOf(layers.length);
  const [seed] = graph.operate(
    globalAveragePoolGradient([...last], mask !== undefined),
    [dy, ...mask ? [mask] : []],
    [sizeOf(last)],
  );
  const gradients = new Map<number, Value>([[layers.length, seed!]]);
  for (const [i, { name, input, add }] of [...layers.entries()].reverse()) {
    const convolution = convolutions[i]!;
    const slope = gradients.get(i + 1)!;
    if (add !== undefined) gradients.set(add, slope); // the other summand has the same gradient
    const sum = gradients.get(input), mask = maskOf(input);
    const inputs = [
      slope,
      weights(`${name}.weight`).value,
      ...sum ? [sum] : [],
      ...mask ? [mask] : [],
    ];
    const epilogue = { ...PLAIN, add: sum !== undefined, mask: mask !== undefined };
    const { batch, height, width, inChannels } = convolution;
    const size = batch * height * width * inChannels;
    const { frozenPrecision } = graph;
    gradients.set(
      input,
      graph.convolve("inputGradient", convolution, epilogue, inputs, size, frozenPrecision),
    );
  }
  return gradients.get(0)!;
}
