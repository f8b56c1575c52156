/**
 * The parts of a recipe that are objects of their own: attack, memory and optimiser.
 *
 * @module
 */
import type { AttackLossName, AttackStartName } from "../attack/options.ts";
import type { AttackPrecision } from "../backend/backend.ts";
import type { CodecName } from "../memory/chunk/codec.ts";
import type { CorruptionPolicy, MemoryView } from "../memory/options.ts";
import type { MemoryWeight } from "../method/method.ts";
import type { Schedule } from "../optimise/schedule.ts";
import type { WeightAverage } from "../optimise/weight_average.ts";
import type { WeightPerturbation } from "../optimise/weight_perturbation.ts";

/** How training attacks, within the threat model. */
export interface AttackRecipe {
  /**
   * What the attack maximises.
   *
   * @default {the method's}
   */
  readonly loss: AttackLossName;
  /**
   * Length of one step; images in [0,1].
   *
   * @default {2/255, in l2 2ε/steps, of n-fgsm and fgsm-pgi ε}
   */
  readonly stepSize: number;
  /**
   * Where it starts: where its method says, or at the memory example, realigned, of each image that has one.
   *
   * @default {"noise", of fgsm-pgi "memory"}
   */
  readonly start: AttackStartName;
  /**
   * Steps in the epochs that do not start from the memory; absent where none does.
   *
   * @default {10, of fgsm-pgi 1, but no fewer than `steps`}
   */
  readonly firstSteps?: number;
  /**
   * Steps.
   *
   * @default {10, of n-fgsm and fgsm-pgi 1}
   */
  readonly steps: number;
  /**
   * What is multiplied on a GPU, with float32 sums; float16 for networks with ReLU only.
   *
   * @default {"f32"}
   */
  readonly precision: AttackPrecision;
}

/** The memory of adversarial examples. */
export interface MemoryRecipe {
  /**
   * How its term weighs examples.
   *
   * @default {the method's}
   */
  readonly weight: MemoryWeight;
  /**
   * How perturbations are stored.
   *
   * @default {"int8", in l2 "f32"}
   */
  readonly codec: CodecName;
  /**
   * Crop and flip of an example: those it was made under, or this epoch's.
   *
   * @default {"stored", where attacks start from it or `cutout` is there "realigned"}
   */
  readonly view: MemoryView;
  /**
   * Epochs between making an example and using it.
   *
   * @default {1}
   */
  readonly age: number;
  /**
   * Epochs after which attacks start afresh, with the method's start and `attack.firstSteps`: in epochs 1, N + 1, 2N + 1, …
   * no memory example is a start, nor is one made before the last of these epochs. More than `age`.
   *
   * @default {never, of fgsm-pgi 40}
   */
  readonly reset?: number;
  /**
   * Share in [0,1) of the earlier examples in a running average.
   *
   * @default {no average}
   */
  readonly ema?: number;
  /**
   * MiB of RAM, which never change a result.
   *
   * @default {256}
   */
  readonly budget: number;
  /**
   * Address of a KV Connect service that keeps the index.
   *
   * @default {a file in the run folder}
   */
  readonly index?: string;
  /**
   * What becomes of a step whose example is damaged.
   *
   * @default {"rerun"}
   */
  readonly onCorruption: CorruptionPolicy;
}

/** Stochastic gradient descent, its schedule, the average of its weights and their adversary. */
export interface OptimiserRecipe extends Schedule, WeightAverage, WeightPerturbation {
  /**
   * λ in `g + λw`, for every parameter; 0 or more.
   *
   * @default {5e-4}
   */
  readonly weightDecay: number;
  /**
   * The greatest length that the gradient of all parameters together may have, over 0; a longer one is shortened to it, as by
   * PyTorch's `clip_grad_norm_`, before weight decay is added.
   *
   * @default {any}
   */
  readonly clipGradNorm?: number;
}
