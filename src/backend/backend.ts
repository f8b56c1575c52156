/**
 * What an engine is to the rooms above, apart from the engines: a recipe can be read without loading one.
 *
 * @module
 */
import type { FrozenLayer } from "./operations/frozen_network.ts";
import type { NamedTensorMap, Tensor } from "./tensor.ts";

/** What `--backend` accepts. */
export const BACKEND_CHOICES = ["auto", "webgpu", "wasm"] as const;
/** One of {@linkcode BACKEND_CHOICES}. */
export type BackendChoice = typeof BACKEND_CHOICES[number];

/** How the attack's network may keep what its convolutions multiply; sums are always float32. */
export const ATTACK_PRECISIONS = ["f32", "f16"] as const;
/** One of {@linkcode ATTACK_PRECISIONS}. */
export type AttackPrecision = typeof ATTACK_PRECISIONS[number];

/** How the convolutions of a run were computed. */
export interface PinnedVariants {
  /** {@linkcode Backend.adapter} at that time. */
  readonly adapter: string;
  /** {@linkcode Backend.choices} at that time. */
  readonly variants: Readonly<Record<string, string>>;
}

/** How an engine computes: the first two are the CPU engine's, the others WebGPU's. */
export interface EngineOptions {
  /**
   * Threads. They never change a bit of any result.
   *
   * @default {all processors}
   */
  readonly workers?: number;
  /**
   * Rounds every operation as WebAssembly defines it, so that all machines get the same bits; slower.
   *
   * @default {false}
   */
  readonly deterministic?: boolean;
  /**
   * Of the attack in training. Evaluation and gradients of the weights are always f32.
   *
   * @default {"f32"}
   */
  readonly attackPrecision?: AttackPrecision;
  /**
   * Whether to time the ways to compute each convolution and to use earlier timings.
   *
   * @default {true}
   */
  readonly tune?: boolean;
  /**
   * The ways that are to be used whatever was timed, unless the run that is continued had another device.
   *
   * @default {none}
   */
  readonly pinned?: PinnedVariants;
  /**
   * Told in a sentence what is unusual about the device.
   *
   * @default {nobody is told}
   */
  readonly onNote?: (note: string) => void;
  /**
   * Told in a few words, again and again, what is done before the device can begin. What it throws ends that.
   *
   * @default {nobody is told}
   */
  readonly onProgress?: (text: string) => void;
}

/** A function from tensors by name to tensors by name, in tfjs's operations. */
export type Compute = (inputs: NamedTensorMap) => NamedTensorMap;

/** A {@linkcode Compute} made ready for a device. */
export type Computation = (inputs: NamedTensorMap) => Promise<NamedTensorMap>;

/** Tensors by name that stay on the device while computations read and replace them. */
export type TensorMap = Map<string, Tensor>;

/** A computation and the shapes of its inputs. */
export interface Request {
  /** What is to be run. */
  readonly computation: Computation;
  /** The shapes of its inputs, by name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/** Memory of the device that computations need. */
export interface Demand {
  /** Of the maps and of everything that the computations hold at once. */
  readonly bytes: number;
  /** Of the largest single tensor or map. */
  readonly largest: number;
  /** What a single one may have on this device. */
  readonly limit: number;
}

/** Maps of tensors and the computations that work on them again and again. */
export interface DeviceState {
  /**
   * `compute`, which may also read the tensors of the maps that live here and put new ones of the same shape in their
   * place. An engine may run it once for each set of input shapes and repeat what it did: so it must not read values, draw
   * random numbers or change anything else. A call must be awaited before its inputs are freed or another is made. What it
   * returns must be new tensors, which are the caller's, as the inputs remain. All of them are float32.
   */
  compile(compute: Compute): Computation;
  /**
   * What the computations of `requests` need, all prepared and none run; undefined where the engine allocates as it goes.
   *
   * @param tune whether to find out now which kernels suit them best, and to stay with these for other batches too
   */
  preflight(requests: readonly Request[], tune: boolean): Promise<Demand | undefined>;
  /** The present values of `map`, which lives here, as tensors of the caller's that no later computation changes. */
  snapshot(map: TensorMap): TensorMap;
  /** Frees and empties the maps, and frees what the computations hold. */
  dispose(): void;
}

/** An open device, active as tfjs's current backend. */
export interface Backend {
  /** Which engine computes. */
  readonly name: "webgpu" | "wasm";
  /** The adapter (WebGPU) or the arithmetic (WASM), for people and for the recipe. */
  readonly adapter: string;
  /** Threads that compute; 1 where the device has its own. */
  readonly threads: number;
  /**
   * Resolves as `work` does, unless the device is lost or reports an error first, or a turn of the event loop after `work`
   * has failed. The event loop turns at least once.
   *
   * @throws {RunError} naming what the device reported
   */
  guard<T>(work: Promise<T>): Promise<T>;
  /** How convolutions have been computed so far: names by convolution. Empty where there is one way only. */
  choices(): Readonly<Record<string, string>>;
  /**
   * Finds out which kernels suit a frozen network, see {@linkcode FrozenLayer}, for `images` `[N,H,W,channels]`, and stays with
   * these for other batches too.
   *
   * @param weights shapes by name
   */
  prepare(
    layers: readonly FrozenLayer[],
    weights: Readonly<Record<string, readonly number[]>>,
    images: readonly [number, number, number, number],
  ): Promise<void>;
  /** Bytes that the weights of a model may have that is trained on this device; absent where that is not known. */
  readonly weightLimit?: number;
  /** Takes over the tensors of `maps`: from now on only computations compiled there can see them. */
  deviceState(maps: readonly TensorMap[]): DeviceState;
  /** Frees the device. Tensors made on it must not be used afterwards. */
  close(): void;
}
