/**
 * Flags that one engine has and the other has not.
 *
 * @module
 */
import type { BackendChoice } from "../../backend/backend.ts";
import { UsageError } from "../../errors.ts";

/** What a command line says of the device. */
export interface DeviceFlags {
  readonly backend?: BackendChoice | undefined;
  readonly workers?: number | undefined;
  readonly deterministic?: boolean | undefined;
  readonly noTune?: boolean | undefined;
}

/**
 * Refuses flags of the engine that `--backend` does not name; `auto` may take either.
 *
 * @throws {UsageError} naming the flag
 */
export function refuseDeviceFlags({ backend, workers, deterministic, noTune }: DeviceFlags): void {
  if (backend === "wasm" && noTune) {
    throw new UsageError("--no-tune has no meaning with --backend wasm, which is not tuned.");
  }
  // With --deterministic it is the device that is wrong, and opening it says so.
  if (backend === "webgpu" && workers !== undefined && !deterministic) {
    throw new UsageError("--workers has no meaning with --backend webgpu: a GPU has its own.");
  }
}
