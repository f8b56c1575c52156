/**
 * The recipe: everything that decides what a run computes, and how it goes about it.
 *
 * @module
 */
import type { AttackLossName, AttackStartName, ThreatModel } from "../attack/options.ts";
import type { AttackPrecision, BackendChoice } from "../backend/backend.ts";
import type { DataName } from "../data/sets/sets.ts";
import type { CodecName } from "../memory/chunk/codec.ts";
import type { CorruptionPolicy, MemoryView } from "../memory/options.ts";
import type { ArchitectureName } from "../model/architectures/architectures.ts";
import type { MemoryWeight } from "../method/method.ts";
import type { Variant } from "../method/methods.ts";
import type { Schedule } from "../optimise/schedule.ts";
import type { WeightAverage } from "../optimise/weight_average.ts";

/** What the best checkpoint can be chosen by. */
export const SELECTIONS = ["val", "test", "none"] as const;
/** One of {@linkcode SELECTIONS}. */
export type Selection = typeof SELECTIONS[number];

/** A complete recipe. What its method has no use for is absent. */
export interface Recipe {
  /**
   * The training method.
   *
   * @default {"v1"}
   */
  readonly variant: Variant;
  /**
   * β, the weight of `KL(p(x)‖p(x'))`; 0 or more.
   *
   * @default {the method's published one}
   */
  readonly beta?: number;
  /**
   * β', the weight of the memory term; 0 or more.
   *
   * @default {the method's published one}
   */
  readonly betaPrime?: number;
  /**
   * γ, the weight of the helper examples; 0 or more.
   *
   * @default {the method's published one}
   */
  readonly gamma?: number;
  /**
   * Run folder or file of the network that labels helper examples, of which the run keeps a copy; or `auto`: the run trains one
   * first, a standard one like its own. There for HAT only, which needs it.
   *
   * @default {none}
   */
  readonly helper?: string;
  /**
   * The data set.
   *
   * @default {"cifar10"}
   */
  readonly data: DataName;
  /**
   * Folder of the data set's files.
   *
   * @default {"data"}
   */
  readonly dataDir?: string;
  /**
   * Train on the first images only, this many.
   *
   * @default {all}
   */
  readonly limitTrain?: number;
  /**
   * The network.
   *
   * @default {"resnet18"}
   */
  readonly model: ArchitectureName;
  /**
   * Channels of its first convolution, 1 to 1024; those of the others are multiples of it.
   *
   * @default {64, wrn-34-10 and wrn-28-10 16, small-cnn 96}
   */
  readonly width: number;
  /**
   * File of weights to begin with, of whatever kind {@linkcode loadWeights} reads; the run keeps a copy.
   *
   * @default {weights are drawn}
   */
  readonly from?: string;
  /**
   * Passes over the training images.
   *
   * @default {50}
   */
  readonly epochs: number;
  /**
   * Images of a step.
   *
   * @default {128}
   */
  readonly batchSize: number;
  /**
   * Zeros around an image before its random crop, in pixels, 0 to 4.
   *
   * @default {4}
   */
  readonly cropPadding: number;
  /**
   * Seed of every random draw, 32 bits.
   *
   * @default {1}
   */
  readonly seed: number;
  /** How an image may be changed, in training and in evaluation. */
  readonly threat: ThreatModel;
  /** How training attacks; absent where the method does not. */
  readonly attack?: AttackRecipe;
  /** The memory of adversarial examples; absent where the method has none. */
  readonly memory?: MemoryRecipe;
  /** How the weights move. */
  readonly optimiser: OptimiserRecipe;
  /**
   * What the best checkpoint is chosen on, by PGD-20.
   *
   * @default {"val"}
   */
  readonly select: Selection;
  /**
   * Evaluate on the first test images only, this many.
   *
   * @default {all}
   */
  readonly limitTest?: number;
  /**
   * Steps between checkpoints within an epoch.
   *
   * @default {at the end of an epoch only}
   */
  readonly checkpointEvery?: number;
  /**
   * The device that computes.
   *
   * @default {"auto"}
   */
  readonly backend: BackendChoice;
  /**
   * Threads of the CPU engine, which never change a result.
   *
   * @default {all processors}
   */
  readonly workers?: number;
  /**
   * Whether the CPU engine rounds the same on every machine.
   *
   * @default {false}
   */
  readonly deterministic?: boolean;
}

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
   * @default {10, of fgsm-pgi 1}
   */
  readonly firstSteps?: number;
  /**
   * Steps.
   *
   * @default {10, of n-fgsm and fgsm-pgi 1}
   */
  readonly steps: number;
  /**
   * What is multiplied on a GPU, with float32 sums.
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
   * @default {"stored"}
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

/** Stochastic gradient descent, its schedule and the average of its weights. */
export interface OptimiserRecipe extends Schedule, WeightAverage {
  /**
   * λ in `g + λw`, for every parameter; 0 or more.
   *
   * @default {5e-4}
   */
  readonly weightDecay: number;
}

/** Parts of a recipe that are objects of their own. */
export type Section = "threat" | "attack" | "memory" | "optimiser";

/** Some fields of a recipe; what is left out is the paper's. */
export type RecipeInput =
  & { readonly [K in Exclude<keyof Recipe, Section>]?: Recipe[K] }
  & { readonly [S in Section]?: Partial<NonNullable<Recipe[S]>> };

/** Where a field stands: `seed`, `attack.steps`. */
export type Path =
  | Exclude<keyof Recipe, Section>
  | { [S in Section]: `${S}.${keyof NonNullable<Recipe[S]> & string}` }[Section];

/** The type of the field at a path. */
export type ValueAt<P extends Path> = P extends `${infer S extends Section}.${infer K}`
  ? K extends keyof NonNullable<Recipe[S]> ? NonNullable<NonNullable<Recipe[S]>[K]> : never
  : P extends keyof Recipe ? NonNullable<Recipe[P]>
  : never;
