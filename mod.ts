/**
 * memloss as a library: adversarial training with MemLoss (arXiv 2510.09105) on tfjs, on WebGPU or WebAssembly.
 *
 * @example A run, its evaluation and its memory
 * ```ts
 * import { evaluateRun, openMemory, startRun } from "@memloss/memloss";
 * const directory = await Deno.makeTempDir();
 * await startRun({
 *   ...{ variant: "v1", data: "synthetic", width: 1, epochs: 1, batchSize: 8 },
 *   ...{ limitTrain: 16, limitTest: 16, select: "none", backend: "wasm", workers: 1 },
 * }, directory);
 * const { clean, pgd20 } = await evaluateRun(directory);
 * console.log(clean?.accuracy, pgd20?.accuracy);
 * await using memory = await openMemory(directory);
 * console.log(memory.current()?.generations);
 * await Deno.remove(directory, { recursive: true });
 * ```
 *
 * @example A network of one's own under attack
 * ```ts
 * import { crossEntropyAttack, oneHot, openBackend, pgd } from "@memloss/memloss";
 * import * as tf from "@tensorflow/tfjs";
 * const backend = await openBackend("wasm");
 * const weights = tf.randomNormal<tf.Rank.R2>([64, 10]);
 * const network = (x: tf.Tensor4D) => tf.matMul<tf.Tensor2D>(tf.reshape(x, [-1, 64]), weights);
 * const images = tf.randomUniform<tf.Rank.R4>([2, 8, 8, 1]);
 * const loss = crossEntropyAttack(oneHot(Uint8Array.of(3, 7), 10));
 * const options = { norm: "linf", epsilon: 8 / 255, stepSize: 2 / 255, steps: 10 } as const;
 * const adversarial = pgd(network, images, images, loss, options);
 * backend.close();
 * ```
 *
 * @module
 */

// Runs: train, go on, evaluate, read what a run remembers.
export { continueRun, startRun } from "./src/train/start.ts";
export type {
  ContinueOptions,
  RunObserver,
  RunStart,
  StartOptions,
} from "./src/train/start_options.ts";
export { type TrainingObserver } from "./src/train/training_run.ts";
export {
  type AttackMetrics,
  type AttackSample,
  type ClassMetrics,
  type DamageNote,
  type EpochMetrics,
  type RunLength,
  type StepMetrics,
  type WeightMetrics,
} from "./src/run/metrics.ts";
export { CHECKPOINT_LINKS, type CheckpointLink } from "./src/run/checkpoints.ts";
export { type RunVerification, verifyRun, type VerifyRunOptions } from "./src/upkeep/verify_run.ts";
export { type EpochDifference } from "./src/upkeep/epoch_traces.ts";
export { evaluateRun } from "./src/evaluate/evaluate_run.ts";
export { mergeShards } from "./src/evaluate/shards/merge_shards.ts";
export { type Shard } from "./src/evaluate/shards/shard.ts";
export {
  type AttackName,
  type EvaluationObserver,
  type EvaluationOptions,
} from "./src/evaluate/evaluation_options.ts";
export { WEIGHTS_CHOICES, type WeightsChoice } from "./src/run/subject.ts";
export {
  type CorruptionAccuracies,
  type KindAccuracies,
} from "./src/evaluate/series/corruptions.ts";
export { type Curve, type CurvePoint } from "./src/evaluate/series/curve.ts";
export {
  type Accuracies,
  type ClassAccuracy,
  type EvaluationReport,
} from "./src/evaluate/report.ts";
export { type Transfer } from "./src/evaluate/transfer.ts";
export { type AdversarialCheck } from "./src/evaluate/adversarial_check.ts";
export { type AutoAttackChoice } from "./src/evaluate/autoattack/state_folder.ts";
export { type OpenMemory, openMemory } from "./src/run/memory.ts";
export { type MemorySettings } from "./src/memory/current.ts";
export { type Pointer } from "./src/memory/commit.ts";
export { type MemoryBatch } from "./src/memory/generation/reader.ts";

