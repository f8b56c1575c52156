/**
 * Which test images an accuracy is of, and whether two are of the same ones.
 *
 * @module
 */
import { TEST_FRACTION, type TestChoice } from "../../data/folder/listing.ts";
import { isFound } from "../../data/sets/definition.ts";
import { findSet } from "../../data/sets/sets.ts";
import type { Recipe } from "../../recipe/recipe.ts";

/** The test images of an evaluation, as far as its report and its run say which they are. */
export interface TestImages {
  /** SHA-256 of those that were evaluated, and of their labels; absent where the report has none. */
  readonly sha256?: string | undefined;
  /** The data set, and what decides which of its images test. */
  readonly source: string;
  /** SHA-256 of the training images that lay beside them; absent where it is also of images from elsewhere. */
  readonly training?: string | undefined;
}

/** Of a recipe, what decides which images test. */
type Choice = Pick<Recipe, "data" | "imageSize" | keyof TestChoice | "auxFraction">;

/**
 * The test images of a run.
 *
 * @param dataSha256 SHA-256 of its training images
 * @param sha256 that of the images of one of its evaluations, where that is known
 */
export function testImages(
  { data, imageSize, testFraction = TEST_FRACTION, testSeed = 0, auxFraction }: Choice,
  dataSha256: string,
  sha256?: string,
): TestImages {
  // What was found somewhere is known by its training images alone.
  const found = isFound(findSet(data));
  return {
    ...sha256 !== undefined && { sha256 },
    source: JSON.stringify(found ? [data, imageSize, testFraction, testSeed] : [data]),
    ...(found || auxFraction === undefined) && { training: dataSha256 },
  };
}

/** Whether two evaluations on as many images were on the same ones, for all that is known. */
export function sameImages(one: TestImages | undefined, other: TestImages | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  if (one.sha256 !== undefined && other.sha256 !== undefined) return one.sha256 === other.sha256;
  const beside = [one.training, other.training];
  return one.source === other.source &&
    (beside.includes(undefined) || one.training === other.training);
}
