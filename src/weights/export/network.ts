/**
 * A network to be handed on: its definition, its size and its weights, all of them accounted for.
 *
 * @module
 */
import type { SafeTensor } from "../../format/safetensors.ts";
import {
  type ActivationName,
  type Architecture,
  type ModelConfig,
  normalisationNames,
} from "../../model/architecture.ts";
import {
  definitionOf,
  identify,
  inferArchitecture,
  withActivation,
} from "../../model/architectures/architectures.ts";
import type { ArchitectureDefinition } from "../../model/architectures/definition.ts";
import { networkShapes, refuseUnusable, shapesOf } from "../account.ts";
import type { StateDict } from "../state_dict.ts";

/** What a module's tensors are called, in the order of its state dict. */
const KINDS = ["weight", "bias", "running_mean", "running_var"] as const;

/** What there is to export. */
export interface ExportedNetwork {
  readonly definition: Pick<ArchitectureDefinition, "name" | "width" | "build">;
  readonly config: Required<ModelConfig>;
  readonly architecture: Architecture;
  /** In PyTorch's layouts and in its order: float32, and int64 counters. */
  readonly tensors: StateDict;
}

/**
 * The network whose state dict is `dict`.
 *
 * @param source the file that holds it, for error messages
 * @throws {UsageError} if it is no network's that this program knows, or its tensors are not exactly that network's
 */
export function networkOf(
  dict: StateDict,
  source: string,
  activation?: ActivationName,
): ExportedNetwork {
  const shapes = shapesOf(dict);
  const architecture = withActivation(inferArchitecture(shapes, source), activation);
  const { name, config } = identify(shapes)!;
  const tensors = networkTensors(dict, architecture, source);
  return { definition: definitionOf(name), config, architecture, tensors };
}

/**
 * The tensors of `dict` that `architecture` has, counters included, in the order of PyTorch's own state dict; the
 * optimiser's are left out.
 *
 * @throws {UsageError} if one is missing, is not float32, has another shape, cannot be computed with, or is not the network's
 */
export function networkTensors(
  dict: StateDict,
  architecture: Architecture,
  source: string,
): Map<string, SafeTensor> {
  refuseUnusable(dict, architecture, source);
  const shapes = networkShapes(architecture), tensors = new Map<string, SafeTensor>();
  const { normalisation } = architecture;
  if (normalisation !== undefined) {
    for (const name of Object.values(normalisationNames(normalisation))) {
      tensors.set(name, dict.get(name)!);
    }
  }
  for (const name of [...architecture.modules.map(({ name }) => name), architecture.linear]) {
    for (const kind of KINDS) {
      const tensor = `${name}.${kind}`;
      if (shapes.has(tensor)) tensors.set(tensor, dict.get(tensor)!);
    }
    if (!shapes.has(`${name}.running_var`)) continue;
    const counter = `${name}.num_batches_tracked`, count = Number(dict.get(counter)?.data[0]);
    const data = BigInt64Array.of(BigInt(Number.isSafeInteger(count) ? count : 0));
    tensors.set(counter, { dtype: "I64", shape: [], data });
  }
  return tensors;
}
