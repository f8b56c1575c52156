/**
 * A run's weights, or a file's, in the form that others take.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { dataKindOf } from "../run/weights/data_kind.ts";
import { UsageError } from "../errors.ts";
import { encodeOnnx } from "../format/onnx.ts";
import { encodeSafetensors } from "../format/safetensors.ts";
import { ACTIVATION_NAMES, type ActivationName } from "../model/architecture.ts";
import type { CheckpointLink } from "../run/checkpoints.ts";
import { exactly } from "../run/output.ts";
import { VERSION } from "../run/program_version.ts";
import { readRunRecord, stoppedAfter } from "../run/folder/files.ts";
import { readWeightsSubject, WEIGHTS_CHOICES, type WeightsChoice } from "../run/subject.ts";
import { type ExportedNetwork, networkOf } from "../weights/export/network.ts";
import { BATCH_NORM_FORMS, type BatchNormForm, onnxModel } from "../weights/export/onnx_model.ts";
import { moduleName, pythonModule } from "../weights/export/python_module.ts";
import { encodeTorch } from "../weights/export/torch_file.ts";
import {
  ONNX,
  PRODUCER,
  type PublishedFile,
  textBytes,
  TORCH,
  WEIGHTS,
  writeFiles,
} from "./files.ts";
import { makeEntry } from "./robustbench/entry.ts";
import { writeEntry } from "./robustbench/entry_folder.ts";
import { originOf, type PublishedSubject } from "./origin.ts";

/** The forms that there are. */
export const EXPORT_FORMATS = ["torch", "onnx", "robustbench"] as const;
/** One of {@linkcode EXPORT_FORMATS}. */
export type ExportFormat = typeof EXPORT_FORMATS[number];

/** What to export, and where. */
export interface WeightsExportOptions {
  /** The form. */
  readonly format: ExportFormat;
  /** The file: `.pt`, `.pth` or `.safetensors` for `torch`, `.onnx` for `onnx`; the folder for `robustbench`. */
  readonly out: string;
  /**
   * Which checkpoint of a run.
   *
   * @default {the best, or the last of a run that selected none}
   */
  readonly checkpoint?: CheckpointLink;
  /**
   * Which weights of a checkpoint that has an average of them.
   *
   * @default {"average" where there is one}
   */
  readonly weights?: WeightsChoice;
  /**
   * The nonlinearity of a file's network, where the file does not say it.
   *
   * @default {"relu"}
   */
  readonly activation?: ActivationName;
  /**
   * Whether files that were not exported, or a module that was changed since, may be replaced.
   *
   * @default {false}
   */
  readonly overwrite?: boolean;
  /**
   * How `onnx` has batch norm: within the convolutions, or as nodes of its own.
   *
   * @default {"folded"}
   */
  readonly batchNorm?: BatchNormForm;
  /**
   * What `robustbench` calls the model: letters, digits, `-` and `_`.
   *
   * @default {the run folder's name}
   */
  readonly name?: string;
}

/** What was exported, as `weights export --json` prints it. */
export interface WeightsExport {
  /** The form. */
  readonly format: ExportFormat;
  /** The file or folder that was asked for. */
  readonly out: string;
  /** All files that were written. */
  readonly files: readonly string[];
  /** The network, for people. */
  readonly architecture: string;
  /** What was exported. */
  readonly weights: {
    /** The file that the weights were read from. */
    readonly path: string;
    /** Its SHA-256, hexadecimal. */
    readonly sha256: string;
    /** Which of its weights; absent where it holds no average of them. */
    readonly weights?: WeightsChoice;
  };
  /** What was done to a file's tensors before they were those of a network here, in sentences. */
  readonly notes: readonly string[];
  /** What `robustbench` has to be told before it can be published: the fields of its `model_info` that are null. */
  readonly missing?: readonly string[];
}

