/**
 * A frozen network's forward pass and input gradient, each as one program: no tensor between the layers, and the
 * threads meet only where a layer needs all of the one before.
 *
 * @module
 */
import type { NamedAttrMap, TensorInfo } from "@tensorflow/tfjs";
import type { BatchShape } from "../../operations/convolution_shape.ts";
import {
  FROZEN_FORWARD,
  FROZEN_GRADIENT,
  type FrozenLayer,
  isRectified,
  type SizedLayer,
  sizeLayers,
} from "../../operations/frozen_network.ts";
import { forwardPhase, inputGradientPhase } from "./convolution_phases.ts";
import { fuse, type Phase, phase } from "../phases.ts";
import type { Inputs, KernelTable } from "./registration.ts";
import { scaleShiftPhase } from "./scale_shift.ts";
import type { TensorEngine } from "../tensors.ts";

function layersFor(attributes: NamedAttrMap, weights: Inputs, images: TensorInfo): SizedLayer[] {
  const layers = attributes.layers as unknown as readonly FrozenLayer[];
  const shape = images.shape as unknown as BatchShape;
  return sizeLayers(layers, (name) => weights[name]!.shape, shape);
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function forward(engine: TensorEngine, inputs: Inputs, attributes: NamedAttrMap): TensorInfo[] {
  const { x, ...weights } = inputs;
  const layers = layersFor(attributes, weights, x!);
  const addresses = [engine.address(x!)];
  const values = layers.map(({ output }) => engine.allocate(output));
  addresses.push(...values.map((value) => engine.address(value)));
  const addressOf = (name: string) => engine.address(weights[name]!);
  const phases = layers.map((layer, i) => {
    const { name } = layer, from = addresses[layer.input]!, to = addresses[i + 1]!;
    if (layer.kind === "scale-shift") {
      const rest = { shift: addressOf(`${name}.shift`), relu: true };
      const scale = addressOf(`${name}.scale`);
      return scaleShiftPhase(layer.output, from, scale, to, rest, engine.crew.threads);
    }
    const { shape, bias, add, relu } = layer;
    return forwardPhase(engine, shape, from, weights[`${name}.weight`]!, to, {
      ...bias && { bias: addressOf(`${name}.bias`) },
      ...add !== undefined && { add: addresses[add]! },
      relu,
    });
  });
  const [batch, height, width, channels] = layers.at(-1)!.output;
  const features = engine.allocate([batch, channels]);
  const words = [addresses.at(-1)!, engine.address(features), batch, height * width, channels, 1];
  engine.crew.run([...fuse(phases), phase(batch, "globalAveragePool", words)]);
  return [features, ...values];
}

/**
 * Walks the layers from the last to the first. The gradient of a value is complete when the first of the layers that
 * use it has been walked; its own rectifier masks every part of it.
 */
function gradient(engine: TensorEngine, inputs: Inputs, attributes: NamedAttrMap): TensorInfo {
  const images = inputs.x!, layers = layersFor(attributes, inputs, images);
  const values = layers.map((_, i) => engine.address(inputs[i]!));
  const dx = engine.allocate(images.shape);
  const blocks: number[] = [];
  const phases: Phase[] = [];
  /** Gradients by value, complete or not yet, and which of them have a block of their own. */
  const gradients = new Map<number, number>();
  const owned = new Set<number>();
  const maskOf = (value: number) =>
    value > 0 && isRectified(layers[value - 1]!) ? values[value - 1]! : 0;
  const block = (shape: readonly number[]) => {
    blocks.push(engine.heap.allocate(4 * sizeOf(shape)));
    return blocks.at(-1)!;
  };

  const { output } = layers.at(-1)!, [batch, height, width, channels] = output;
  const seed = block(output);
  const seedWords = [engine.address(inputs.dy!), seed, maskOf(layers.length)];
  phases.push(phase(batch, "globalAveragePoolGradient", [
    ...[...seedWords, batch, height * width, channels, 1],
  ]));
  gradients.set(layers.length, seed);
  for (let i = layers.length - 1; i >= 0; i--) {
    const layer = layers[i]!, { name, input } = layer;
    const slope = gradients.get(i + 1)!;
    // The other summand has the same gradient; where more is added to it, that goes to a block of its own.
    if (layer.kind === "convolution" && layer.add !== undefined) gradients.set(layer.add, slope);
    const to = owned.has(input)
      ? gradients.get(input)!
      : input === 0
      ? engine.address(dx)
      : block(layers[input - 1]!.output);
    const following = { add: gradients.get(input) ?? 0, mask: maskOf(input) };
    if (layer.kind === "scale-shift") {
      const scale = engine.address(inputs[`${name}.scale`]!), { threads } = engine.crew;
      phases.push(scaleShiftPhase(layer.output, slope, scale, to, following, threads));
    } else {
      const filter = inputs[`${name}.weight`]!;
      phases.push(inputGradientPhase(engine, layer.shape, slope, filter, to, following));
    }
    gradients.set(input, to);
    owned.add(input);
  }
  engine.crew.run(fuse(phases));
  for (const address of blocks) engine.heap.free(address);
  return dx;
}

/** The frozen network's kernels. */
export const frozenKernels: KernelTable = {
  [FROZEN_FORWARD]: forward,
  [FROZEN_GRADIENT]: gradient,
};
