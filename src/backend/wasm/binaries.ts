/**
 * The compiled kernels (`deno task kernels`), embedded in the program, and which of them this machine can run.
 *
 * @module
 */
import { BASE64 as relaxed } from "./kernels/relaxed.ts";
import { BASE64 as relaxedUnshared } from "./kernels/relaxed-unshared.ts";
import { BASE64 as strict } from "./kernels/strict.ts";
import { BASE64 as strictUnshared } from "./kernels/strict-unshared.ts";

const BUILDS = {
  relaxed,
  strict,
  "relaxed-unshared": relaxedUnshared,
  "strict-unshared": strictUnshared,
};

/** One of the compiled kernels, as `tasks/kernels.ts` calls it. */
export type Build = keyof typeof BUILDS;

/** The names of all builds. */
export const BUILD_NAMES = Object.keys(BUILDS) as readonly Build[];

/** The kernels that an engine runs. */
export interface KernelBinary {
  readonly module: WebAssembly.Module;
  /** `relaxed` leaves the rounding of a multiply-add to the processor; `strict` rounds alike everywhere. */
  readonly arithmetic: "relaxed" | "strict";
  /** Whether threads can share the memory. */
  readonly shared: boolean;
}

/** The compiled kernels of `build`. */
export function kernelBytes(build: Build): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(BUILDS[build]);
}

const validates = (build: Build) => WebAssembly.validate(kernelBytes(build));
const hasSimd = () => validates("strict-unshared");
const hasRelaxedSimd = () => validates("relaxed-unshared");
const hasSharedMemory = () => typeof SharedArrayBuffer !== "undefined" && validates("strict");

/**
 * The fastest kernels that this machine can run, or undefined if it has no WebAssembly SIMD.
 *
 * @param deterministic takes the strict ones in any case
 */
export function selectBinary(deterministic: boolean): KernelBinary | undefined {
  if (!hasSimd()) return undefined;
  const arithmetic = hasRelaxedSimd() && !deterministic ? "relaxed" : "strict";
  const shared = hasSharedMemory();
  const binary = kernelBytes(shared ? arithmetic : `${arithmetic}-unshared`);
  return { module: new WebAssembly.Module(binary), arithmetic, shared };
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
