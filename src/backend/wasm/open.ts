/**
 * tfjs's WASM backend, made able to train: its binary is embedded, so that a bundle needs no file beside it, and the
 * kernels that it lacks are added.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import wasmBinary from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm" with {
  type: "bytes",
};
import { RunError } from "../../errors.ts";
import type { Backend } from "../backend.ts";
import { registerBatchNormKernels } from "./batch_norm.ts";
import { registerConvolutionGradients } from "./convolution_gradients.ts";

let registered = false;

/** The binary is loaded through a blob URL: tfjs only takes paths, and a bundle has no paths. */
function embedBinary(): void {
  const url = URL.createObjectURL(new Blob([wasmBinary], { type: "application/wasm" }));
  const usePlatformFetch = true;
  setWasmPaths({
    "tfjs-backend-wasm.wasm": url,
    "tfjs-backend-wasm-simd.wasm": url,
    "tfjs-backend-wasm-threaded-simd.wasm": url,
  }, usePlatformFetch);
  // Deno always has SIMD. tfjs's own threads start workers from files, which a bundle does not have.
  tf.env().set("WASM_HAS_SIMD_SUPPORT", true);
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
}

/** WASM computes without ever waiting: only in such a turn can a signal, such as Ctrl-C, be heard. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Opens the CPU engine as tfjs's current backend. */
export async function openWasm(): Promise<Backend> {
  if (!registered) {
    embedBinary();
    registerConvolutionGradients();
    registerBatchNormKernels();
    registered = true;
  }
  // tfjs's loader takes Deno for Node and asks where its script lies; a bundle has no such place, nor does it matter.
  Object.assign(globalThis, { __dirname: "" });
  if (!await tf.setBackend("wasm")) {
    throw new RunError("tfjs could not start its WASM backend: what it reported stands above.");
  }
  return {
    name: "wasm",
    adapter: "WebAssembly SIMD, 1 thread",
    async guard(work) {
      const result = await work;
      await eventLoopTurn();
      return result;
    },
    close: () => {}, // tfjs cannot open its WASM backend twice; the heap goes with the process
  };
}
