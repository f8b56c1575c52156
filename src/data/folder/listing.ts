/**
 * Which images lie in a folder of class-named folders, and which of them train and which test.
 *
 * @module
 */
import { join } from "@std/path";
import { describeIoError, ioError, isAboutPlace } from "../../disk/failure.ts";
import { UsageError } from "../../errors.ts";
import { quoted } from "../../format/quoted.ts";
import { ONE_FORM, otherForm } from "../../format/unicode_form.ts";
import { Purpose, Stream } from "../../random/stream.ts";
import type { SplitName } from "../dataset.ts";

/** The share of each class that tests where there is no folder for it. */
export const TEST_FRACTION = 0.2;

/** A label is a byte. */
const MOST_CLASSES = 256;
const IMAGE = /\.(png|jpe?g)$/i;

/** Which images test, where none are set apart. */
export interface TestChoice {
  /**
   * Share of each class that tests, where a folder of images or a `.npz` file has none set apart.
   *
   * @default {0.2}
   */
  readonly testFraction?: number;
  /**
   * By which seed they are drawn, from 0 to 2³² − 1; that of a run does not matter to them.
   *
   * @default {0}
   */
  readonly testSeed?: number;
}

/** An image and its class. */
export interface ImageFile {
  readonly path: string;
  readonly label: number;
}

/** What a folder of images holds. */
export interface FolderListing {
  /** Names of the classes' folders, in the order of their code units. */
  readonly classes: readonly string[];
  /** By class, and in it by file name in the order of code units. */
  readonly parts: Readonly<Record<SplitName, readonly ImageFile[]>>;
  /** Whether the parts are folders, or were drawn. */
  readonly split: "folders" | "drawn";
  /** Files and folders there that are no images, and hidden ones. */
  readonly ignored: number;
}

/** One class in one folder. */
interface ClassFiles {
  readonly name: string;
  readonly files: readonly string[];
}

/**
 * Looks through `directory`: `train/CLASS/FILE` and `test/CLASS/FILE`, or `CLASS/FILE`, of which some of each class are drawn for
 * the test, the same ones for every run. Files are those whose names end in .png, .jpg or .jpeg; links are followed.
 *
 * @param choice which are drawn; with `CLASS/FILE` only
 * @throws {UsageError} if there is no such folder, or what is in it cannot be told into classes and parts
 * @throws {RunError} if it cannot be read
 */
export async function listImages(
  directory: string,
  choice: TestChoice,
): Promise<FolderListing> {
  const { folders, images, ignored } = await look(directory);
  if (!folders.includes("train") || (await look(join(directory, "train"))).folders.length === 0) {
    const { classes, ignored } = await readClasses(directory);
    const listing = drawn(classes, choice, ignored);
    refuseNoTest(listing.parts.test.length, directory, "folders train and test");
    return listing;
  }
  if (!folders.includes("test")) {
    throw new UsageError(
      `${
        quoted(directory)
      } has a folder train and none called test: add it, or name the folder train by --data-dir ` +
        "to have a part of it drawn for the test.",
    );
  }
  refuseChoice(choice, `${quoted(directory)}, which has a folder test`);
  const train = await readClasses(join(directory, "train"));
  const test = await readClasses(join(directory, "test"), train.classes.map(({ name }) => name));
  const names = train.classes.map(({ name }) => name);
  return {
    classes: names,
    parts: { train: labelled(train.classes, names), test: labelled(test.classes, names) },
    split: "folders",
    ignored: folders.length - 2 + images.length + ignored + train.ignored + test.ignored,
  };
}

/** All images of the classes, with the places of their names in `names` as labels. */
function labelled(classes: readonly ClassFiles[], names: readonly string[]): ImageFile[] {
  return classes.flatMap(({ name, files }) =>
    files.map((path): ImageFile => ({ path, label: names.indexOf(name) }))
  );
}

/** Which of the `n` images of the class `label` test: the same ones for every run, one at least of two and never all. */
export function drawnForTest(
  n: number,
  { testFraction = TEST_FRACTION, testSeed = 0 }: TestChoice,
  label: number,
): Uint32Array {
  const count = Math.min(n - 1, Math.max(1, Math.round(testFraction * n)));
  return new Stream(testSeed, Purpose.split, 1, label).permutation(n).slice(0, Math.max(0, count));
}