// Recipes: what to run.
export { resolveRecipe } from "./src/recipe/resolve.ts";
export {
  type Recipe,
  type RecipeInput,
  type Section,
  type Selection,
  SELECTIONS,
} from "./src/recipe/recipe.ts";
export type { AttackRecipe, MemoryRecipe, OptimiserRecipe } from "./src/recipe/sections.ts";
export { type Schedule, type ScheduleName, SCHEDULES } from "./src/optimise/schedule.ts";
export {
  type AverageName,
  AVERAGES,
  STATISTICS_OF_AVERAGES,
  type StatisticsOfAverage,
  type WeightAverage,
} from "./src/optimise/weight_average.ts";
export type { WeightPerturbation } from "./src/optimise/weight_perturbation.ts";
export {
  CORRUPTION_POLICIES,
  type CorruptionPolicy,
  type DamagedExample,
  MEMORY_VIEWS,
  type MemoryView,
} from "./src/memory/options.ts";
export { CODEC_NAMES, type CodecName } from "./src/memory/chunk/codec.ts";

// Methods: what is minimised.
export { methodOf, METHODS, type Variant, VARIANTS } from "./src/method/methods.ts";
export {
  type Arithmetic,
  type Coefficient,
  COEFFICIENTS,
  type Coefficients,
  MEMORY_WEIGHTS,
  type MemoryWeight,
  type Method,
  type MethodAttack,
  type Pass,
  PASSES,
  type PerExample,
  type Term,
} from "./src/method/method.ts";
export {
  evaluateObjective,
  type LossTerms,
  type Objective,
  type StepLogits,
} from "./src/method/objective.ts";
export { crossEntropy, klDivergence } from "./src/method/divergence.ts";

// Data sets: images and labels.
export {
  DATA_NAMES,
  type DataChoice,
  type DataName,
  loadData,
  loadSplit,
  SETS as DATA_SETS,
} from "./src/data/sets/sets.ts";
export {
  corrupted,
  CORRUPTION_NAMES,
  type CorruptionName,
  EXTRA_CORRUPTION_NAMES,
} from "./src/data/corruptions/corruptions.ts";
export { type Dataset, type ImageShape, type SplitName, type Splits } from "./src/data/dataset.ts";
export { type TestChoice } from "./src/data/folder/listing.ts";
export { type FolderChoice } from "./src/data/folder/read_folder.ts";
export {
  type ArchiveSource,
  type DescribedSet,
  type Download,
  type FileSource,
  type FoundSet,
  type FoundVerification,
  type GeneratedSet,
  type ImageSize,
  type LabelledImages,
  type OtherFiles,
  type PublishedSet,
  type SetDescription,
  type SetFiles,
  type Source,
  type SplitFiles,
} from "./src/data/sets/definition.ts";
export { type Batch, loadBatch } from "./src/data/batches.ts";
export { type View } from "./src/data/augmentation.ts";
export { type Hole } from "./src/data/cutout.ts";

// Networks: made, loaded, saved, frozen for an attack.
export {
  type ArchitectureName,
  ARCHITECTURES,
  buildArchitecture,
  withActivation,
} from "./src/model/architectures/architectures.ts";
export { type ArchitectureDefinition, type Shapes } from "./src/model/architectures/definition.ts";
export {
  ACTIVATION_NAMES,
  type ActivationName,
  type Architecture,
  type BatchNorm,
  type Convolution,
  type ConvolutionLayer,
  type Layer,
  type ModelConfig,
  type NormLayer,
} from "./src/model/architecture.ts";
export { initialise, type ModelState, type WeightTensors } from "./src/model/parameters.ts";
export { loadWeights, type SaveOptions, saveWeights } from "./src/weights/weights_file.ts";
export {
  EXPORT_FORMATS,
  type ExportFormat,
  exportWeights,
  type WeightsExport,
  type WeightsExportOptions,
} from "./src/publish/export_weights.ts";
export { BATCH_NORM_FORMS, type BatchNormForm } from "./src/weights/export/onnx_model.ts";
export {
  importWeights,
  type WeightsImport,
  type WeightsImportOptions,
} from "./src/upkeep/import_weights.ts";
export { type ShownTensor, type ShownWeights, showWeights } from "./src/upkeep/show_weights.ts";
export { type NetworkSummary } from "./src/upkeep/network_summary.ts";
export { type WeightsKind } from "./src/weights/file/sniff.ts";
export { freeze, type FrozenModel } from "./src/model/frozen.ts";
export { type Activation } from "./src/model/train_mode.ts";
export { imageTensor, oneHot } from "./src/model/inputs.ts";

