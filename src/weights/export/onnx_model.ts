/**
 * A network as an ONNX graph, layer by layer as its architecture lists them.
 *
 * @module
 */
import type { ImageShape } from "../../data/dataset.ts";
import type { OnnxModel, OnnxNode, OnnxTensor } from "../../format/onnx.ts";
import {
  type BatchNorm,
  type Convolution,
  type Layer,
  normalisationNames,
} from "../../model/architecture.ts";
import { BATCH_NORM_EPSILON } from "../../model/train_mode.ts";
import { affineOf, float32, scaleFilter } from "./fold.ts";
import type { ExportedNetwork } from "./network.ts";

/** How batch norm can be written: within the convolutions, or as nodes of its own that training could go on with. */
export const BATCH_NORM_FORMS = ["folded", "separate"] as const;
/** One of {@linkcode BATCH_NORM_FORMS}. */
export type BatchNormForm = typeof BATCH_NORM_FORMS[number];

/** What is said of a network besides its graph. */
export interface OnnxOptions {
  readonly batchNorm: BatchNormForm;
  /** Size of the images; undefined where any size will do. */
  readonly shape?: ImageShape;
  /** Names of the classes, where they are known. */
  readonly classes?: readonly string[];
  readonly producer: OnnxModel["producer"];
  readonly metadata: OnnxModel["metadata"];
}

/** The images' name, and the logits'. */
const IMAGES = "images", LOGITS = "logits";

/** The model of `network`: float32 `images` `[N,C,H,W]` in [0,1] in, `logits` `[N,classes]` out, for any N. */
export function onnxModel(network: ExportedNetwork, options: OnnxOptions): OnnxModel {
  const { architecture, tensors, config } = network;
  const { linear, channels, title } = architecture;
  const { shape, classes, batchNorm, producer, metadata } = options;
  const graph = new Graph(network, batchNorm);
  const { normalisation } = architecture;
  const values = [normalisation === undefined ? IMAGES : graph.standardise(normalisation)];
  for (const layer of architecture.layers) values.push(graph.layer(layer, values));
  const pooled = graph.node("GlobalAveragePool", [values.at(-1)!], "pool");
  const features = graph.node("Flatten", [pooled], "features", { axis: { integer: 1 } });
  const [weight, bias] = ["weight", "bias"].map((kind) => `${linear}.${kind}`) as [string, string];
  graph.tensor(weight, tensors.get(weight)!.shape, float32(tensors, weight));
  graph.tensor(bias, tensors.get(bias)!.shape, float32(tensors, bias));
  graph.node("Gemm", [features, weight, bias], LOGITS, { transB: { integer: 1 } });
  const form = batchNorm === "folded" ? "folded into the convolutions" : "nodes of its own";
  return {
    producer,
    metadata,
    name: title,
    description:
      `${title} of width ${config.width}; batch norm is ${form}, with running statistics.`,
    input: {
      name: IMAGES,
      shape: ["N", channels, shape?.height ?? "H", shape?.width ?? "W"],
      description: `Images in [0, 1], not normalised${channels === 3 ? "; channels are RGB" : ""}.`,
    },
    output: {
      name: LOGITS,
      shape: ["N", architecture.classes],
      description: `Logits${classes ? ` of ${classes.join(", ")}` : ""}.`,
    },
    nodes: graph.nodes,
    tensors: graph.tensors,
  };
}

/** Nodes and tensors as they come. */
class Graph {
  readonly nodes: OnnxNode[] = [];
  readonly tensors: OnnxTensor[] = [];
  readonly #network: ExportedNetwork;
  readonly #folded: boolean;

  constructor(network: ExportedNetwork, form: BatchNormForm) {
    this.#network = network;
    this.#folded = form === "folded";
  }

  /** Appends what `layer` computes of `values`; the result's name. */
  layer(layer: Layer, values: readonly string[]): string {
    const { norm, convolution } = layer, input = values[layer.input]!;
    if (convolution === undefined) return this.#activate(this.#norm(layer.norm, input));
    const convolved = norm && this.#folded
      ? this.#convolve(convolution, input, norm)
      : this.#convolve(convolution, input);
    const value = norm && !this.#folded ? this.#norm(norm, convolved) : convolved;
    const sum = layer.add === undefined
      ? value
      : this.node("Add", [value, values[layer.add]!], `${convolution.name}.sum`);
    return layer.activate ? this.#activate(sum) : sum;
  }

  /** Appends the normalisation of the images; the result's name. */
  standardise(prefix: string): string {
    const { mean, std } = normalisationNames(prefix), { tensors } = this.#network;
    for (const name of [mean, std]) {
      const data = float32(tensors, name);
      this.tensor(name, [data.length, 1, 1], data);
    }
    const centred = this.node("Sub", [IMAGES, mean], `${prefix}.centred`);
    return this.node("Div", [centred, std], prefix);
  }

  /** Appends a node; the name of its result, which is `output`. */
  node(
    operator: string,
    inputs: readonly string[],
    output: string,
    attributes?: OnnxNode["attributes"],
  ): string {
    this.nodes.push({ operator, inputs, output, ...attributes && { attributes } });
    return output;
  }

  /** Brings a tensor along; its name. */
  tensor(name: string, shape: readonly number[], data: Float32Array): string {
    this.tensors.push({ name, shape, data });
    return name;
  }

  #convolve({ name, kernel, stride }: Convolution, input: string, folded?: BatchNorm): string {
    const { tensors } = this.#network, weight = `${name}.weight`;
    const filter = float32(tensors, weight), { shape } = tensors.get(weight)!;
    const affine = folded && affineOf(folded, tensors);
    const inputs = [
      input,
      this.tensor(weight, shape, affine ? scaleFilter(filter, affine.scale) : filter),
    ];
    if (affine) {
      const shift = Float32Array.from(affine.shift);
      inputs.push(this.tensor(`${name}.bias`, [shift.length], shift));
    }
    return this.node("Conv", inputs, name, {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: Array(4).fill((kernel - 1) / 2),
    });
  }

  #norm(norm: BatchNorm, input: string): string {
    const { name } = norm, { tensors } = this.#network;
    if (!this.#folded) {
      const vectors = ["weight", "bias", "running_mean", "running_var"].map((kind) => {
        const data = float32(tensors, `${name}.${kind}`);
        return this.tensor(`${name}.${kind}`, [data.length], data);
      });
      return this.node("BatchNormalization", [input, ...vectors], name, {
        epsilon: { float: BATCH_NORM_EPSILON },
      });
    }
    const { scale, shift } = affineOf(norm, tensors);
    const perChannel = (kind: string, values: Float64Array) =>
      this.tensor(`${name}.${kind}`, [values.length, 1, 1], Float32Array.from(values));
    const scaled = this.node("Mul", [input, perChannel("scale", scale)], `${name}.scaled`);
    return this.node("Add", [scaled, perChannel("shift", shift)], name);
  }

  /** Opset 17 has no SiLU of its own. */
  #activate(input: string): string {
    if (this.#network.architecture.activation === "silu") {
      return this.node(
        "Mul",
        [input, this.node("Sigmoid", [input], `${input}.share`)],
        `${input}.silu`,
      );
    }
    return this.node("Relu", [input], `${input}.relu`);
  }
}
