/**
 * A frozen network in float64, value by value: its features, and their gradient by the chain rule, summed over everything
 * that reads a value.
 *
 * @module
 */
import type { BatchShape } from "../../../src/backend/operations/convolution_shape.ts";
import {
  type FrozenLayer,
  isRectified,
  type SizedLayer,
  sizeLayers,
} from "../../../src/backend/operations/frozen_network.ts";
import { normals, referenceConvolution } from "./convolutions.ts";

/** Weights by name, with their shapes. */
export type Weights = Readonly<Record<string, { values: Float32Array; shape: number[] }>>;

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Random weights for `layers`, of which convolutions give `channels` by name. */
export function randomWeights(
  layers: readonly FrozenLayer[],
  channels: Readonly<Record<string, number>>,
  inputs: number,
): Weights {
  const counts = [inputs];
  return Object.fromEntries(layers.flatMap((layer, i) => {
    const { name, input } = layer, from = counts[input]!;
    const to = layer.kind === "convolution" ? channels[name]! : from;
    counts.push(to);
    const vector = (kind: string, seed: number) =>
      [`${name}.${kind}`, { values: normals(to, seed), shape: [to] }] as const;
    if (layer.kind === "scale-shift") return [vector("scale", 100 + i), vector("shift", 200 + i)];
    const shape = [layer.kernel, layer.kernel, from, to];
    const spread = Math.sqrt(2 / (layer.kernel ** 2 * from));
    const values = normals(sizeOf(shape), i).map((value) => spread * value);
    const weight = [`${name}.weight`, { values, shape }] as const;
    return [weight, ...layer.bias ? [vector("bias", 300 + i)] : []];
  }));
}

/** The features `[N,C]` of images `x` and the gradient of `Σ dy · features` in `x`. */
export function referenceFeatures(
  layers: readonly FrozenLayer[],
  weights: Weights,
  shape: BatchShape,
  x: Float32Array,
  dy: Float32Array,
): { features: Float64Array; dx: Float64Array } {
  const sized = sizeLayers(layers, (name) => weights[name]!.shape, shape);
  const values: Float64Array[] = [Float64Array.from(x)];
  for (const layer of sized) values.push(computeLayer(layer, weights, values));

  const [batch, height, width, channels] = sized.at(-1)!.output, rows = height * width;
  const features = new Float64Array(batch * channels), last = values.at(-1)!;
  const pooled = (i: number) => Math.floor(i / (rows * channels)) * channels + i % channels;
  last.forEach((value, i) => features[pooled(i)]! += value / rows);

  const gradients = values.map(({ length }) => new Float64Array(length));
  last.forEach((_, i) => gradients.at(-1)![i] = dy[pooled(i)]! / rows);
  for (const [i, layer] of [...sized.entries()].reverse()) {
    const slope = gradients[i + 1]!.map((value, k) =>
      isRectified(layer) && values[i + 1]![k]! <= 0 ? 0 : value
    );
    const to = gradients[layer.input]!, { name } = layer;
    if (layer.kind === "scale-shift") {
      const scale = weights[`${name}.scale`]!.values;
      slope.forEach((value, k) => to[k]! += value * scale[k % scale.length]!);
      continue;
    }
    const { dx } = referenceConvolution(describe(layer), {
      x: values[layer.input]!,
      w: weights[`${name}.weight`]!.values,
      dy: slope,
    });
    dx.forEach((value, k) => to[k]! += value);
    if (layer.add !== undefined) slope.forEach((value, k) => gradients[layer.add!]![k]! += value);
  }
  return { features, dx: gradients[0]! };
}

function computeLayer(
  layer: SizedLayer,
  weights: Weights,
  values: readonly Float64Array[],
): Float64Array {
  const { name } = layer, x = values[layer.input]!, channels = layer.output[3];
  const vector = (kind: string) => weights[`${name}.${kind}`]!.values;
  if (layer.kind === "scale-shift") {
    const scale = vector("scale"), shift = vector("shift");
    return x.map((value, i) => Math.max(0, value * scale[i % channels]! + shift[i % channels]!));
  }
  const dy = new Float64Array(sizeOf(layer.output)), { bias, add, relu } = layer;
  const { y } = referenceConvolution(describe(layer), { x, w: vector("weight"), dy });
  return y.map((value, i) => {
    const shifted = value + (bias ? vector("bias")[i % channels]! : 0);
    const sum = shifted + (add === undefined ? 0 : values[add]![i]!);
    return relu ? Math.max(0, sum) : sum;
  });
}

function describe({ shape }: Extract<SizedLayer, { kind: "convolution" }>) {
  const { inChannels: inputs, outChannels: outputs, ...rest } = shape;
  return { ...rest, inputs, outputs };
}
