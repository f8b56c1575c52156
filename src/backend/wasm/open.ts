/**
 * The CPU engine: tfjs over threads and SIMD kernels of our own on one WebAssembly memory.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import * as tf from "@tensorflow/tfjs";
import type { Backend, EngineOptions } from "../backend.ts";
import { registerComposedKernels } from "../composed/register.ts";
import { makeCurrent, once, refuseSecond } from "../current.ts";
import { EagerDeviceState } from "../eager.ts";
import { batchNormKernels } from "./operations/batch_norm.ts";
import { type KernelBinary, selectBinary } from "./binaries.ts";
import { channelwiseKernels } from "./operations/channelwise.ts";
import { convolutionKernels } from "./operations/convolutions.ts";
import { Crew } from "./crew.ts";
import { elementwiseKernels } from "./operations/elementwise.ts";
import { frozenKernels } from "./operations/frozen.ts";
import { Heap, HEAP_LIMIT } from "./heap.ts";
import { productKernels } from "./operations/products.ts";
import { registerKernels } from "./operations/registration.ts";
import { softmaxLossKernels } from "./operations/softmax_losses.ts";
import { TensorEngine } from "./tensors.ts";

/** The engine's name in tfjs: `wasm` is that of tfjs's own. */
export const ENGINE_NAME = "memloss-wasm";

let registered = false;

/** tfjs's CPU kernels for everything small, ours for everything else. */
function registerOnce(): void {
  if (registered) return;
  registered = true;
  tf.copyRegisteredKernels("cpu", ENGINE_NAME);
  registerKernels(ENGINE_NAME, {
    ...convolutionKernels,
    ...batchNormKernels,
    ...elementwiseKernels,
    ...channelwiseKernels,
    ...frozenKernels,
    ...softmaxLossKernels,
    ...productKernels,
  });
}

/** What training holds of every weight at once: itself, its momentum and its gradient. */
const TRAINED_COPIES = 3;

/** Milliseconds of computing after which signals are listened for again. */
const LISTEN_EVERY = 20;
/** When that was last done. */
let listened = 0;

/**
 * Computing never waits, and only where the event loop waits, if for a timer of no time, can a signal such as Ctrl-C be
 * heard. Such a timer takes a millisecond or more, which is most of what a small network does: so not every turn has one.
 */
function eventLoopTurn(): Promise<void> {
  if (performance.now() - listened < LISTEN_EVERY) {
    return new Promise((resolve) => setImmediate(resolve));
  }
  return new Promise((resolve) =>
    setTimeout(() => {
      listened = performance.now();
      resolve();
    })
  );
}

/**
 * Opens the engine as tfjs's current backend.
 *
 * @throws {UsageError} if one is open
 */
export async function openWasm(
  { workers = navigator.hardwareConcurrency, deterministic = false }: EngineOptions,
): Promise<Backend> {
  tf.enableProdMode(); // else tfjs's CPU backend advertises a package for Node
  const binary = selectBinary(deterministic);
  if (binary === undefined) return await openWithoutSimd();
  refuseSecond(ENGINE_NAME);
  registerOnce();
  const heap = new Heap(binary.shared);
  const crew = await Crew.start(heap, binary, binary.shared ? workers : 1);
  const remove = await makeCurrent(ENGINE_NAME, new TensorEngine(heap, crew)).catch((error) => {
    crew.close(); // another engine was opened in the meantime
    throw error;
  });
  return {
    name: "wasm",
    adapter: describe(binary),
    threads: crew.threads,
    weightLimit: HEAP_LIMIT / TRAINED_COPIES,
    choices: () => ({}),
    prepare: () => Promise.resolve(),
    deviceState: (maps) => new EagerDeviceState(maps),
    async guard(work) {
      const result = await work;
      await eventLoopTurn();
      return result;
    },
    close: once(() => {
      remove();
      crew.close();
    }),
  };
}

/** tfjs's plain JavaScript: right everywhere, and slow. */
async function openWithoutSimd(): Promise<Backend> {
  registerComposedKernels("cpu");
  await tf.setBackend("cpu");
  const adapter = "JavaScript, no WebAssembly SIMD";
  return {
    name: "wasm",
    adapter,
    threads: 1,
    choices: () => ({}),
    prepare: () => Promise.resolve(),
    deviceState: (maps) => new EagerDeviceState(maps),
    guard: (work) => work,
    close: () => {},
  };
}

/** What decides the bits that the engine computes. */
function describe({ arithmetic }: KernelBinary): string {
  return arithmetic === "relaxed"
    ? "WebAssembly SIMD, relaxed multiply-add"
    : "WebAssembly SIMD, strict rounding";
}
