/**
 * The recipe: everything that decides what a run computes, and how it goes about it.
 *
 * @module
 */
import type { ThreatModel } from "../attack/options.ts";
import type { BackendChoice } from "../backend/backend.ts";
import type { DataName } from "../data/sets/sets.ts";
import type { ActivationName } from "../model/architecture.ts";
import type { ArchitectureName } from "../model/architectures/architectures.ts";
import type { Variant } from "../method/methods.ts";
import type { AttackRecipe, MemoryRecipe, OptimiserRecipe } from "./sections.ts";

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
   * first, by a plain standard training of the same network. There for HAT only, which needs it.
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
   * Height and width that the images of a folder are brought to, a multiple of 8 from 16 to 96. There for such data only.
   *
   * @default {32}
   */
  readonly imageSize?: number;
  /**
   * Share of each class that tests, where a folder of images or a `.npz` file has none set apart. There for such data only.
   *
   * @default {0.2, or nothing is drawn}
   */
  readonly testFraction?: number;
  /**
   * By which seed they are drawn, from 0 to 2³² − 1; `seed` does not matter to them. There for such data only.
   *
   * @default {0, or nothing is drawn}
   */
  readonly testSeed?: number;
  /**
   * `.npz` file of auxiliary images with labels, such as generated ones, of the size and classes of the data set.
   *
   * @default {none}
   */
  readonly auxData?: string;
  /**
   * Their share in [0.01,0.99] of each batch, rounded down to whole images. An epoch shows as many images as without them, and
   * each at most once. There with `auxData` only.
   *
   * @default {0.7}
   */
  readonly auxFraction?: number;
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
   * Its nonlinearity.
   *
   * @default {"relu"}
   */
  readonly activation?: ActivationName;
  /**
   * File of weights to begin with, of any kind that {@linkcode loadWeights} reads, or `none`; the run keeps a copy.
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
   * The most images of a step that the network is given at once; a larger batch is cut into such parts, whose gradients are
   * added up: see {@linkcode Learner.descend}.
   *
   * @default {all of the batch}
   */
  readonly microBatch?: number;
  /**
   * Zeros around an image before its random crop, in pixels, 0 to 4.
   *
   * @default {4}
   */
  readonly cropPadding: number;
  /**
   * Whether no image is mirrored at random.
   *
   * @default {false, of svhn true}
   */
  readonly noFlip?: boolean;
  /**
   * Side of the square that is blanked in each training image, in pixels, less than the image has: cutout. Memory examples are
   * realigned then, and no perturbation is kept or shown where an image is blanked.
   *
   * @default {none}
   */
  readonly cutout?: number;
  /**
   * Seed of every random draw, 32 bits.
   *
   * @default {1}
   */
  readonly seed: number;
  /**
   * Share in [0,1) of every label that all classes have alike, in the cross-entropies of the loss, see
   * {@linkcode Objective.labelSmoothing}. The attack has the labels as they are.
   *
   * @default {0}
   */
  readonly labelSmoothing?: number;
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
   * @default {"val", of standard "none"}
   */
  readonly select: Selection;
  /**
   * Ends the run after so many epochs in a row that were no better than the best before, by PGD-20 on the held-out images: with
   * `select` of `"val"` alone.
   *
   * @default {never}
   */
  readonly earlyStop?: number;
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

/** Parts of a recipe that are objects of their own. */
export type Section = "threat" | "attack" | "memory" | "optimiser";

/**
 * Some fields of a recipe; what is left out is the paper's. 0 is as if it were left out where there is nothing unless asked for:
 * `labelSmoothing`, `cutout`, `earlyStop`, `memory.ema`, `optimiser.awp` and `optimiser.clipGradNorm`.
 */
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
