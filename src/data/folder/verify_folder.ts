/**
 * What exactly a folder of images holds, every file read.
 *
 * @module
 */
import { sha256 } from "../../format/sha256.ts";
import { type ImageFile, listImages, type TestChoice } from "./listing.ts";
import type { FoundVerification, ImageSize } from "../sets/definition.ts";
import { namedFolder, readImage } from "./read_folder.ts";

/**
 * Reads every image in `directory`, which has to be given; the digest is of the digests of the images' pixels, a line each,
 * training images first.
 *
 * @param choice as in {@linkcode listImages}
 * @throws {UsageError} naming the folder or file that is wrong
 */
export async function verifyFolder(
  place: string | undefined,
  choice: TestChoice,
): Promise<FoundVerification> {
  const directory = namedFolder(place);
  const { classes, parts: { train, test }, split, ignored } = await listImages(
    directory,
    choice,
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
