/**
 * What a target on the command line names: a run's checkpoint, a file of weights, or a model from elsewhere.
 *
 * @module
 */
import { basename } from "@std/path";
import { UsageError } from "../errors.ts";
import { ioError, isAboutPlace } from "../disk/failure.ts";
import { readWholeFile } from "../disk/files.ts";
import { decodeSafetensors, type SafeTensor } from "../format/safetensors.ts";
import { sha256 } from "../format/sha256.ts";
import type { ActivationName } from "../model/architecture.ts";
import type { ImageShape } from "../data/dataset.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { readModelJson, readTfjsModel, type TfjsModel } from "../weights/tfjs/model_file.ts";
import { saidActivation } from "../weights/said_activation.ts";
import { AVERAGE } from "../weights/account.ts";
import { readNetwork } from "../weights/file/read.ts";
import {
  type CheckpointLink,
  checkpointPath,
  damagedCheckpoint,
  readCheckpoint,
} from "./checkpoints.ts";
import { readRunRecord } from "./folder/files.ts";
import type { RunRecord } from "./run_record.ts";
import { dataKindOf } from "./weights/data_kind.ts";

/** A file of weights, read once: everything said of it is said of the same bytes. */
export interface Weights {
  readonly path: string;
  /** SHA-256 of the file's bytes, hexadecimal. */
  readonly sha256: string;
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  /** The network's nonlinearity, which its tensors do not show; ReLU unless given. */
  readonly activation?: ActivationName | undefined;
  /** Which of a file's two sets of weights `tensors` are the network's of; absent where it has one. */
  readonly weights?: WeightsChoice;
}

/** The sets of weights that a checkpoint can have. */
export const WEIGHTS_CHOICES = ["average", "raw"] as const;
/** One of {@linkcode WEIGHTS_CHOICES}: those of the optimiser, or the average that `--weight-average` keeps of them. */
export type WeightsChoice = typeof WEIGHTS_CHOICES[number];
/** In words. */
export const WEIGHTS_WORDS = {
  average: "averaged weights",
  raw: "weights of the optimiser",
} as const satisfies Record<WeightsChoice, string>;

/** What weights were trained on, as far as that is known. */
export interface TrainedOn {
  /** Names of the classes in label order. */
  readonly classes: readonly string[];
  /** Size of the images; absent for a file, which does not say it. */
  readonly shape?: ImageShape;
  /** The run's test images, where its data set is whatever lay in a folder; see {@linkcode RunRecord}. */
  readonly test?: NonNullable<RunRecord["data"]>["test"];
}

/** Weights and where they come from. */
export interface WeightsSubject extends Weights {
  /** Absent for a file that does not say it. */
  readonly trainedOn?: TrainedOn;
  /** The run whose checkpoint it is; absent for a file of weights. */
  readonly run?: {
    readonly directory: string;
    readonly link: CheckpointLink;
    readonly recipe: Recipe;
  };
  readonly model?: undefined;
  /** What was done to a file's tensors before they were those of a network here, in sentences; absent for a run. */
  readonly notes?: readonly string[];
}

/** A model from elsewhere. */
export interface ModelSubject extends Omit<Weights, "tensors" | "activation"> {
  readonly model: TfjsModel;
  readonly trainedOn?: undefined;
  readonly run?: undefined;
  readonly notes?: undefined;
}

/** What is evaluated. */
export type Subject = WeightsSubject | ModelSubject;

/**
 * Reads what `target` names: a run folder, a file of weights from here or elsewhere, or a `model.json` of tfjs.
 *
 * @param link which checkpoint of a run; by default the best one, or the last of a run that selected none
 * @param weights which of the weights there; by default the average where there is one
 * @param activation the nonlinearity of a file's network, where the file does not say that
 * @throws {UsageError} if `target` is neither, the run has no such checkpoint, there are no such weights, or they are damaged
 * @throws {RunError} if they cannot be read
 */
