/**
 * Models of TensorFlow.js as its converter leaves them: `model.json` and files of weights beside it.
 *
 * @module
 */
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { readTfjsModel, type TfjsModel } from "../../../src/weights/tfjs/model_file.ts";

/** A weight of a graph. */
export interface Weight {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** An operation of a graph. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

/** How attributes are written. */
export const attr = {
  type: (type = "DT_FLOAT") => ({ type }),
  text: (text: string) => ({ s: btoa(text) }),
  ints: (...values: number[]) => ({ list: { i: values.map(String) } }),
  texts: (...values: string[]) => ({ list: { s: values.map(btoa) } }),
  int: (value: number) => ({ i: String(value) }),
  shape: (...sizes: number[]) => ({
    shape: { dim: sizes.map((size) => ({ size: String(size) })) },
  }),
} as const;

/** Images of `size` in any number, as a graph takes them. */
export function placeholder(height: number, width: number, channels: number): GraphNode {
  const shape = attr.shape(-1, height, width, channels);
  return { name: "images", op: "Placeholder", attr: { dtype: attr.type(), shape } };
}

/** Writes a graph model to the new folder `folder`, its weights cut in two files; the path of its `model.json`. */
export async function writeGraphModel(
  folder: string,
  nodes: readonly GraphNode[],
  weights: Readonly<Record<string, Weight>>,
): Promise<string> {
  const constants = Object.entries(weights).map(([name, { shape, values }]): GraphNode => {
    const dtype = attr.type(values instanceof Int32Array ? "DT_INT32" : "DT_FLOAT");
    return {
      name,
      op: "Const",
      attr: { dtype, value: { tensor: { dtype, ...attr.shape(...shape) } } },
    };
  });
  return await writeModel(folder, {
    format: "graph-model",
    modelTopology: { node: [...constants, ...nodes], versions: { producer: 1 } },
  }, Object.entries(weights));
}

/** Writes the model of `layers` likewise. */
export async function writeLayersModel(
  folder: string,
  model: tf.LayersModel,
): Promise<string> {
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save(tf.io.withSaveHandler((artifacts) => {
    saved = artifacts;
    const modelArtifactsInfo = { dateSaved: new Date(0), modelTopologyType: "JSON" as const };
    return Promise.resolve({ modelArtifactsInfo });
  }));
  const { modelTopology, weightSpecs, weightData } = saved!;
  let offset = 0;
  const weights = weightSpecs!.map(({ name, shape }): [string, Weight] => {
    const length = tf.util.sizeFromShape(shape);
    const values = new Float32Array(weightData as ArrayBuffer, offset, length);
    offset += 4 * length;
    return [name, { shape, values }];
  });
  return await writeModel(folder, { format: "layers-model", modelTopology }, weights);
}

async function writeModel(
  folder: string,
  about: object,
  weights: readonly (readonly [string, Weight])[],
): Promise<string> {
  await Deno.mkdir(folder);
  const bytes = new Uint8Array(
    await new Blob(weights.map(([, { values }]) => values as BlobPart as Float32Array<ArrayBuffer>))
      .arrayBuffer(),
  );
  const middle = Math.ceil(bytes.length / 2),
    paths = ["group1-shard1of2.bin", "group1-shard2of2.bin"];
  await Deno.writeFile(join(folder, paths[0]!), bytes.subarray(0, middle));
  await Deno.writeFile(join(folder, paths[1]!), bytes.subarray(middle));
  const specs = weights.map(([name, { shape, values }]) => ({
    name,
    shape,
    dtype: values instanceof Int32Array ? "int32" : "float32",
  }));
  const path = join(folder, "model.json");
  const manifest = [{ paths, weights: specs }];
  await Deno.writeTextFile(path, JSON.stringify({ ...about, weightsManifest: manifest }));
  return path;
}

/** The model whose `model.json` is at `path`, whatever that is. */
export async function readModel(path: string): Promise<TfjsModel> {
  return await readTfjsModel(path, await Deno.readFile(path));
}
