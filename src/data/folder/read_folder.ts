/**
 * A folder of images as a data set: each file decoded, its middle cut out and brought to one size.
 *
 * @module
 */
import { readWholeFile } from "../../disk/files.ts";
import { describeIoError, isAboutPlace } from "../../disk/failure.ts";
import { fileSize } from "../../disk/regular.ts";
import { type RunError, UsageError } from "../../errors.ts";
import type { Bitmap } from "../../format/image/bitmap.ts";
import { decodeImage } from "../../format/image/read_image.ts";
import { squareOf } from "../../format/image/resize.ts";
import { quoted } from "../../format/quoted.ts";
import { type Dataset, type ImageShape, type SplitName, valuesPerImage } from "../dataset.ts";
import { listImages, type TestChoice } from "./listing.ts";

/** How a folder of images becomes a data set. */
export interface FolderChoice extends TestChoice {
  /**
   * Height and width of the images, in pixels.
   *
   * @default {32}
   */
  readonly imageSize?: number;
}

/** The size unless one is given. */
export const IMAGE_SIZE = 32;

const MOST_FILE_BYTES = 2 ** 28;
const MOST_BYTES = 2 ** 33;

/** `directory`, which has to be given. Throws a {@linkcode UsageError} where it is not. */
export function namedFolder(directory: string | undefined): string {
  if (directory !== undefined) return directory;
  throw new UsageError("A folder of images needs --data-dir, the folder of the classes' folders.");
}

/** The shape of images of `imageSize`. */
export function folderShape({ imageSize = IMAGE_SIZE }: FolderChoice): ImageShape {
  return { height: imageSize, width: imageSize, channels: 3 };
}

/**
 * One part of the folder `directory`; the other's files are listed and not read. An image's middle square is resized as
 * Pillow's BILINEAR does; grey becomes three equal channels.
 *
 * @throws {UsageError} naming the folder or file that is wrong
 * @throws {RunError} if something cannot be read
 */
export async function readFolder(
  split: SplitName,
  directory: string | undefined,
  choice: FolderChoice,
): Promise<Dataset> {
  const { classes, parts } = await listImages(namedFolder(directory), choice);
  const files = parts[split], shape = folderShape(choice), values = valuesPerImage(shape);
  if (files.length * values > MOST_BYTES) {
    throw new UsageError(
      `The ${files.length} images of ${quoted(directory!)} would take ${
        Math.ceil(files.length * values / 2 ** 30)
      } GiB, and 8 are the most: take a smaller --image-size.`,
    );
  }
  const images = new Uint8Array(files.length * values), labels = new Uint8Array(files.length);
  for (const [image, { path, label }] of files.entries()) {
    images.set(squareOf(await readImage(path), shape.height), image * values);
    labels[image] = label;
  }
  return { name: "folder", classes, shape, n: files.length, images, labels };
}

/**
 * The image in the file at `path`.
 *
 * @throws {UsageError} naming `path` if it is no image that can be read
 * @throws {RunError} if the file cannot be read
 */
export async function readImage(path: string): Promise<Bitmap> {
  const unreadable = (why: string, cause?: unknown) =>
    new UsageError(
      `The image ${quoted(path)} cannot be read: ${why}; mend it or move it away.`,
      { cause },
    );
  const bytes = await readWholeImage(path, unreadable);
  try {
    return decodeImage(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw unreadable(error.message, error);
    throw error;
  }
}

async function readWholeImage(
  path: string,
  unreadable: (why: string, cause?: unknown) => UsageError,
): Promise<Uint8Array> {
  const bytes = await fileSize(path) ?? 0;
  if (bytes > MOST_FILE_BYTES) throw unreadable("it is larger than 256 MiB");
  try {
    return await readWholeFile(path);
  } catch (error) {
    if (isAboutPlace(error)) throw error;
    throw unreadable(describeIoError((error as RunError).cause), error);
  }
}
