/**
 * The device that computes: chosen once, before the first tensor. Above this room nothing knows which one runs.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Backend, BackendChoice, EngineOptions } from "./backend.ts";
import { openWasm } from "./wasm/open.ts";
import { describeAdapters, openWebGpu } from "./webgpu/open.ts";

/**
 * Opens `choice` and makes it tfjs's backend. `auto` takes WebGPU when a hardware adapter exists, else WASM;
 * `webgpu` takes any adapter, software ones included. Of each kind one can be open at a time, so it has to be closed before
 * a run or an evaluation, which open their own.
 *
 * @example
 * ```ts
 * import { openBackend } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm", { workers: 1 });
 * assert.deepEqual([backend.name, backend.threads], ["wasm", 1]);
 * backend.close();
 * ```
 *
 * @param options a `deterministic` run is always made on the CPU engine
 * @throws {UsageError} if `webgpu` is asked for and no adapter exists, or cannot do what the options ask; if an engine of
 *   the kind is open
 */
export async function openBackend(
  choice: BackendChoice,
  options: EngineOptions = {},
): Promise<Backend> {
  if (choice === "wasm") return await openExactWasm(options);
  if (options.deterministic) {
    if (choice === "auto") return await openExactWasm(options);
    throw new UsageError("--deterministic needs --backend wasm: a GPU rounds in its own way.");
  }
  const adapters = await describeAdapters();
  const chosen = choice === "auto" ? adapters.find((adapter) => !adapter.software) : adapters[0];
  if (chosen !== undefined) return await openWebGpu(chosen, options);
  if (choice === "auto") return await openExactWasm(options);
  throw new UsageError(
    "--backend webgpu found no WebGPU adapter: install a GPU driver (or Mesa's software Vulkan) or use --backend wasm.",
  );
}

/** The CPU engine, which knows no float16. */
async function openExactWasm(options: EngineOptions): Promise<Backend> {
  if (options.attackPrecision === "f16") {
    throw new UsageError("--attack-precision f16 needs --backend webgpu and a GPU that has it.");
  }
  return await openWasm(options);
}
