/**
 * Which of a run's evaluations are on the run's own test images: what stands for the run is on one set of them.
 *
 * @module
 */
import { join } from "@std/path";
import { firstIndices } from "../data/batches.ts";
import type { Dataset } from "../data/dataset.ts";
import { DATA_ROOT, dataDigest, loadSplit } from "../data/sets/sets.ts";
import { RunError, UsageError } from "../errors.ts";
import { imagesDigest } from "../data/images_digest.ts";
import type { RunRecord } from "../run/run_record.ts";

/** What a run's record says of its images. */
type RecordedData = Pick<RunRecord, "recipe" | "data">;

/** What says on which images it is. */
interface OnImages {
  /** SHA-256 of the images; absent in reports of earlier versions. */
  readonly imagesSha256?: string;
}

/**
 * Those of `evaluations` that are on the run's test images or the first of these. Where its record says which they were, others
 * are not its own; where it does not, as of a data set that is always the same, those of one digest are, and of several only
 * the images can tell: the first so many of a set have a digest of their own. Where these are not there, different numbers of
 * images are taken for the first of one set.
 *
 * @param countOf how many images an evaluation is on
 * @throws {UsageError} if none is of the run's test images, or these are not there and as many images have two digests
 */
export async function ofOwnImages<E extends OnImages>(
  evaluations: readonly E[],
  countOf: (evaluation: E) => number,
  record: RecordedData,
  directory: string,
): Promise<E[]> {
  const sets = new Map(evaluations.map((each) => [each.imagesSha256, countOf(each)]));
  sets.delete(undefined); // of earlier versions, which say nothing
  const recorded = record.data?.test;
  const plain = recorded
    ? [...sets.keys()].every((sha256) => sha256 === recorded.sha256)
    : sets.size <= 1;
  if (plain) return [...evaluations];
  const test = await findTestImages(record);
  const guessed = test === undefined && new Set(sets.values()).size === sets.size;
  const own = new Set(
    [...sets].flatMap(([sha256, n]) => {
      if (sha256 === recorded?.sha256) return sha256!;
      const first = guessed ? n < (recorded?.n ?? Infinity) : isFirst(sha256!, n, test);
      return first ? sha256! : [];
    }),
  );
  if (own.size === 0) {
    const place = record.recipe.dataDir ?? DATA_ROOT;
    const named = [...sets].map(([sha256, n]) => `${n} of SHA-256 ${sha256!.slice(0, 12)}…`);
    throw new UsageError(
      `The reports in ${join(directory, "eval")} are on ${
        sets.size > 1 ? "several sets of images" : "images"
      } (${named.join(", ")}), and ${
        test || recorded && sets.size === 1
          ? `none on the run's test images${test ? ` in ${place}` : ""}`
          : `without the test images in ${place} nobody can tell which are the run's`
      }: put the run's test images there, or move the reports on others away.`,
    );
  }
  return evaluations.filter(({ imagesSha256: sha256 }) => sha256 === undefined || own.has(sha256));
}

/** The run's test images, if they are where its recipe has them. */
async function findTestImages(
  { recipe, data: found }: RecordedData,
): Promise<Dataset | undefined> {
  const { data, dataDir, seed } = recipe;
  try {
    const test = await loadSplit(data, "test", dataDir, seed, recipe);
    return found?.test && dataDigest(test) !== found.test.sha256 ? undefined : test;
  } catch (error) {
    if (error instanceof UsageError || error instanceof RunError) return undefined;
    throw error;
  }
}

function isFirst(sha256: string, n: number, test: Dataset | undefined): boolean {
  return test !== undefined && n <= test.n &&
    imagesDigest(test, firstIndices(test.n, n)) === sha256;
}
