/**
 * Which training images train and which are held out to select the checkpoint.
 *
 * @module
 */
import { Purpose, Stream } from "../random/stream.ts";
import { UsageError } from "../errors.ts";
import { ownImages } from "./auxiliary.ts";
import type { Dataset } from "./dataset.ts";

/** Size of the validation split, of which a small data set has a fifth of its images instead. */
export const VALIDATION_SIZE = 1024;
const LARGEST_SHARE = 5;

/** Training indices, both in ascending order. */
export interface TrainingSplit {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
}

/**
 * Splits the indices 0..n-1. The held-out ones are the same for every seed, so that runs can be compared; they are
 * taken before `limit` counts, so that a limit never changes them.
 *
 * @param holdOut whether to hold out {@linkcode VALIDATION_SIZE} images, or a fifth if that is less, at all
 * @param limit at most this many training images, the first ones that remain
 * @throws {UsageError} if nothing would be left to train on
 */
export function splitTraining(
  n: number,
  holdOut: boolean,
  limit: number | undefined,
): TrainingSplit {
  const permutation = new Stream(0, Purpose.split).permutation(n);
  const held = Math.min(VALIDATION_SIZE, Math.floor(n / LARGEST_SHARE));
  if (holdOut && held === 0) {
    throw new UsageError(
      `--select val holds out a fifth of the images, but there are only ${n}: use --select none or more data.`,
    );
  }
  const validation = permutation.slice(0, holdOut ? held : 0).sort();
  const train = permutation.slice(validation.length).sort().slice(0, limit ?? n);
  if (train.length === 0) throw new UsageError("There are no images to train on.");
  return { train, validation };
}

/**
 * Indices of all images that a run trains on, ascending: what is not held out, up to the limit, and every auxiliary image.
 *
 * @throws {UsageError} if there are none
 */
export function imagesTrainedOn(
  dataset: Pick<Dataset, "n" | "auxiliary">,
  { select, limitTrain }: {
    readonly select: string;
    readonly limitTrain?: number | undefined;
  },
): Uint32Array {
  const own = ownImages(dataset), { train } = splitTraining(own, select === "val", limitTrain);
  const ids = new Uint32Array(train.length + dataset.n - own);
  ids.set(train);
  for (let at = train.length, id = own; id < dataset.n; at++, id++) ids[at] = id;
  return ids;
}
