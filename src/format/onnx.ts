/**
 * ONNX's models as protocol buffers: as much of them as a network of layers needs.
 *
 * @see https://github.com/onnx/onnx/blob/v1.12.0/onnx/onnx.proto
 * @module
 */
import { Message } from "./protobuf.ts";

/** The operators that are meant by their names: those of ONNX 1.12. */
const OPSET = 17, IR_VERSION = 8;
const FLOAT = 1;
/** What an attribute is. */
const KIND = { float: 1, integer: 2, integers: 7 } as const;

/** A float32 tensor that a graph brings along, row-major. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** One operation. */
export interface OnnxNode {
  /** ONNX's operator, e.g. `Conv`. */
  readonly operator: string;
  /** Names of the values that it takes. */
  readonly inputs: readonly string[];
  /** The name of the value that it gives, and its own. */
  readonly output: string;
  /** Lists are of whole numbers; so is `integer`. */
  readonly attributes?: Readonly<
    Record<string, readonly number[] | { readonly integer: number } | { readonly float: number }>
  >;
}

/** A float32 value that enters or leaves a graph. */
export interface OnnxValue {
  readonly name: string;
  /** Sizes, or names for those that may differ from call to call. */
  readonly shape: readonly (number | string)[];
  /** For people. */
  readonly description: string;
}

/** A whole model. */
export interface OnnxModel {
  /** The program that wrote it. */
  readonly producer: { readonly name: string; readonly version: string };
  readonly name: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly input: OnnxValue;
  readonly output: OnnxValue;
  /** In an order in which they can be computed. */
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
}

/** The file of `model`, of opset 17. Equal models give equal bytes. */
export function encodeOnnx(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const graph = new Message();
  for (const node of model.nodes) graph.message(1, nodeMessage(node));
  graph.text(2, model.name);
  for (const tensor of model.tensors) graph.message(5, tensorMessage(tensor));
  graph.text(10, model.description);
  graph.message(11, valueMessage(model.input)).message(12, valueMessage(model.output));
  const message = new Message().integer(1, IR_VERSION)
    .text(2, model.producer.name).text(3, model.producer.version)
    .text(6, model.description)
    .message(7, graph)
    .message(8, new Message().text(1, "").integer(2, OPSET));
  for (const [key, value] of Object.entries(model.metadata)) {
    message.message(14, new Message().text(1, key).text(2, value));
  }
  return message.bytes();
}

function nodeMessage({ operator, inputs, output, attributes = {} }: OnnxNode): Message {
  const node = new Message();
  for (const input of inputs) node.text(1, input);
  node.text(2, output).text(3, output).text(4, operator);
  for (const [name, value] of Object.entries(attributes)) {
    const attribute = new Message().text(1, name);
    if ("float" in value) attribute.float(2, value.float).integer(20, KIND.float);
    else if ("integer" in value) attribute.integer(3, value.integer).integer(20, KIND.integer);
    else attribute.integers(8, value).integer(20, KIND.integers);
    node.message(5, attribute);
  }
  return node;
}

function tensorMessage({ name, shape, data }: OnnxTensor): Message {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Message().integers(1, shape).integer(2, FLOAT).text(8, name).data(9, raw);
}

function valueMessage({ name, shape, description }: OnnxValue): Message {
  const dimensions = new Message();
  for (const size of shape) {
    const dimension = new Message();
    dimensions.message(
      1,
      typeof size === "number" ? dimension.integer(1, size) : dimension.text(2, size),
    );
  }
  const tensor = new Message().integer(1, FLOAT).message(2, dimensions);
  return new Message().text(1, name).message(2, new Message().message(1, tensor))
    .text(3, description);
}
