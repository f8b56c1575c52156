/**
 * A network's weights as a safetensors file under PyTorch's names.
 *
 * @module
 */
import type { Backend } from "../backend/backend.ts";
import { readNamedFile, writeFileAtomically } from "../disk/files.ts";
import { exists } from "../disk/regular.ts";
import { UsageError } from "../errors.ts";
import { decodeSafetensors, encodeSafetensors } from "../format/safetensors.ts";
import type { Architecture } from "../model/architecture.ts";
import type { ModelState } from "../model/parameters.ts";
import { exportState, importModel } from "./state_dict.ts";

/**
 * Loads the network in the file at `path` to the device, a checkpoint's or one that PyTorch has saved: the other way of
 * {@linkcode saveWeights}.
 *
 * @throws {UsageError} if there is no such file, or its tensors are not exactly those of a network that is known
 * @throws {RunError} if it cannot be read
 */
export async function loadWeights(
  path: string,
): Promise<{ architecture: Architecture; state: ModelState }> {
  return importModel(decodeSafetensors(await readNamedFile(path), path).tensors, path);
}

/** How weights are saved. */
export interface SaveOptions {
  /** Whether a file that is there may be replaced. @default false */
  readonly overwrite?: boolean;
  /** The device that has them, whose errors are then told. @default whichever tfjs uses */
  readonly backend?: Pick<Backend, "guard">;
}

/**
 * Saves `state` to a new file at `path`, whole or not at all; equal weights give equal bytes.
 *
 * @example
 * ```ts
 * import { initialise, openBackend, resnet18 } from "@memloss/memloss";
 * const backend = await openBackend("wasm");
 * const path = await Deno.makeTempDir() + "/weights.safetensors";
 * await saveWeights(path, initialise(resnet18({ width: 1, classes: 10 }), 1));
 * const { architecture } = await loadWeights(path);
 * console.log(architecture.classes);
 * backend.close();
 * ```
 *
 * @throws {UsageError} if there is a file and it may not be replaced
 * @throws {RunError} if device or disk fail
 */
export async function saveWeights(
  path: string,
  state: ModelState,
  { overwrite = false, backend }: SaveOptions = {},
): Promise<void> {
  if (!overwrite && await exists(path)) {
    throw new UsageError(`${path} is there already: choose another name, or allow to overwrite.`);
  }
  const exported = exportState(state);
  const tensors = await (backend ? backend.guard(exported) : exported);
  await writeFileAtomically(path, encodeSafetensors(tensors, { format: "pt" }));
}
