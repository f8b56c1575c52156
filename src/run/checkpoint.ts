/**
 * A checkpoint: the state dict under PyTorch's names, the optimiser's momentum buffers and where the run stands, in
 * one safetensors file. It holds no time and no path: equal runs write equal bytes.
 *
 * @module
 */
import { createHash } from "node:crypto";
import * as v from "valibot";
import type { Backend } from "../backend/backend.ts";
import { RunError, UsageError } from "../errors.ts";
import { readWholeFile, writeFileAtomically } from "../disk/files.ts";
import { decodeSafetensors, encodeSafetensors, type SafeTensor } from "../format/safetensors.ts";
import type { Architecture } from "../model/architecture.ts";
import {
  disposeAll,
  type ModelState,
  parameterShapes,
  type TensorMap,
} from "../model/parameters.ts";
import { zeroMomenta } from "../optimise/sgd.ts";
import { exportState, exportTensors, importState, importTensors } from "../weights/state_dict.ts";

/** Prefix of the momentum buffers' names. */
const MOMENTUM_PREFIX = "optimizer.momentum_buffer.";

const ProgressSchema = v.strictObject({
  /** The epoch in progress or just finished, from 1. */
  epoch: v.number(),
  /** Steps done in this epoch. */
  step: v.number(),
  /** Whether the epoch is over: all steps done and the selection's evaluation made. */
  complete: v.boolean(),
  /** The best checkpoint so far, where one is selected. */
  best: v.optional(v.strictObject({ epoch: v.number(), accuracy: v.number() })),
  /** Sums over this epoch's examples, for its means: loss terms times batch size, by name. */
  sums: v.record(v.string(), v.number()),
});

/** Where a run stands. */
export type Progress = v.InferOutput<typeof ProgressSchema>;

/** Everything a run continues from. */
export interface Checkpoint {
  readonly state: ModelState;
  /** Momentum buffers by parameter name; zeros before the first step. */
  readonly momenta: TensorMap;
  readonly progress: Progress;
}

/** The file name of the checkpoint at `progress`. */
export function checkpointName({ epoch, step, complete }: Progress): string {
  const number = String(epoch).padStart(3, "0");
  return complete ? `epoch-${number}.safetensors` : `epoch-${number}.step-${step}.safetensors`;
}

/**
 * Writes a checkpoint to `path`, whole or not at all.
 *
 * @returns the SHA-256 of its bytes, hexadecimal
 * @throws {RunError} if a weight, statistic or momentum is not finite: nothing can be continued from that; or if the
 *   device or the disk fails
 */
export async function saveCheckpoint(
  path: string,
  checkpoint: Checkpoint,
  backend: Backend,
): Promise<string> {
  const tensors = new Map([
    ...await backend.guard(exportState(checkpoint.state)),
    ...await backend.guard(exportTensors(checkpoint.momenta, MOMENTUM_PREFIX)),
  ]);
  // A GPU reports what went wrong in those reads as an event of its own, a turn later than their (zero) values.
  await backend.guard(new Promise((resolve) => setTimeout(resolve)));
  refuseNonFinite(tensors, checkpoint.progress);
  // Parsed for the order of its fields, which is another one in a run that was resumed.
  const progress = JSON.stringify(v.parse(ProgressSchema, checkpoint.progress));
  const metadata = { format: "pt", memloss: progress };
  const bytes = encodeSafetensors(tensors, metadata);
  await writeFileAtomically(path, bytes);
  return sha256(bytes);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function refuseNonFinite(
  tensors: ReadonlyMap<string, SafeTensor>,
  { epoch, step }: Progress,
): void {
  for (const [name, { data }] of tensors) {
    if (!(data instanceof Float32Array) || data.every(Number.isFinite)) continue;
    throw new RunError(
      `The model is not finite after epoch ${epoch}, step ${step} (${name}): ` +
        "the last checkpoint is kept; try a lower --lr.",
    );
  }
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
  if (digest !== undefined && sha256(bytes) !== digest) {
    throw new UsageError(
      `${path} is damaged (it is not the checkpoint that was committed): restore it from a copy`,
    );
  }
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const progress = decodeProgress(metadata.memloss, path);
  const state = importState(tensors, architecture, path);
  const started = [...tensors.keys()].some((name) => name.startsWith(MOMENTUM_PREFIX));
  if (!started) return { state, momenta: zeroMomenta(state.parameters), progress };
  try {
    const momenta = importTensors(tensors, parameterShapes(architecture), path, MOMENTUM_PREFIX);
    return { state, momenta, progress };
  } catch (error) {
    disposeAll(state.parameters);
    disposeAll(state.buffers);
    throw error;
  }
}

/**
 * Reads what a checkpoint says of itself, without its weights.
 *
 * @returns its progress, and the SHA-256 of its bytes
 * @throws {RunError} if the file cannot be read
 * @throws {UsageError} if it is no checkpoint
 */
export async function describeCheckpoint(
  path: string,
): Promise<{ progress: Progress; sha256: string }> {
  const bytes = await readWholeFile(path);
  const { metadata } = decodeSafetensors(bytes, path);
  return { progress: decodeProgress(metadata.memloss, path), sha256: sha256(bytes) };
}

function decodeProgress(text: string | undefined, path: string): Progress {
  try {
    return v.parse(ProgressSchema, JSON.parse(text ?? ""));
  } catch {
    throw new UsageError(
      `${path} holds no training progress: it is not a checkpoint to resume from.`,
    );
  }
}
