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

const hasSimd = () => WebAssembly.validate(strictUnshared);
const hasRelaxedSimd = () => WebAssembly.validate(relaxedUnshared);
const hasSharedMemory = () =>
  typeof SharedArrayBuffer !== "undefined" && WebAssembly.validate(strict);

/**
 * The fastest kernels that this machine can run, or undefined if it has no WebAssembly SIMD.
 *
 * @param deterministic takes the strict ones in any case
 */
export function selectBinary(deterministic: boolean): KernelBinary | undefined {
  if (!hasSimd()) return undefined;
  const arithmetic = hasRelaxedSimd() && !deterministic ? "relaxed" : "strict";
  const shared = hasSharedMemory();
  const [withThreads, alone] = arithmetic === "relaxed"
    ? [relaxed, relaxedUnshared]
    : [strict, strictUnshared];
  return { module: new WebAssembly.Module(shared ? withThreads : alone), arithmetic, shared };
}

/** What the engine would use and this machine lacks, with what the engine does instead. */
export function missingFeatures(): { what: string; consequence: string }[] {
  if (!hasSimd()) {
    return [{
      what: "WebAssembly SIMD",
      consequence: "--backend wasm computes in JavaScript, slowly",
    }];
  }
  return [
    ...hasRelaxedSimd()
      ? []
      : [{ what: "relaxed SIMD", consequence: "--backend wasm rounds strictly, and is slower" }],
    ...hasSharedMemory()
      ? []
      : [{ what: "shared memory", consequence: "--backend wasm computes on one thread" }],
  ];
}
