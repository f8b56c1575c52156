/**
 * What exactly a folder of images holds, every file read.
 *
 * @module
 */
import { sha256 } from "../../format/sha256.ts";
import { type ImageFile, listImages } from "./listing.ts";
import { readImage } from "./read_folder.ts";

/** Width and height of an image. */
export interface ImageSize {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/** What was found in a folder of images. */
export interface FolderVerification {
  readonly name: "folder";
  readonly directory: string;
  /** In label order, with the images of each part. */
  readonly classes: readonly {
    readonly name: string;
    readonly train: number;
    readonly test: number;
  }[];
  /** Number of training images. */
  readonly train: number;
  /** Number of test images. */
  readonly test: number;
  /** Whether the parts are folders, or were drawn. */
  readonly split: "folders" | "drawn";
  /** Files and folders that are no images, and hidden ones. */
  readonly ignored: number;
  /** The image with the fewest pixels. */
  readonly smallest: ImageSize;
  /** The image with the most pixels. */
  readonly largest: ImageSize;
  /** SHA-256 of the SHA-256 of each image's pixels, a line each, training images first. */
  readonly sha256: string;
}

/**
 * Reads every image in `directory`.
 *
 * @param testFraction as in {@linkcode listImages}
 * @throws {UsageError} naming the folder or file that is wrong
 */
export async function verifyFolder(
  directory: string,
  testFraction: number | undefined,
): Promise<FolderVerification> {
  const { classes, parts: { train, test }, split, ignored } = await listImages(
    directory,
    testFraction,
  );
  const sizes: ImageSize[] = [], digests: string[] = [];
  for (const { path } of [...train, ...test]) {
    const { width, height, rgb } = await readImage(path);
    sizes.push({ width, height });
    digests.push(sha256(rgb));
  }
  sizes.sort((a, b) => a.width * a.height - b.width * b.height);
  const count = (files: readonly ImageFile[], label: number) =>
    files.reduce((sum, file) => sum + +(file.label === label), 0);
  return {
    ...{ name: "folder", directory, split, ignored, train: train.length, test: test.length },
    classes: classes.map((name, label) => ({
      name,
      train: count(train, label),
      test: count(test, label),
    })),
    smallest: sizes[0]!,
    largest: sizes.at(-1)!,
    sha256: sha256(new TextEncoder().encode(digests.join("\n"))),
  };
}
