/**
 * What a limit on the number of images leaves out.
 *
 * @module
 */
import { firstIndices } from "./batches.ts";
import type { Dataset } from "./dataset.ts";

/**
 * That there are fewer test images than the first `limit`, or that these show fewer classes; nothing without a limit.
 *
 * @param flag what the limit was given by, e.g. `--n-ex`
 */
export function noteTestLimit(
  flag: string,
  limit: number | undefined,
  test: Pick<Dataset, "n" | "classes" | "labels">,
): string[] {
  if (limit === undefined) return [];
  const [all, kept] = [firstIndices(test.n, undefined), firstIndices(test.n, limit)];
  if (limit > test.n) return [`${flag} ${limit}: there are only ${test.n} test images.`];
  return noteMissingClasses(`${flag} ${limit}`, "test", test, all, kept);
}

/**
 * That the first images, which a limit takes, show fewer classes than all would: those of a folder are in the order of
 * their classes.
 *
 * @param flag what the limit was given by, with its number, e.g. `--limit-test 16`
 * @param kind which images they are: `training` or `test`
 * @param all indices of the images without the limit
 * @param kept indices of those that it leaves
 * @returns one sentence; none where each class of `all` has an image
 */
export function noteMissingClasses(
  flag: string,
  kind: "training" | "test",
  { classes, labels }: Pick<Dataset, "classes" | "labels">,
  all: Uint32Array,
  kept: Uint32Array,
): string[] {
  const [before, after] = [all, kept].map((ids) => new Set(Array.from(ids, (id) => labels[id]!)));
  const missing = before!.difference(after!).size;
  if (missing === 0) return [];
  return [
    `${flag} leaves ${missing} of ${classes.length} classes without a ${kind} image: it takes the first images in ` +
    "the data set's order.",
  ];
}
