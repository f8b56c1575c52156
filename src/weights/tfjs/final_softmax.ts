/**
 * A softmax at the end of a model, taken off: attacks follow the gradients of logits, which it hides.
 *
 * @module
 */
import type { JsonObject } from "./manifest.ts";
import type { TfjsModel } from "./model_file.ts";

/** `model` with logits as its outputs; undefined if it does not end in a softmax of its own. */
export function withoutSoftmax(model: TfjsModel): TfjsModel | undefined {
  const { format, artifacts } = model;
  const topology = structuredClone(artifacts.modelTopology);
  const taken = format === "layers-model"
    ? takeFromLayers(topology.model_config as JsonObject ?? topology)
    : takeFromGraph(topology, artifacts);
  return taken ? { ...model, artifacts: { ...artifacts, modelTopology: topology } } : undefined;
}

/** A layer in a model's JSON. */
interface Layer {
  class_name: string;
  config: Record<string, unknown>;
  readonly inbound_nodes?: readonly unknown[];
}

const LINEAR = "linear";

/** Whether the model of layers `json` ended in a softmax, which is gone now. */
function takeFromLayers(json: JsonObject): boolean {
  const layer = lastLayer(json);
  if (layer === undefined) return false;
  const { class_name: kind, config } = layer;
  if (config === undefined) return false;
  if (kind === "Sequential" || kind === "Model" || kind === "Functional") {
    return takeFromLayers(layer as unknown as JsonObject);
  }
  if (kind === "Softmax") {
    if (!isOverClasses(config.axis)) return false;
    layer.class_name = "Activation";
    layer.config = { name: config.name, activation: LINEAR };
    return true;
  }
  const has = kind === "Activation" || kind === "Dense";
  if (!has || !isSoftmax(config.activation)) return false;
  config.activation = LINEAR;
  return true;
}

/** Whether `axis` is the last of outputs `[N,classes]`: tfjs writes 1 where nothing was said, Keras -1, or either in a list. */
function isOverClasses(axis: unknown): boolean {
  const [one, ...more] = Array.isArray(axis) ? axis : [axis ?? -1];
  return more.length === 0 && (one === -1 || one === 1);
}

function isSoftmax(activation: unknown): boolean {
  const name = (activation as { class_name?: unknown } | null)?.class_name ?? activation;
  return typeof name === "string" && name.toLowerCase() === "softmax";
}

/** The layer whose result is the model's; undefined if there are several, or it is used more than once. */
function lastLayer({ class_name: kind, config }: JsonObject): Layer | undefined {
  const inner = config as { layers?: unknown; output_layers?: unknown } | unknown[] | undefined;
  const layers = Array.isArray(inner) ? inner : inner?.layers;
  if (!Array.isArray(layers)) return undefined;
  if (kind === "Sequential") return layers.at(-1);
  const outputs = (inner as { output_layers?: unknown }).output_layers;
  if (!Array.isArray(outputs)) return undefined;
  // One output may be written with and without a list of its own.
  const [name] = Array.isArray(outputs[0]) ? outputs[0] : outputs;
  if (Array.isArray(outputs[0]) && outputs.length > 1) return undefined;
  const layer = layers.find((each) => (each.name ?? each.config?.name) === name);
  return layer?.inbound_nodes?.length === 1 ? layer : undefined;
}

/** An operation in a graph's JSON. */
interface Node {
  readonly name: string;
  op: string;
  readonly input?: readonly string[];
}

/** Whether the graph ended in a softmax, which is gone now. */
function takeFromGraph(topology: JsonObject, artifacts: TfjsModel["artifacts"]): boolean {
  const nodes = topology.node as Node[];
  if (!Array.isArray(nodes)) return false;
  const counts = new Map<string, number>();
  for (const input of nodes.flatMap(({ input = [] }) => input.map(nodeName))) {
    counts.set(input, (counts.get(input) ?? 0) + 1);
  }
  const readers = (name: string) => counts.get(name) ?? 0;
  const outputs = outputNames(artifacts) ??
    nodes.filter(({ name }) => readers(name) === 0).map(({ name }) => name);
  if (outputs.length !== 1) return false;
  const byName = new Map(nodes.map((node) => [node.name, node]));
  let [name] = outputs, allowed = 0;
  while (true) {
    const node = byName.get(name!);
    if (node === undefined || readers(name!) > allowed) return false;
    if (node.op === "Softmax") {
      node.op = "Identity";
      return true;
    }
    if (node.op !== "Identity" || node.input === undefined) return false;
    name = nodeName(node.input[0] ?? "");
    allowed = 1;
  }
}

/** What the signature calls the outputs; undefined without one. */
function outputNames({ signature, userDefinedMetadata }: TfjsModel["artifacts"]) {
  const said = (userDefinedMetadata as { signature?: unknown } | undefined)?.signature ?? signature;
  const outputs = (said as { outputs?: Record<string, { name?: unknown }> } | undefined)?.outputs;
  return outputs && Object.values(outputs).map(({ name }) => nodeName(String(name)));
}

/** The node that an input such as `^name` or `name:1` comes from. */
function nodeName(input: string): string {
  return input.replace(/^\^/, "").replace(/:\d+$/, "");
}
