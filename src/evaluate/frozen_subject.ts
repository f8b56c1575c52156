/**
 * From weights in a file to a network on the device.
 *
 * @module
 */
import type { Architecture } from "../model/architecture.ts";
import { inferArchitecture, withActivation } from "../model/architectures/architectures.ts";
import { freeze, type FrozenModel } from "../model/frozen.ts";
import { disposeAll } from "../model/parameters.ts";
import type { Weights } from "../run/subject.ts";
import { shapesOf } from "../weights/account.ts";
import { importState } from "../weights/state_dict.ts";

/**
 * The network whose weights these are; nothing is put on a device.
 *
 * @throws {UsageError} if they are no network's that is known
 */
export function architectureOf({ path, tensors, activation }: Weights): Architecture {
  return withActivation(inferArchitecture(shapesOf(tensors), path), activation);
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
