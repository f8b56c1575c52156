/**
 * Auxiliary images, such as generated ones, behind the training images of a data set.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { quoted } from "../format/quoted.ts";
import { Purpose, Stream } from "../random/stream.ts";
import { type Dataset, describeShape } from "./dataset.ts";
import { readNpzImages } from "./npz/labelled_images.ts";

/** Share of each batch unless one is given. */
export const AUX_FRACTION = 0.7;

/** The images of `dataset` that are no auxiliary ones: the first of them. */
export function ownImages({ n, auxiliary = 0 }: Pick<Dataset, "n" | "auxiliary">): number {
  return n - auxiliary;
}

/** How many images there are to train on, auxiliary ones not counted, how many of these, and how many to test on. */
export function sizesOf(train: Dataset, test: Dataset) {
  const { auxiliary = 0 } = train;
  return { train: ownImages(train), test: test.n, ...auxiliary > 0 && { auxiliary } };
}

/**
 * `dataset` with the images of the `.npz` file at `path` behind its own, numbered on.
 *
 * @throws {UsageError} naming `path` if its images have another size, or a label that the data set has not
 */
export async function withAuxiliary(dataset: Dataset, path: string): Promise<Dataset> {
  const { images, labels, shape } = await readNpzImages(path);
  const [own, other] = [dataset.shape, shape].map(describeShape);
  const refuse = (what: string) =>
    new UsageError(`The images of --aux-data ${quoted(path)} ${what} of ${dataset.name}.`);
  if (own !== other) throw refuse(`are ${other}, not the ${own}`);
  const foreign = labels.find((label) => label >= dataset.classes.length);
  if (foreign !== undefined) {
    throw refuse(`have label ${foreign}, which is none of the ${dataset.classes.length} classes`);
  }
  const join = (a: Uint8Array, b: Uint8Array) => {
    const both = new Uint8Array(a.length + b.length);
    both.set(a);
    both.set(b, a.length);
    return both;
  };
  return {
    ...dataset,
    n: dataset.n + labels.length,
    auxiliary: labels.length,
    images: join(dataset.images, images),
    labels: join(dataset.labels, labels),
  };
}

/** How auxiliary images are mixed into batches. */
export interface Mixing {
  /** Share of each batch, over 0 and below 1; rounded down to whole images. */
  readonly fraction: number;
  readonly batchSize: number;
}

/** How many of the `n` images of a batch are auxiliary: a `fraction` in decimals is often a little less than it says. */
function auxiliaryAmong(n: number, fraction: number): number {
  return Math.floor(n * fraction + 1e-9);
}

/** How many auxiliary images an epoch of `images` shows. */
export function auxiliaryShown(images: number, { fraction, batchSize }: Mixing): number {
  const last = images % batchSize, whole = (images - last) / batchSize;
  return whole * auxiliaryAmong(batchSize, fraction) + auxiliaryAmong(last, fraction);
}

/** @throws {UsageError} if an epoch of `images` would show more auxiliary images than `dataset` has, or none */
export function refuseFewAuxiliary(
  { auxiliary = 0 }: Pick<Dataset, "auxiliary">,
  images: number,
  mixing: Mixing,
): void {
  const shown = auxiliaryShown(images, mixing), said = `--aux-fraction ${mixing.fraction}`;
  if (shown === 0) {
    throw new UsageError(`${said} of a batch is less than one image: use a larger one.`);
  }
  if (shown <= auxiliary) return;
  throw new UsageError(
    `${said} shows ${shown} auxiliary images in an epoch, and --aux-data has ${auxiliary}: ` +
      "use a smaller fraction or more images.",
  );
}

/**
 * The order of an epoch with auxiliary images: as long as `order`, with its first images in front in each batch, and behind them
 * auxiliary ones, none of them twice.
 *
 * @param order the order in which the epoch would visit the training images
 * @param dataset the images that the auxiliary ones are behind
 * @param epoch from 1
 */
export function mixedOrder(
  order: Uint32Array,
  dataset: Pick<Dataset, "n" | "auxiliary">,
  { fraction, batchSize }: Mixing,
  seed: number,
  epoch: number,
): Uint32Array {
  const first = ownImages(dataset), mixed = new Uint32Array(order.length);
  const others = new Stream(seed, Purpose.shuffle, epoch, 1).permutation(dataset.n - first);
  let own = 0, other = 0;
  for (let start = 0; start < order.length; start += batchSize) {
    const size = Math.min(batchSize, order.length - start);
    const border = start + size - auxiliaryAmong(size, fraction);
    for (let at = start; at < border; at++) mixed[at] = order[own++]!;
    for (let at = border; at < start + size; at++) mixed[at] = first + others[other++]!;
  }
  return mixed;
}
