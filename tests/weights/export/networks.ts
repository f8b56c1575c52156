/**
 * Networks of every architecture with weights and running statistics as training leaves them, and what ours makes of images.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { openBackend } from "../../../src/backend/open.ts";
import type { ActivationName, ModelConfig } from "../../../src/model/architecture.ts";
import {
  type ArchitectureName,
  definitionOf,
  withActivation,
  withNormalisation,
} from "../../../src/model/architectures/architectures.ts";
import { RESNET18 } from "../../../src/model/architectures/resnet18.ts";
import { freeze } from "../../../src/model/frozen.ts";
import { disposeAll } from "../../../src/model/parameters.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { type ExportedNetwork, networkTensors } from "../../../src/weights/export/network.ts";
import { importState } from "../../../src/weights/state_dict.ts";
import { preactivation } from "../../model/preactivation.ts";
import { fixture } from "../../testing/fixture.ts";
import { SHAPE, VALUES } from "../../testing/images.ts";
import { randomStateDict } from "../../model/random_weights.ts";
import { read } from "../../testing/tensors.ts";

function made(
  reference: string,
  definition: ExportedNetwork["definition"],
  width: number,
): ExportedNetwork {
  const config = { width, classes: 10, channels: 3 };
  const architecture = definition.build(config);
  const dict = new Map(fixture(reference).stateDict());
  const constants = { mean: [0.5, 0.4375, 0.375], std: [0.25, 0.1875, 0.5] };
  for (const [kind, values] of Object.entries(constants)) {
    const tensor = { dtype: "F32", shape: [3], data: Float32Array.from(values) } as const;
    if (architecture.normalisation) dict.set(`${architecture.normalisation}.${kind}`, tensor);
  }
  return {
    definition,
    config,
    architecture,
    tensors: networkTensors(dict, architecture, reference),
  };
}

const normalised = (config: ModelConfig) => withNormalisation(RESNET18.build(config));

/** A network of the table with random weights of the kind that training leaves. */
function drawn(
  name: ArchitectureName,
  width: number,
  activation?: ActivationName,
): ExportedNetwork {
  const definition = definitionOf(name), config = { width, classes: 10, channels: 3 };
  const architecture = withActivation(definition.build(config), activation);
  return {
    ...{ definition, config, architecture },
    tensors: networkTensors(randomStateDict(architecture), architecture, name),
  };
}

/**
 * ResNet-18, a network with batch norm by itself, one that normalises its images, one of each other kind in the table, and one
 * with SiLU.
 */
export const NETWORKS: readonly ExportedNetwork[] = [
  made("resnet_w8", RESNET18, 8),
  made("preactivation_w4", { name: "resnet18", width: 64, build: preactivation }, 4),
  made("resnet_w8", { name: "resnet18", width: 64, build: normalised }, 8),
  drawn("preact-resnet18", 2),
  drawn("wrn-28-10", 1),
  drawn("small-cnn", 4),
  drawn("wrn-28-10", 1, "silu"),
];

/** `n` images of noise, NHWC in [0,1]. */
export function noise(n: number): Float32Array<ArrayBuffer> {
  const stream = new Stream(1, Purpose.initialisation, 0);
  return Float32Array.from({ length: n * VALUES }, () => stream.uniform());
}

/** The logits of `images` that `network` has here. */
export async function logitsOf(
  { architecture, tensors }: ExportedNetwork,
  images: Float32Array,
): Promise<Float32Array> {
  const state = importState(tensors, architecture, "network");
  const model = freeze(architecture, state);
  [state.parameters, state.buffers].forEach(disposeAll);
  const x = tf.tensor4d(images, [images.length / VALUES, SHAPE.height, SHAPE.width, 3]);
  const logits = model.logits(x);
  model.dispose();
  x.dispose();
  return await read(logits);
}

/** The float32 values in the file at `path`. */
export async function readFloats(path: string): Promise<Float32Array> {
  return new Float32Array((await Deno.readFile(path)).buffer);
}

/** Does `work` with the CPU engine open, outside of the tests that open it for all of a file. */
export async function onCpu(work: () => Promise<void>): Promise<void> {
  const backend = await openBackend("wasm", { workers: 2, tune: false });
  try {
    await work();
  } finally {
    backend.close();
  }
}
