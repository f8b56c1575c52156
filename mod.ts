/**
 * memloss as a library: adversarial training with MemLoss (arXiv 2510.09105) on tfjs, on WebGPU or WebAssembly.
 *
 * @example Losses, attacks and models take and return tensors:
 * ```ts ignore
 * import { freeze, initialise, klAttack, openBackend, pgd, resnet18 } from "@memloss/memloss";
 * await openBackend("auto");
 * const architecture = resnet18({ width: 64, classes: 10 });
 * const model = freeze(architecture, initialise(architecture, 1));
 * ```
 *
 * @module
 */
export { type Backend, BACKEND_CHOICES, type BackendChoice } from "./src/backend/backend.ts";
export { openBackend } from "./src/backend/open.ts";

export { type Dataset, type ImageShape, type SplitName, type Splits } from "./src/data/dataset.ts";
export { DATA_NAMES, type DataName, loadData, loadSplit } from "./src/data/sets/sets.ts";
export { synthetic } from "./src/data/sets/synthetic.ts";
export { applyView, drawView, IDENTITY_VIEW, type View } from "./src/data/augmentation.ts";
export { type Batch, loadBatch } from "./src/data/batches.ts";

export {
  type Architecture,
  type BatchNorm,
  type Convolution,
  type ConvolutionLayer,
  forward,
  type Layer,
  type Layers,
  type ModelConfig,
  type NormLayer,
} from "./src/model/architecture.ts";
export {
  type ArchitectureName,
  ARCHITECTURES,
  buildArchitecture,
} from "./src/model/architectures/architectures.ts";
export { type ArchitectureDefinition, type Shapes } from "./src/model/architectures/definition.ts";
export { resnet18 } from "./src/model/architectures/resnet18.ts";
export { freeze, type FrozenModel } from "./src/model/frozen.ts";
export { imageTensor, oneHot } from "./src/model/inputs.ts";
export { initialise, type ModelState, type TensorMap } from "./src/model/parameters.ts";
export { type Activation, trainLayers } from "./src/model/train_mode.ts";
export { type SafeTensor } from "./src/format/safetensors.ts";
export { exportState, importModel, importState, type StateDict } from "./src/weights/state_dict.ts";

export { crossEntropy, klDivergence } from "./src/method/divergence.ts";
export { evaluateObjective, type LossTerms, type Objective } from "./src/method/objective.ts";
export { type Method, type Pass, passesOf, type Term, termsOf } from "./src/method/method.ts";
export { methodOf, METHODS, type Variant, VARIANTS } from "./src/method/methods.ts";

export {
  type AttackLoss,
  crossEntropyAttack,
  klAttack,
  memoryKlAttack,
} from "./src/attack/attack_loss.ts";
export { type PgdOptions } from "./src/attack/options.ts";
export { pgd } from "./src/attack/pgd.ts";

export { type MemoryBatch, type MemorySettings, MemoryStore } from "./src/memory/store.ts";

export { type Recipe, type RecipeInput } from "./src/recipe/recipe.ts";
export { resolveRecipe } from "./src/recipe/resolve.ts";
export { RunFolder } from "./src/run/run_folder.ts";
export { train, type TrainingObserver, type TrainingRun } from "./src/train/trainer.ts";
export {
  type AttackedImages,
  autoAttack,
  type AutoAttackOptions,
  type AutoAttackResult,
} from "./src/evaluate/autoattack.ts";
export { type Accuracy, evaluateAccuracy } from "./src/evaluate/evaluate.ts";
export { Interrupted, RunError, UsageError } from "./src/errors.ts";
