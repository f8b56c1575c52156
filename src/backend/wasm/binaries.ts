/**
 * The compiled kernels (`deno task kernels`), embedded in the program, and which of them this machine can run.
 *
 * @module
 */
import relaxed from "./kernels/relaxed.wasm" with { type: "bytes" };
import relaxedUnshared from "./kernels/relaxed-unshared.wasm" with { type: "bytes" };
import strict from "./kernels/strict.wasm" with { type: "bytes" };
import strictUnshared from "./kernels/strict-unshared.wasm" with { type: "bytes" };

/** The kernels that an engine runs. */
export interface KernelBinary {
  readonly module: WebAssembly.Module;
  /** `relaxed` leaves the rounding of a multiply-add to the processor; `strict` rounds alike everywhere. */
  readonly arithmetic: "relaxed" | "strict";
  /** Whether threads can share the memory. */
  readonly shared: boolean;
}

/**
 * The fastest kernels that this machine can run, or undefined if it has no WebAssembly SIMD.
 *
 * @param deterministic takes the strict ones in any case
 */
export function selectBinary(deterministic: boolean): KernelBinary | undefined {
  const shared = typeof SharedArrayBuffer !== "undefined" && WebAssembly.validate(strict);
  const hasRelaxed = WebAssembly.validate(relaxedUnshared);
  const arithmetic = hasRelaxed && !deterministic ? "relaxed" : "strict";
  const bytes = arithmetic === "relaxed"
    ? shared ? relaxed : relaxedUnshared
    : shared
    ? strict
    : strictUnshared;
  if (!WebAssembly.validate(bytes)) return undefined;
  return { module: new WebAssembly.Module(bytes), arithmetic, shared };
}
