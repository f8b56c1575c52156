/**
 * Operations that an engine has no kernel for.
 *
 * @module
 */

/** What tfjs says of an operation that its current backend cannot do; it says so in words only. */
const MISSING = /^Kernel '(\w+)' not registered for backend '([\w-]+)'/;

/** The operation that `error` says is missing, and the engine that lacks it; undefined if it says something else. */
export function missingKernel(error: unknown): { operation: string; engine: string } | undefined {
  const [, operation, backend] = MISSING.exec(error instanceof Error ? error.message : "") ?? [];
  if (operation === undefined || backend === undefined) return undefined;
  return { operation, engine: backend.includes("webgpu") ? "WebGPU" : "WebAssembly" };
}