// Attacks: a function from images to logits in, adversarial images or accuracies out.
export { type LogitsFunction, pgd } from "./src/attack/pgd.ts";
export {
  type AttackLoss,
  crossEntropyAttack,
  klAttack,
  marginAttack,
  memoryKlAttack,
} from "./src/attack/attack_loss.ts";
export {
  ATTACK_LOSSES,
  ATTACK_NORMS,
  ATTACK_STARTS,
  type AttackLossName,
  type AttackNorm,
  type AttackStartName,
  type PgdOptions,
  type ThreatModel,
} from "./src/attack/options.ts";
export { type AttackedImages } from "./src/evaluate/autoattack/attacked_images.ts";
export { autoAttack, type AutoAttackOptions } from "./src/evaluate/autoattack/autoattack.ts";
export { type AutoAttackResult, type MemberResult } from "./src/evaluate/autoattack/result.ts";
export { type MemberProgress } from "./src/evaluate/autoattack/member_run.ts";
export {
  AUTOATTACK_MEMBERS,
  AUTOATTACK_VERSIONS,
  type AutoAttackMember,
  type AutoAttackVersion,
  type Effort,
} from "./src/attack/autoattack/versions.ts";
export { type Break } from "./src/attack/autoattack/lanes.ts";
export { type Confusion } from "./src/evaluate/confusion.ts";
export { type Perturbation } from "./src/evaluate/perturbation.ts";
export { Journal } from "./src/evaluate/autoattack/journal.ts";
export { type Verdict } from "./src/evaluate/autoattack/verdict.ts";
export { type Unfinished } from "./src/evaluate/autoattack/unfinished.ts";
export { type RunState, type SearchState } from "./src/attack/autoattack/search_state.ts";
export { type InputScaling } from "./src/evaluate/tfjs/input_scaling.ts";
export { type ForeignModel } from "./src/evaluate/subject_network.ts";
export { type ModelFormat } from "./src/weights/tfjs/manifest.ts";
export {
  type Accuracy,
  evaluateAccuracy,
  type EvaluationName,
  type EvaluationSettings,
  type ImageAccuracy,
} from "./src/evaluate/evaluate.ts";

// Statistics: how well an accuracy, or the difference of two, is known.
export { wilsonInterval } from "./src/statistics/wilson.ts";
export { type McNemar, mcNemar } from "./src/statistics/mcnemar.ts";
export { tInterval } from "./src/statistics/student_t.ts";
export { bootstrapIntervals } from "./src/statistics/bootstrap.ts";
export { type Interval } from "./src/statistics/interval.ts";

// The device that computes.
export { openBackend } from "./src/backend/open.ts";
export { registerComposedKernels } from "./src/backend/composed/register.ts";
export {
  ATTACK_PRECISIONS,
  type AttackPrecision,
  type Backend,
  BACKEND_CHOICES,
  type BackendChoice,
  type Computation,
  type Compute,
  type Demand,
  type DeviceState,
  type EngineOptions,
  type PinnedVariants,
  type Request,
  type TensorMap,
} from "./src/backend/backend.ts";
export {
  type FrozenConvolution,
  type FrozenLayer,
  type FrozenScaleShift,
} from "./src/backend/operations/frozen_network.ts";
export { type EngineObserver } from "./src/backend/observed.ts";
export {
  type NamedTensorMap,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
} from "./src/backend/tensor.ts";

// Errors: what a caller can see fail.
export { Interrupted, RunError, UsageError } from "./src/errors.ts";