export async function readSubject(
  target: string,
  link: CheckpointLink | undefined,
  weights?: WeightsChoice,
  activation?: ActivationName,
): Promise<Subject> {
  if (await isFile(target)) {
    if (link === undefined) return await readFile(target, weights, activation);
    throw new UsageError(
      `--checkpoint ${link} chooses among a run's checkpoints, but ${target} is a file.`,
    );
  }
  const record = await readRunRecord(target), { recipe } = record;
  for (const candidate of link ? [link] : ["best", "last"] as const) {
    const checkpoint = await readCheckpoint(target, candidate);
    if (checkpoint === undefined) continue;
    const { found, bytes } = checkpoint, path = checkpointPath(target, found.name);
    const read = chosen(decode(path, bytes, found.sha256), weights);
    const { classes, shape } = dataKindOf(record), test = record.data?.test;
    const trainedOn = { classes, shape, ...test && { test } };
    return { ...read, trainedOn, run: { directory: target, link: candidate, recipe } };
  }
  throw new UsageError(
    link === "best" && recipe.select === "none"
      ? `${target} selected no best checkpoint (--select none): use --checkpoint last.`
      : `${target} has no ${
        link ?? "finished"
      } checkpoint yet: let it train, or continue it with --resume.`,
  );
}

/**
 * Reads what `target` names where only weights will do.
 *
 * @throws {UsageError} as {@linkcode readSubject}, and if it is a model from elsewhere, or a run and `activation` is given
 * @throws {RunError} if it cannot be read
 */
export async function readWeightsSubject(
  target: string,
  link: CheckpointLink | undefined,
  weights?: WeightsChoice,
  activation?: ActivationName,
): Promise<WeightsSubject> {
  const subject = await readSubject(target, link, weights, activation);
  if (subject.run && activation) {
    throw new UsageError("--activation is fixed by the run's recipe: leave it out.");
  }
  if (subject.model === undefined) return subject;
  throw new UsageError(
    `${target} is a model of TensorFlow.js, which can only be evaluated: name a run folder or a file of weights.`,
  );
}

async function readFile(
  path: string,
  choice: WeightsChoice | undefined,
  asked: ActivationName | undefined,
): Promise<Subject> {
  const json = await readModelJson(path);
  if (json) {
    if (asked) {
      throw new UsageError(
        `A nonlinearity is said of files of weights, and ${path} says itself what it computes: leave it out.`,
      );
    }
    if (choice) throw noAverage(path, choice);
    const model = await readTfjsModel(path, json);
    return { path, sha256: model.sha256, model };
  }
  const network = await readNetwork(path, undefined, asked);
  const { sha256, tensors, notes, activation, classes } = network;
  const weights = { path, sha256, tensors, ...activation && { activation } };
  return { ...chosen(weights, choice), notes, ...classes && { trainedOn: { classes } } };
}

/** `all` with the tensors of the weights that are asked for in the places of the network's. */
function chosen(all: Weights, choice: WeightsChoice | undefined): Weights {
  const { path, tensors } = all;
  const averaged = [...tensors].filter(([name]) => name.startsWith(AVERAGE));
  if (averaged.length === 0) {
    if (choice) throw noAverage(path, choice);
    return all;
  }
  if (choice === "raw") return { ...all, weights: "raw" };
  const average = averaged.map(([name, tensor]) => [name.slice(AVERAGE.length), tensor] as const);
  return { ...all, weights: "average", tensors: new Map([...tensors, ...average]) };
}

function noAverage(path: string, choice: WeightsChoice): UsageError {
  return new UsageError(
    `--weights ${choice} chooses between weights and their average, and ${path} holds no average: leave it out.`,
  );
}

/** The subject's file name without its ending. */
export function subjectName({ path }: Subject): string {
  return basename(path, ".safetensors");
}

/**
 * Reads the weights at `path`.
 *
 * @param expected what their SHA-256 must be, where that is known
 * @throws {UsageError} if they are damaged or no safetensors file
 * @throws {RunError} if the file cannot be read
 */
export async function readWeights(path: string, expected?: string): Promise<Weights> {
  return decode(path, await readWholeFile(path), expected);
}

function decode(path: string, bytes: Uint8Array, expected: string | undefined): Weights {
  const digest = sha256(bytes);
  if (expected !== undefined && digest !== expected) throw damagedCheckpoint(path);
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const activation = saidActivation(metadata, path);
  return { path, sha256: digest, tensors, ...activation && { activation } };
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (isAboutPlace(error)) throw ioError(`Could not read ${path}`, error);
    throw new UsageError(
      `${path} does not exist: name a run folder, a file of weights or a model.json.`,
    );
  }
}
