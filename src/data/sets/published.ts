/**
 * A published data set on disk: where its files are, and what is in them.
 *
 * @module
 */
import { basename, dirname, join } from "@std/path";
import { describeIoError, isAboutPlace } from "../../disk/failure.ts";
import { readWholeFile } from "../../disk/files.ts";
import { type RunError, UsageError } from "../../errors.ts";
import { advised } from "../../format/command_line.ts";
import { type Dataset, type SplitName, valuesPerImage } from "../dataset.ts";
import {
  imageFilesOf,
  type LabelledImages,
  layoutsOf,
  type PublishedSet,
  type SetFiles,
} from "./definition.ts";

/**
 * One part of `set`, from the folder of its files or from a parent that contains that folder.
 *
 * @throws {UsageError} when the directory or a file of that part is missing or malformed
 */
export async function readSplit(
  set: PublishedSet,
  split: SplitName,
  directory: string,
): Promise<Dataset> {
  const { folder, splits, decode } = await locateFiles(set, directory);
  const parts: LabelledImages[] = [];
  for (const file of splits[split].files) {
    const path = join(folder, file);
    parts.push(await decode(await readDataFile(set, path), path));
  }
  const n = parts.reduce((sum, { labels }) => sum + labels.length, 0);
  const images = new Uint8Array(n * valuesPerImage(set.shape)), labels = new Uint8Array(n);
  let image = 0;
  for (const part of parts) {
    images.set(part.images, image * valuesPerImage(set.shape));
    labels.set(part.labels, image);
    image += part.labels.length;
  }
  const { name, classes, shape } = set;
  return { name, classes, shape, n, images, labels };
}

/** Where files of a data set are. */
export interface LocatedFiles extends SetFiles {
  /** Their folder. */
  readonly folder: string;
}

/**
 * The files of `set` in `directory`, or in a folder in it that is called as theirs.
 *
 * @throws {UsageError} when `directory` is missing, is a file or cannot be read
 */
export async function locateFiles(set: PublishedSet, directory: string): Promise<LocatedFiles> {
  if (!(await isDirectory(directory))) {
    throw new UsageError(
      `There is no data directory "${directory}"; ${await hint(set, directory)}.`,
    );
  }
  const names = await filesIn(directory), layouts = layoutsOf(set);
  const here = layouts.find(({ splits }) => imageFilesOf(splits).some((name) => names.has(name)));
  if (here) return { ...here, folder: directory };
  for (const layout of layouts) {
    const folder = join(directory, layout.folder);
    if (await isDirectory(folder)) return { ...layout, folder };
  }
  return { ...layouts[0]!, folder: directory };
}

/**
 * The bytes of a data file of `set`.
 *
 * @throws {UsageError} when it is missing or no file
 * @throws {StorageError} when it cannot be read, and may be whole
 */
export async function readDataFile(
  set: PublishedSet,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readWholeFile(path);
  } catch (error) {
    if (isAboutPlace(error)) throw error;
    const { cause } = error as RunError;
    const folder = dirname(path);
    const known = layoutsOf(set).some((layout) => layout.folder === basename(folder));
    const parent = known ? dirname(folder) : folder;
    const what = cause instanceof Deno.errors.NotFound
      ? `is missing; ${await hint(set, parent)}`
      : `cannot be read: ${describeIoError(cause)}; move it away, and ${await hint(
        set,
        parent,
      )} again`;
    throw new UsageError(`The data file "${path}" ${what}.`, { cause });
  }
}

/** Whether the last file of `set` is in `directory`: they are fetched together or not at all. */
export async function isThere(set: PublishedSet, directory: string): Promise<boolean> {
  try {
    const { folder, splits } = await locateFiles(set, directory);
    return (await Deno.stat(join(folder, imageFilesOf(splits).at(-1)!))).isFile;
  } catch (error) {
    if (error instanceof UsageError || error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What to do where files of `set` are not in `directory`: the end of a sentence. */
export async function hint({ name }: PublishedSet, directory: string): Promise<string> {
  if (await holdsClasses(directory)) {
    return `${directory} holds folders of images, which are read with --data folder`;
  }
  return `${advised("data", "fetch", name, "--data-dir", directory)} gets it`;
}

/** Whether a folder in `directory` has images: nothing of a published set is to be fetched among them. */
async function holdsClasses(directory: string): Promise<boolean> {
  try {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      if (!isDirectory) continue;
      for (const file of await filesIn(join(directory, name))) {
        if (/\.(png|jpe?g)$/i.test(file)) return true;
      }
    }
  } catch {
    // It says nothing of what it holds.
  }
  return false;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}

/** Names of what is no folder there. */
async function filesIn(directory: string): Promise<Set<string>> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return new Set(entries.filter((entry) => !entry.isDirectory).map((entry) => entry.name));
  } catch (cause) {
    throw new UsageError(
      `The data directory "${directory}" cannot be read: ${
        describeIoError(cause)
      }; choose another with --data-dir.`,
      { cause },
    );
  }
}
