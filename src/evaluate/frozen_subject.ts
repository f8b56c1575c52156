/**
 * From weights in a file to a network on the device.
 *
 * @module
 */
import { type Architecture, resnet18 } from "../model/architecture.ts";
import { freeze, type FrozenModel } from "../model/frozen.ts";
import { disposeAll, importState, inferConfig } from "../model/parameters.ts";
import type { Weights } from "../run/subject.ts";

/**
 * The network whose weights these are; nothing is put on a device.
 *
 * @throws {UsageError} if they are no network's that is known
 */
export function architectureOf({ path, tensors }: Weights): Architecture {
  return resnet18(inferConfig(tensors, path));
}

/**
 * Puts the weights on the device, frozen.
 *
 * @throws {UsageError} if they are not those of `architecture`
 */
export function freezeSubject(
  { path, tensors }: Weights,
  architecture: Architecture,
): FrozenModel {
  const state = importState(tensors, architecture, path);
  try {
    return freeze(architecture, state);
  } finally {
    disposeAll(state.parameters);
    disposeAll(state.buffers);
  }
}
