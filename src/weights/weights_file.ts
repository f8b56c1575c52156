/**
 * A network's weights as a safetensors file under PyTorch's names.
 *
 * @module
 */
import type { Backend } from "../backend/backend.ts";
import { writeFileAtomically } from "../disk/files.ts";
import { exists } from "../disk/regular.ts";
import { UsageError } from "../errors.ts";
import { encodeSafetensors } from "../format/safetensors.ts";
import type { ActivationName, Architecture } from "../model/architecture.ts";
import type { ModelState } from "../model/parameters.ts";
import { readNetwork } from "./file/read.ts";
import { activationMetadata } from "./said_activation.ts";
import { exportState, importState } from "./state_dict.ts";

/**
 * Loads the network in the file at `path` to the device: a checkpoint's, one that PyTorch has saved, as safetensors or by
 * `torch.save`, under the names that it has here or elsewhere. The other way of {@linkcode saveWeights}.
 *
 * @example
 * ```ts
 * import {
 *   buildArchitecture,
 *   initialise,
 *   loadWeights,
 *   openBackend,
 *   saveWeights,
 * } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const folder = await Deno.makeTempDir(), path = `${folder}/weights.safetensors`;
 * await saveWeights(path, initialise(buildArchitecture("resnet18", { width: 1, classes: 7 }), 1));
 * const { architecture, state } = await loadWeights(path);
 * assert.deepEqual([architecture.classes, state.batchesTracked], [7, 0]);
 * backend.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @throws {UsageError} if there is no such file, or its tensors are not exactly those of a network that is known
 * @throws {RunError} if it cannot be read
 */
export async function loadWeights(
  path: string,
): Promise<{ architecture: Architecture; state: ModelState }> {
  const { architecture, tensors } = await readNetwork(path);
  return { architecture, state: importState(tensors, architecture, path) };
}

/** How weights are saved. */
export interface SaveOptions {
  /**
   * Whether a file that is there may be replaced.
   *
   * @default {false}
   */
  readonly overwrite?: boolean;
  /**
   * The network's nonlinearity, which the file says where it is not ReLU.
   *
   * @default {"relu"}
   */
  readonly activation?: ActivationName;
  /**
   * The device that has them, whose errors are then told.
   *
   * @default {whichever tfjs uses}
   */
  readonly backend?: Pick<Backend, "guard">;
}

/**
 * Saves `state` to a new file at `path`, whole or not at all; equal weights give equal bytes.
 *
 * @example
 * ```ts
 * import {
 *   buildArchitecture,
 *   initialise,
 *   openBackend,
 *   saveWeights,
 *   UsageError,
 * } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const folder = await Deno.makeTempDir(), path = `${folder}/weights.safetensors`;
 * const state = initialise(buildArchitecture("resnet18", { width: 1, classes: 7 }), 1);
 * await saveWeights(path, state, { backend });
 * await assert.rejects(saveWeights(path, state), UsageError); // it is there already
 * backend.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @throws {UsageError} if there is a file and it may not be replaced
 * @throws {RunError} if device or disk fail
 */
export async function saveWeights(
  path: string,
  state: ModelState,
  { overwrite = false, activation, backend }: SaveOptions = {},
): Promise<void> {
  if (!overwrite && await exists(path)) {
    throw new UsageError(`${path} is there already: choose another name, or allow to overwrite.`);
  }
  const exported = exportState(state);
  const tensors = await (backend ? backend.guard(exported) : exported);
  await writeFileAtomically(
    path,
    encodeSafetensors(tensors, { format: "pt", ...activationMetadata(activation) }),
  );
}
