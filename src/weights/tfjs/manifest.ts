/**
 * What a tfjs `model.json` says: the network, and which weights lie in which files beside it.
 *
 * @module
 */
import * as v from "valibot";
import { UsageError } from "../../errors.ts";
import { findUnconnected } from "./layer_order.ts";

/** Bytes of a value. */
const VALUE_BYTES = { float32: 4, int32: 4, bool: 1 } as const;
/** Bytes of a value that is kept in fewer. */
const QUANTISED_BYTES = { uint8: 1, uint16: 2, float16: 2 } as const;

const text = v.pipe(v.string("must be text"), v.nonEmpty("must not be empty"));
const size = v.pipe(
  v.number("must be a number"),
  v.safeInteger("must be a whole number"),
  v.minValue(0, "must not be negative"),
);
const record = v.record(v.string(), v.unknown(), "must be an object");

const weight = v.looseObject({
  name: text,
  shape: v.array(size, "must be a list of sizes"),
  dtype: v.picklist(["float32", "int32", "bool"], "must be float32, int32 or bool"),
  quantization: v.optional(v.looseObject({
    dtype: v.picklist(["uint8", "uint16", "float16"], "must be uint8, uint16 or float16"),
    scale: v.optional(v.number("must be a number")),
    min: v.optional(v.number("must be a number")),
  })),
}, "must be an object");

const schema = v.looseObject({
  format: v.optional(v.string("must be text")),
  modelTopology: record,
  signature: v.optional(v.nullable(record)),
  userDefinedMetadata: v.optional(v.nullable(record)),
  weightsManifest: v.array(
    v.looseObject({
      paths: v.array(text, "must be a list of files"),
      weights: v.array(weight, "must be a list of weights"),
    }, "must be an object"),
    "must be a list",
  ),
}, "must be an object");

/** A weight as the file says it. */
export type WeightSpec = v.InferOutput<typeof weight>;

/** Which kind of model it is: one of layers, as Keras has them, or a graph of operations, as TensorFlow saves them. */
export type ModelFormat = "layers-model" | "graph-model";

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A `model.json`, checked. */
export interface ModelManifest {
  readonly format: ModelFormat;
  readonly topology: JsonObject;
  readonly signature?: JsonObject;
  readonly metadata?: JsonObject;
  /** Weights and the files that hold them, one weight after another. */
  readonly groups: readonly {
    readonly files: readonly string[];
    readonly weights: readonly WeightSpec[];
    readonly bytes: number;
  }[];
}

/**
 * Reads the text of the file at `path`.
 *
 * @throws {UsageError} naming `path` if it is no `model.json`, or names files that do not lie beside it
 */
export function readManifest(text: string, path: string): ModelManifest {
  const fail = (what: string): never => {
    throw new UsageError(`${path} is no model.json of TensorFlow.js: ${what}.`);
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return fail(`it is not valid JSON (${(error as Error).message})`);
  }
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const missing = issue.received === "undefined";
    return fail(`${v.getDotPath(issue) ?? "it"} ${missing ? "is missing" : issue.message}`);
  }
  const { format, modelTopology: topology, signature, userDefinedMetadata, weightsManifest } =
    parsed.output;
  const names = new Set<string>();
  for (const { name } of weightsManifest.flatMap(({ weights }) => weights)) {
    if (names.has(name)) fail(`it has the weight "${name}" twice`);
    names.add(name);
  }
  const unconnected = findUnconnected(topology);
  if (unconnected !== undefined) fail(unconnected);
  return {
    format: formatOf(format, topology, fail),
    topology,
    ...signature && { signature },
    ...userDefinedMetadata && { metadata: userDefinedMetadata },
    groups: weightsManifest.map(({ paths, weights }) => {
      const stray = paths.find((file) => !liesBeside(file));
      if (stray !== undefined) {
        fail(`its weights are in "${stray}", and only files beside it are read`);
      }
      return {
        files: paths,
        weights,
        bytes: weights.reduce((sum, each) => sum + bytesOf(each), 0),
      };
    }),
  };
}

function formatOf(
  format: string | undefined,
  topology: JsonObject,
  fail: (what: string) => never,
): ModelFormat {
  if (format === "layers-model" || format === "graph-model") return format;
  if (format !== undefined) fail(`its format is "${format}", not layers-model or graph-model`);
  if (Array.isArray(topology.node)) return "graph-model";
  return topology.model_config || topology.class_name
    ? "layers-model"
    : fail("its modelTopology is neither one of layers nor a graph");
}

/** Whether `file` names something in the folder of `model.json`, on any operating system. */
function liesBeside(file: string): boolean {
  return !/^[/\\]|[:\0]/.test(file) && !file.split(/[/\\]/).includes("..");
}

/** Bytes of a weight in its file; infinite if no file could hold them. */
function bytesOf({ shape, dtype, quantization }: WeightSpec): number {
  const bytes = quantization ? QUANTISED_BYTES[quantization.dtype] : VALUE_BYTES[dtype];
  return shape.reduce((product, length) => product * length, bytes);
}
