/**
 * A checkpoint: the state dict under PyTorch's names, the optimiser's momentum buffers and where the run stands, in
 * one safetensors file. It holds no time and no path: equal runs write equal bytes.
 *
 * @module
 */
import type { Backend } from "../../backend/backend.ts";
import { RunError } from "../../errors.ts";
import { readWholeFile, writeFileAtomically } from "../../disk/files.ts";
import { decodeSafetensors, encodeSafetensors, type SafeTensor } from "../../format/safetensors.ts";
import { sha256 } from "../../format/sha256.ts";
import type { ActivationName, Architecture } from "../../model/architecture.ts";
import {
  disposeAll,
  type ModelState,
  parameterShapes,
  type TensorMap,
  type WeightTensors,
} from "../../model/parameters.ts";
import { zeroMomenta } from "../../optimise/sgd.ts";
import { activationMetadata } from "../../weights/said_activation.ts";
import { AVERAGE, networkShapes } from "../../weights/account.ts";
import {
  exportState,
  exportTensors,
  importState,
  importTensors,
} from "../../weights/state_dict.ts";
import { damagedCheckpoint } from "../checkpoints.ts";
import { decodeProgress, encodeProgress, type Progress } from "./progress.ts";
import { tensorChecksums } from "./tensor_checksums.ts";

/** Prefix of the momentum buffers' names. */
const MOMENTUM_PREFIX = "optimizer.momentum_buffer.";

/** Everything a run continues from. */
export interface Checkpoint {
  readonly state: ModelState;
  /** Momentum buffers by parameter name; zeros before the first step. */
  readonly momenta: TensorMap;
  /** The average of the weights, in a run that keeps one. */
  readonly average?: WeightTensors;
  readonly progress: Progress;
}

/**
 * Writes a checkpoint to `path`, whole or not at all.
 *
 * @param notFinite makes an error of a sentence's beginning that says what is not finite
 * @returns the SHA-256 of its bytes, hexadecimal, and checksums of its tensors
 * @throws {RunError} if a weight, statistic or momentum is not finite: nothing can be continued from that; or if the
 *   device or the disk fails
 */
export async function saveCheckpoint(
  path: string,
  checkpoint: Checkpoint & { readonly activation?: ActivationName | undefined },
  backend: Backend,
  notFinite: (what: string) => RunError = (what) => new RunError(`${what}.`),
): Promise<{ sha256: string; tensors: string }> {
  const tensors = new Map([
    ...await backend.guard(exportState(checkpoint.state)),
    ...await backend.guard(exportTensors(checkpoint.momenta, MOMENTUM_PREFIX)),
    ...await backend.guard(exportAverage(checkpoint.average)),
  ]);
  // A GPU reports what went wrong in those reads as an event of its own, a turn later than their (zero) values.
  await backend.guard(new Promise((resolve) => setTimeout(resolve)));
  const bad = findNonFinite(tensors), { epoch, step } = checkpoint.progress;
  if (bad !== undefined) {
    throw notFinite(`The model is not finite after epoch ${epoch}, step ${step} (${bad})`);
  }
  const metadata = {
    format: "pt",
    memloss: encodeProgress(checkpoint.progress),
    ...activationMetadata(checkpoint.activation),
  };
  const bytes = encodeSafetensors(tensors, metadata);
  await writeFileAtomically(path, bytes);
  return { sha256: sha256(bytes), tensors: tensorChecksums(tensors) };
}

async function exportAverage(average: WeightTensors | undefined) {
  return average
    ? await exportTensors(new Map([...average.parameters, ...average.buffers]), AVERAGE)
    : new Map<string, SafeTensor>();
}

/** The name of the first of `tensors` with a value that is not finite. */
function findNonFinite(tensors: ReadonlyMap<string, SafeTensor>): string | undefined {
  return [...tensors].find(([, { data }]) =>
    data instanceof Float32Array && !data.every(Number.isFinite)
  )?.[0];
}

/**
 * Reads a checkpoint to the device.
 *
 * @param digest what its SHA-256 must be, where that is known
 * @throws {RunError} if the file cannot be read
 * @throws {UsageError} if it is another one than `digest` says, or no checkpoint of `architecture`
 */
export async function loadCheckpoint(
  path: string,
  architecture: Architecture,
  digest?: string,
): Promise<Checkpoint> {
  const bytes = await readWholeFile(path);
  if (digest !== undefined && sha256(bytes) !== digest) throw damagedCheckpoint(path);
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const progress = decodeProgress(metadata.memloss, path);
  const state = importState(tensors, architecture, path);
  const held = (prefix: string) => [...tensors.keys()].some((name) => name.startsWith(prefix));
  const shapes = parameterShapes(architecture);
  const made = [state.parameters, state.buffers];
  try {
    const momenta = held(MOMENTUM_PREFIX)
      ? importTensors(tensors, shapes, path, MOMENTUM_PREFIX)
      : zeroMomenta(state.parameters);
    made.push(momenta);
    if (!held(AVERAGE)) return { state, momenta, progress };
    const all = importTensors(tensors, networkShapes(architecture), path, AVERAGE);
    const average = {
      parameters: new Map([...all].filter(([name]) => shapes.has(name))),
      buffers: new Map([...all].filter(([name]) => !shapes.has(name))),
    };
    return { state, momenta, average, progress };
  } catch (error) {
    made.forEach(disposeAll);
    throw error;
  }
}
