/**
 * Whether a state dict has the tensors of a network, all of them and no others, and what to do if not.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { quoted } from "../format/quoted.ts";
import type { SafeTensor } from "../format/safetensors.ts";
import { type Architecture, normsOf } from "../model/architecture.ts";
import type { Shapes } from "../model/architectures/definition.ts";
import { bufferShapes, parameterShapes } from "../model/parameters.ts";

/** Tensors that are named in a message. */
const NAMED = 4;
/** What begins so is the optimiser's. */
export const OPTIMISER = "optimizer.";
/** What begins so is the average of the weights that a run keeps beside them, under the names of these. */
export const AVERAGE = `${OPTIMISER}average.`;
/** What that average is called as a network of its own. */
const AVERAGE_KEY = AVERAGE.slice(0, -1);

/** What can be done about tensors that a network does not have and that are called so, where it lacks none of its own. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /(^|\.)(mean|std)$|^(normali[sz]er?|norm)\./,
    "the network there normalises its images itself, which this one does not: take weights that were trained on " +
    "images in [0,1] as they are",
  ],
  [
    /(^|\.)(conv\d*|shortcut\.0)\.bias$/,
    "the convolutions here have no bias: subtract it from the running_mean of the batch norm behind, and leave it out",
  ],
  [/\.running_var$/, "it is a deeper network: take weights of this one"],
];
const OTHER_NAMES = "take weights of this network, under these names";
const OTHERWISE = "take weights of this network, or leave out what does not belong to it";

/** The shapes of `tensors`. */
export function shapesOf(tensors: ReadonlyMap<string, SafeTensor>): Shapes {
  return new Map([...tensors].map(([name, { shape }]) => [name, shape]));
}

/** `tensors` without what an optimiser kept beside the network. */
export function withoutOptimiser(
  tensors: ReadonlyMap<string, SafeTensor>,
): Map<string, SafeTensor> {
  return new Map([...tensors].filter(([name]) => !name.startsWith(OPTIMISER)));
}

/**
 * A sentence, where the network that is taken of `source` has an average beside it among `tensors`.
 *
 * @param how what takes that, which is called `key`
 */
export function noteAverage(
  tensors: ReadonlyMap<string, SafeTensor>,
  source: string,
  how: (key: string) => string,
): string[] {
  if (![...tensors.keys()].some((name) => name.startsWith(AVERAGE))) return [];
  return [
    `${source} also has an average of these weights, which memloss eval measures: ${
      how(AVERAGE_KEY)
    }.`,
  ];
}

/**
 * Name and PyTorch shape of all that `architecture` consists of.
 */
export function networkShapes(architecture: Architecture): Map<string, number[]> {
  return new Map([...parameterShapes(architecture), ...bufferShapes(architecture)]);
}

/** The names of what the norms of `architecture` count batches in, which nobody needs. */
export function counterNames(architecture: Architecture): string[] {
  return normsOf(architecture).map(({ name }) => `${name}.num_batches_tracked`);
}

/**
 * Refuses a `dict` that is not all of `architecture`, in float32, and nothing else.
 *
 * @throws {UsageError} naming `source`, the tensor and what to do
 */
export function refuseUnusable(
  dict: ReadonlyMap<string, SafeTensor>,
  architecture: Architecture,
  source: string,
): void {
  const shapes = networkShapes(architecture), names = [...shapes.keys()];
  refuseForeignTensors(dict, names, counterNames(architecture), architecture, source);
  refuseMissing(dict, names, source);
  for (const [name, shape] of shapes) checkedValues(name, dict.get(name)!, shape, source);
}

/**
 * Refuses tensors of `dict` that belong neither to the network nor to the optimiser.
 *
 * @param needed the names of what the network has
 * @param counters the names of what it has and nobody needs
 * @throws {UsageError} naming the first of them and their number, with what is missing where something is
 */
export function refuseForeignTensors(
  dict: ReadonlyMap<string, unknown>,
  needed: readonly string[],
  counters: readonly string[],
  { title }: Architecture,
  source: string,
): void {
  const known = new Set([...needed, ...counters]);
  const foreign = [...dict.keys()]
    .filter((name) => !known.has(name) && !name.startsWith(OPTIMISER));
  if (foreign.length === 0) return;
  const missing = needed.filter((name) => !dict.has(name));
  const lacks = missing.length > 0 ? `, and lacks ${list(missing)}` : "";
  const found = ADVICE.find(([pattern]) => foreign.some((name) => pattern.test(name)));
  const advice = missing.length > 0 ? OTHER_NAMES : found?.[1] ?? OTHERWISE;
  throw new UsageError(
    `${source} holds ${list(foreign)}, which ${title} does not have${lacks}: ${advice}.`,
  );
}

/**
 * Refuses a `dict` that lacks one of `names`.
 *
 * @throws {UsageError} naming the first of them and their number
 */
export function refuseMissing(
  dict: ReadonlyMap<string, unknown>,
  names: readonly string[],
  source: string,
): void {
  const missing = names.filter((name) => !dict.has(name));
  if (missing.length === 0) return;
  throw new UsageError(
    `${source} lacks ${list(missing)}: take a file that holds all of the network.`,
  );
}

/**
 * The values of `tensor`, if they are of `shape` and can be computed with.
 *
 * @throws {UsageError} if it is not float32, has another shape, or holds a value that is not finite or a negative variance
 */
export function checkedValues(
  name: string,
  { dtype, shape: actual, data }: SafeTensor,
  shape: readonly number[],
  source: string,
): Float32Array {
  if (!(data instanceof Float32Array) || `${actual}` !== `${shape}`) {
    const advice = dtype === "F32" || `${actual}` !== `${shape}`
      ? ""
      : ": save the weights in float32, as model.float() makes them";
    throw new UsageError(
      `${source} holds ${quoted(name)} as ${dtype} [${actual}], not as F32 [${shape}]${advice}.`,
    );
  }
  const isVariance = name.endsWith(".running_var"), isDeviation = /(?:^|\.)std$/.test(name);
  const bad = data.find((value) =>
    !Number.isFinite(value) || isVariance && value < 0 || isDeviation && value <= 0
  );
  if (bad !== undefined) {
    throw new UsageError(
      `${source} holds ${bad} in ${quoted(name)}${
        !Number.isFinite(bad) ? "" : isVariance ? ", a variance" : ", a deviation"
      }: no network computes with that, so take weights from before it went wrong.`,
    );
  }
  return data;
}

/** `tensor "a"`, or `5 tensors ("a", "b", "c", "d" …)`. */
function list(names: readonly string[]): string {
  if (names.length === 1) return `tensor ${quoted(names[0]!)}`;
  const named = names.slice(0, NAMED).map(quoted).join(", ");
  return `${names.length} tensors (${named}${names.length > NAMED ? ", …" : ""})`;
}
