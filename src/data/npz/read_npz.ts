/**
 * NumPy's `.npz` files as a data set.
 *
 * @module
 */
import { join } from "@std/path";
import { UsageError } from "../../errors.ts";
import { quoted } from "../../format/quoted.ts";
import { sha256 } from "../../format/sha256.ts";
import { type Dataset, describeShape, type SplitName, valuesPerImage } from "../dataset.ts";
import { drawnForTest, refuseChoice, refuseNoTest, type TestChoice } from "../folder/listing.ts";
import type { FoundVerification } from "../sets/definition.ts";
import { type NpzImages, readNpzImages } from "./labelled_images.ts";

/** Whatever lies in one file, or in two. */
interface NpzSplits {
  readonly classes: readonly string[];
  readonly parts: Readonly<Record<SplitName, NpzImages>>;
  readonly split: "folders" | "drawn";
}

/**
 * One part of `place`: `train.npz` or `test.npz` where that is a folder, or of a file the part that the test has not, or has.
 * Classes are called by their numbers, as many as the training labels need.
 *
 * @param place has to be given
 * @throws {UsageError} naming the file that is wrong
 */
export async function readNpz(
  split: SplitName,
  place: string | undefined,
  choice: TestChoice,
): Promise<Dataset> {
  const { classes, parts } = await readSplits(place, choice);
  const { images, labels, shape } = parts[split];
  return { name: "npz", classes, shape, n: labels.length, images, labels };
}

/** What is in `place`, all of it read. */
export async function verifyNpz(
  place: string | undefined,
  choice: TestChoice,
): Promise<FoundVerification> {
  const { classes, split, parts: { train, test } } = await readSplits(place, choice);
  const count = ({ labels }: NpzImages, label: number) =>
    labels.reduce((sum, each) => sum + +(each === label), 0);
  return {
    ...{ name: "npz", directory: place!, split, train: train.labels.length },
    test: test.labels.length,
    classes: classes.map((name, label) => ({
      name,
      train: count(train, label),
      test: count(test, label),
    })),
    smallest: train.shape,
    largest: train.shape,
    sha256: sha256(train.images, train.labels, test.images, test.labels),
  };
}

async function readSplits(
  place: string | undefined,
  choice: TestChoice,
): Promise<NpzSplits> {
  if (place === undefined) {
    throw new UsageError(
      "--data npz needs --data-dir: a .npz file, or a folder with train.npz and test.npz.",
    );
  }
  return place.endsWith(".npz")
    ? drawn(await readNpzImages(place), place, choice)
    : await separate(place, choice);
}

/** @throws {UsageError} if the files do not belong together */
async function separate(place: string, choice: TestChoice): Promise<NpzSplits> {
  refuseChoice(choice, `${quoted(place)}, a folder with test.npz`);
  const train = await readNpzImages(join(place, "train.npz"));
  const test = await readNpzImages(join(place, "test.npz"));
  const classes = classesOf(train, place), sizes = [train, test].map((each) => each.shape);
  const [own, other] = sizes.map(describeShape);
  if (own !== other) {
    throw new UsageError(`${quoted(place)} has training images of ${own} and others of ${other}.`);
  }
  const foreign = test.labels.find((label) => label >= classes.length);
  if (foreign !== undefined) {
    throw new UsageError(
      `${quoted(join(place, "test.npz"))} has label ${foreign}, which no training image has.`,
    );
  }
  return { classes, parts: { train, test }, split: "folders" };
}

function drawn(all: NpzImages, path: string, choice: TestChoice): NpzSplits {
  const classes = classesOf(all, path), chosen = new Set<number>();
  for (const [label, places] of Map.groupBy(all.labels.keys(), (image) => all.labels[image]!)) {
    for (const place of drawnForTest(places.length, choice, label)) chosen.add(places[place]!);
  }
  const part = (isTest: boolean) =>
    some(all, [...all.labels.keys()].filter((image) => chosen.has(image) === isTest));
  refuseNoTest(chosen.size, path, "a folder with train.npz and test.npz");
  return { classes, parts: { train: part(false), test: part(true) }, split: "drawn" };
}

function some({ images, labels, shape }: NpzImages, places: readonly number[]): NpzImages {
  const values = valuesPerImage(shape), kept = new Uint8Array(places.length * values);
  places.forEach((place, i) =>
    kept.set(images.subarray(place * values, (place + 1) * values), i * values)
  );
  return { images: kept, labels: Uint8Array.from(places, (place) => labels[place]!), shape };
}

/** Names of the classes that labels up to the greatest one need. */
function classesOf({ labels }: NpzImages, place: string): string[] {
  const n = labels.reduce((most, label) => Math.max(most, label + 1), 0);
  if (n > 1) return Array.from({ length: n }, (_, label) => String(label));
  throw new UsageError(`${quoted(place)} has images of one class only: two are the least.`);
}