/**
 * Refuses a choice where the test lies apart.
 *
 * @param place and why nothing is drawn there
 * @throws {UsageError} naming the flag, if anything is chosen
 */
export function refuseChoice({ testFraction, testSeed }: TestChoice, place: string): void {
  const chosen = { "test-fraction": testFraction, "test-seed": testSeed };
  for (const [flag, value] of Object.entries(chosen)) {
    if (value === undefined) continue;
    throw new UsageError(`--${flag} has no meaning for ${place}: leave it out.`);
  }
}

/**
 * @param apart what a test of its own would stand in
 * @throws {UsageError} if no image at `place` is drawn for the test
 */
export function refuseNoTest(images: number, place: string, apart: string): void {
  if (images > 0) return;
  throw new UsageError(
    `${quoted(place)} has one image of each class, which trains, and none to test: ` +
      `add images, or set some apart in ${apart}.`,
  );
}

/** A test of so many images of each class. */
function drawn(
  classes: readonly ClassFiles[],
  choice: TestChoice,
  ignored: number,
): FolderListing {
  const parts: Record<SplitName, ImageFile[]> = { train: [], test: [] };
  classes.forEach(({ files: { length: n }, files }, label) => {
    const chosen = new Set(drawnForTest(n, choice, label));
    files.forEach((path, place) =>
      parts[chosen.has(place) ? "test" : "train"].push({ path, label })
    );
  });
  return { classes: classes.map(({ name }) => name), parts, split: "drawn", ignored };
}

/** @param known names that there can be; where they are given, not all of them need be there */
async function readClasses(directory: string, known?: readonly string[]) {
  const { folders, images, ignored: beside } = await look(directory);
  const classes: ClassFiles[] = [];
  let ignored = beside + images.length;
  for (const name of folders) {
    if (known && !known.includes(name)) {
      const place = quoted(join(directory, name));
      throw new UsageError(
        otherForm(name, known) === undefined
          ? `${place} is of a class that the folder train does not have.`
          : `${place} is called like a class of the folder train, in another Unicode form: ${ONE_FORM}.`,
      );
    }
    const inside = await look(join(directory, name));
    ignored += inside.ignored + inside.folders.length;
    if (inside.images.length === 0) {
      throw new UsageError(
        `${
          quoted(join(directory, name))
        } holds no PNG or JPEG file: each folder must be a class of images.`,
      );
    }
    classes.push({ name, files: inside.images });
  }
  if (known && classes.length === 0 || !known && classes.length < 2) {
    throw new UsageError(
      `${quoted(directory)} has ${
        classes.length === 0 ? "no folder" : "one folder"
      } of images: each class needs a folder with its name.`,
    );
  }
  if (classes.length > MOST_CLASSES) {
    throw new UsageError(
      `${
        quoted(directory)
      } has ${classes.length} folders, and at most ${MOST_CLASSES} classes can be told apart.`,
    );
  }
  return { classes, ignored };
}

/** What one folder holds: folders by name, images by path, and how many other things. */
async function look(directory: string) {
  const folders: string[] = [], images: string[] = [];
  let ignored = 0;
  for (const { name, isDirectory, isSymlink } of await entriesOf(directory)) {
    const path = join(directory, name);
    if (name.startsWith(".")) ignored++;
    else if (isDirectory || isSymlink && await leadsToFolder(path)) folders.push(name);
    else if (IMAGE.test(name)) images.push(path);
    else ignored++;
  }
  return { folders, images, ignored };
}

/** In the order of code units, which is the same everywhere. */
async function entriesOf(directory: string): Promise<Deno.DirEntry[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return entries.sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (cause) {
    if (isAboutPlace(cause)) throw ioError(`Could not read ${directory}`, cause);
    throw new UsageError(
      `The folder of images ${quoted(directory)} cannot be read: ${
        describeIoError(cause)
      }; choose another with --data-dir.`,
      { cause },
    );
  }
}

async function leadsToFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false; // what is an image by its name is told of when it is read
  }
}