/**
 * Exports the weights of the run or the file `target`. No device is needed.
 *
 * @example A state dict for PyTorch, with the network's definition beside it
 * ```ts
 * import { buildArchitecture, exportWeights, initialise, openBackend, saveWeights } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const folder = await Deno.makeTempDir(), weights = `${folder}/weights.safetensors`;
 * await saveWeights(weights, initialise(buildArchitecture("resnet18", { width: 1, classes: 10 }), 1));
 * const { files } = await exportWeights(weights, { format: "torch", out: `${folder}/weights.pt` });
 * assert.deepEqual(files, [`${folder}/memloss_resnet18.py`, `${folder}/weights.pt`]);
 * backend.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @throws {UsageError} if there is nothing to export, the network is none that this program knows, a file that is to be
 *   written would cost another, or `robustbench` is asked for weights that are no run's
 * @throws {RunError} if a file cannot be read or written
 */
export async function exportWeights(
  target: string,
  options: WeightsExportOptions,
): Promise<WeightsExport> {
  const { format, out, checkpoint, weights, activation } = options;
  const { overwrite = false, batchNorm = "folded" } = options;
  checkChoice("format", format, EXPORT_FORMATS);
  checkChoice("batchNorm", batchNorm, BATCH_NORM_FORMS);
  if (weights !== undefined) checkChoice("weights", weights, WEIGHTS_CHOICES);
  if (activation !== undefined) checkChoice("activation", activation, ACTIVATION_NAMES);
  const subject = await readWeightsSubject(target, checkpoint, weights, activation);
  const { path, sha256, tensors, run } = subject;
  const record = run && await readRunRecord(run.directory);
  const stopped = run && await stoppedAfter(run.directory);
  const published = {
    subject,
    ...record && { record },
    ...stopped !== undefined && { stoppedAfter: stopped },
  };
  const network = networkOf(tensors, path, subject.activation);
  const exported = {
    format,
    out,
    architecture: network.architecture.title,
    weights: { path, sha256, ...subject.weights && { weights: subject.weights } },
    notes: subject.notes ?? [],
  };
  if (format === "robustbench") {
    const { files, missing } = await makeEntry(network, published, options.name);
    return { ...exported, files: await writeEntry(out, files, path, overwrite), missing };
  }
  const files = format === "onnx"
    ? [onnxFile(network, published, { ...options, batchNorm })]
    : torchFiles(network, published, out);
  await writeFiles(files, path, overwrite);
  return { ...exported, files: files.map(({ path }) => path) };
}

/** Throws a {@linkcode UsageError} unless `value`, which a script without types may give, is one of `choices`. */
function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new UsageError(`${name} must be one of ${choices.join(", ")}, not "${value}".`);
}

/** The network as a graph. */
function onnxFile(
  network: ExportedNetwork,
  published: PublishedSubject,
  { out, batchNorm }: Pick<Required<WeightsExportOptions>, "out" | "batchNorm">,
): PublishedFile {
  if (!out.endsWith(".onnx")) {
    throw new UsageError(`--out ${out} is no name for an ONNX model: say FILE.onnx.`);
  }
  const { record } = published;
  const model = onnxModel(network, {
    batchNorm,
    ...record && dataKindOf(record),
    producer: { name: PRODUCER, version: VERSION },
    metadata: originOf(published),
  });
  return { path: out, kind: ONNX, bytes: encodeOnnx(model) };
}

/** The network's definition and a state dict. */
function torchFiles(
  network: ExportedNetwork,
  published: PublishedSubject,
  out: string,
): PublishedFile[] {
  const path = join(dirname(out), `${moduleName(network)}.py`);
  const text = textBytes(pythonModule(network));
  const module = { path, kind: exactly(text, "the module as memloss writes it"), bytes: text };
  const origin = originOf(published), { tensors } = network;
  if (out.endsWith(".safetensors")) {
    const bytes = encodeSafetensors(tensors, { format: "pt", ...origin });
    return [module, { path: out, kind: WEIGHTS, bytes }];
  }
  if (/\.pth?$/.test(out)) {
    try {
      return [module, { path: out, kind: TORCH, bytes: encodeTorch(tensors, origin) }];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const advice = "say FILE.safetensors";
      throw new UsageError(`--out ${out} can hold no 4 GiB of weights: ${advice}.`);
    }
  }
  throw new UsageError(
    `--out ${out} is no name for what PyTorch reads: say FILE.pt, or FILE.safetensors.`,
  );
}
