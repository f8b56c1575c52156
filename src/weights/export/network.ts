/**
 * A network to be handed on: its definition, its size and its weights, all of them accounted for.
 *
 * @module
 */
import type { Architecture, ModelConfig } from "../../model/architecture.ts";
import { ARCHITECTURES, inferArchitecture } from "../../model/architectures/architectures.ts";
import type { ArchitectureDefinition } from "../../model/architectures/definition.ts";
import { networkTensors, type StateDict } from "../state_dict.ts";

/** What there is to export. */
export interface ExportedNetwork {
  readonly definition: Pick<ArchitectureDefinition, "name" | "build">;
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
export function networkOf(dict: StateDict, source: string): ExportedNetwork {
  const shapes = new Map([...dict].map(([name, { shape }]) => [name, shape]));
  const architecture = inferArchitecture(shapes, source);
  for (const definition of ARCHITECTURES) {
    const config = definition.infer(shapes);
    if (typeof config === "string") continue;
    const tensors = networkTensors(dict, architecture, source);
    return { definition, config, architecture, tensors };
  }
  throw new Error(`${architecture.title} is in no row of the table`);
}
