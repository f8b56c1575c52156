/**
 * A frozen network's forward pass and input gradient, each as one program: no tensor between the layers, and the
 * threads meet only where a layer needs all of the one before.
 *
 * @module
 */
import type { NamedAttrMap, TensorInfo } from "@tensorflow/tfjs";
import {
  FROZEN_FORWARD,
  FROZEN_GRADIENT,
  type FrozenLayer,
} from "../../operations/frozen_network.ts";
import {
  type Convolution,
  forwardPhase,
  inputGradientPhase,
  outputSize,
} from "./convolution_phases.ts";
import { fuse, type Phase, phase } from "../phases.ts";
import type { KernelTable } from "./registration.ts";
import type { TensorEngine } from "../tensors.ts";

type Inputs = Record<string, TensorInfo>;
type Shape = [batch: number, height: number, width: number, channels: number];

const layersOf = (attributes: NamedAttrMap) =>
  attributes.layers as unknown as readonly FrozenLayer[];

/** Every layer's convolution, for images of `shape`. */
function describe(layers: readonly FrozenLayer[], weights: Inputs, shape: Shape): Convolution[] {
  const shapes = [shape];
  return layers.map(({ name, kernel, stride, input }) => {
    const [batch, height, width, inChannels] = shapes[input]!;
    const outChannels = weights[`${name}.weight`]!.shape[3]!;
    const convolution = { batch, height, width, inChannels, outChannels, kernel, stride };
    shapes.push([batch, ...outputSize(convolution), outChannels]);
    return convolution;
  });
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function outputShape(convolution: Convolution): Shape {
  return [convolution.batch, ...outputSize(convolution), convolution.outChannels];
}

function forward(engine: TensorEngine, inputs: Inputs, attributes: NamedAttrMap): TensorInfo[] {
  const { x, ...weights } = inputs;
  const layers = layersOf(attributes);
  const convolutions = describe(layers, weights, x!.shape as Shape);
  const addresses = [engine.address(x!)];
  const values = convolutions.map((convolution) => engine.allocate(outputShape(convolution)));
  addresses.push(...values.map((value) => engine.address(value)));
  const phases = layers.map(({ name, input, add, relu }, i) =>
    forwardPhase(
      engine,
      convolutions[i]!,
      addresses[input]!,
      weights[`${name}.weight`]!,
      addresses[i + 1]!,
      {
        bias: engine.address(weights[`${name}.bias`]!),
        ...add !== undefined && { add: addresses[add]! },
        relu,
      },
    )
  );
  const [batch, height, width, channels] = outputShape(convolutions.at(-1)!);
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
  const layers = layersOf(attributes);
  const shape = inputs.x!.shape as Shape;
  const convolutions = describe(layers, inputs, shape);
  const values = layers.map((_, i) => engine.address(inputs[i]!));
  const dx = engine.allocate(shape);
  const blocks: number[] = [];
  const phases: Phase[] = [];
  /** Gradients by value, complete or not yet, and which of them have a block of their own. */
  const gradients = new Map<number, number>();
  const owned = new Set<number>();
  const maskOf = (value: number) => value > 0 && layers[value - 1]!.relu ? values[value - 1]! : 0;
  const block = (shape: Shape) => {
    blocks.push(engine.heap.allocate(4 * sizeOf(shape)));
    return blocks.at(-1)!;
  };

  const last = convolutions.at(-1)!;
  const [batch, height, width, channels] = outputShape(last);
  const seed = block(outputShape(last));
  const seedWords = [engine.address(inputs.dy!), seed, maskOf(layers.length)];
  phases.push(phase(batch, "globalAveragePoolGradient", [
    ...[...seedWords, batch, height * width, channels, 1],
  ]));
  gradients.set(layers.length, seed);
  for (let i = layers.length - 1; i >= 0; i--) {
    const { name, input, add } = layers[i]!;
    const convolution = convolutions[i]!;
    const slope = gradients.get(i + 1)!;
    // The other summand has the same gradient; where more is added to it, that goes to a block of its own.
    if (add !== undefined) gradients.set(add, slope);
    const { batch, height, width, inChannels } = convolution;
    const to = owned.has(input)
      ? gradients.get(input)!
      : input === 0
      ? engine.address(dx)
      : block([batch, height, width, inChannels]);
    phases.push(
      inputGradientPhase(engine, convolution, slope, inputs[`${name}.weight`]!, to, {
        add: gradients.get(input) ?? 0,
        mask: maskOf(input),
      }),
    );
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
