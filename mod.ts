/**
 * memloss as a library: adversarial training with MemLoss (arXiv 2510.09105) on tfjs, on WebGPU or WebAssembly.
 *
 * @example A run, its evaluation and its memory
 * ```ts
 * import { evaluateRun, openMemory, startRun } from "@memloss/memloss";
 * const run = await Deno.makeTempDir();
 * // A tiny one, on the built-in data: `{ variant: "v1" }` alone is the paper's, on CIFAR-10.
 * const tiny = { data: "synthetic", width: 1, limitTrain: 8, limitTest: 4, select: "none" } as const;
 * await startRun({ variant: "v1", epochs: 1, attack: { steps: 1 }, backend: "wasm", ...tiny }, run);
 * const { clean, pgd20 } = await evaluateRun(run);
 * console.log(clean?.accuracy, pgd20?.accuracy);
 * await using memory = await openMemory(run);
 * console.log(await memory.images(1));
 * ```
 *
 * @example Losses, attacks and models take and return tensors
 * ```ts
 * import { freeze, initialise, openBackend, resnet18 } from "@memloss/memloss";
 * const backend = await openBackend("wasm");
 * const architecture = resnet18({ width: 64, classes: 10, channels: 3 });
 * const model = freeze(architecture, initialise(architecture, 1));
 * model.dispose();
 * backend.close();
 * ```
 *
 * @module
 */
export {
  type Backend,
  BACKEND_CHOICES,
  type BackendChoice,
  type Demand,
} from "./src/backend/backend.ts";
export { type EngineObserver } from "./src/backend/observed.ts";
export { openBackend } from "./src/backend/open.ts";
export { registerComposedKernels } from "./src/backend/composed/register.ts";

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
export { loadWeights, type SaveOptions, saveWeights } from "./src/weights/weights_file.ts";

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
export { type AttackNorm, type PgdOptions } from "./src/attack/options.ts";
export { type LogitsFunction, pgd } from "./src/attack/pgd.ts";

export {
  type DamagedExample,
  type MemoryBatch,
  type MemorySettings,
  type Pointer,
} from "./src/memory/store.ts";
export { type OpenMemory, openMemory } from "./src/run/memory.ts";

export { type Recipe, type RecipeInput } from "./src/recipe/recipe.ts";
export { resolveRecipe } from "./src/recipe/resolve.ts";
export { type DamageNote, type EpochMetrics, type StepMetrics } from "./src/run/metrics.ts";
export {
  type ContinueOptions,
  continueRun,
  type RunObserver,
  type RunStart,
  type StartOptions,
  startRun,
} from "./src/train/start.ts";
export { type TrainingObserver } from "./src/train/trainer.ts";
export {
  type AttackedImages,
  autoAttack,
  type AutoAttackOptions,
  type AutoAttackResult,
  type MemberProgress,
  type MemberResult,
} from "./src/evaluate/autoattack.ts";
export { type AutoAttackChoice } from "./src/evaluate/autoattack_state.ts";
export {
  type AttackName,
  evaluateRun,
  type EvaluationObserver,
  type EvaluationOptions,
} from "./src/evaluate/evaluate_run.ts";
export { type Accuracies, type EvaluationReport } from "./src/evaluate/report.ts";
export { Journal, type Verdict } from "./src/evaluate/journal.ts";
export {
  type Accuracy,
  evaluateAccuracy,
  type EvaluationName,
  type EvaluationSettings,
  type ImageAccuracy,
} from "./src/evaluate/evaluate.ts";
export { Interrupted, RunError, UsageError } from "./src/errors.ts";
export { type CheckpointLink } from "./src/run/checkpoints.ts";
export {
  AUTOATTACK_MEMBERS,
  AUTOATTACK_VERSIONS,
  type AutoAttackMember,
  type AutoAttackVersion,
} from "./src/attack/autoattack/versions.ts";
export { type Perturbation } from "./src/evaluate/perturbation.ts";
export { type AdversarialCheck } from "./src/evaluate/adversarial_check.ts";
export { type Outcome } from "./src/attack/autoattack/search.ts";
export { CODEC_NAMES, type CodecName } from "./src/memory/chunk/codec.ts";
