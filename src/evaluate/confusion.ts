/**
 * Which classes a model takes for which.
 *
 * @module
 */

/**
 * Rows are true classes and columns predicted ones: `[row][column]` images of class `row` were taken for `column`. An
 * image without a predicted class, see {@linkcode predictedClass}, is in no column.
 */
export type Confusion = readonly (readonly number[])[];

/** The confusion of images with these labels and predictions among `classes` classes. */
export function confusionOf(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): Confusion {
  const counts = Array.from({ length: classes }, () => Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    const row = counts[labels[i]!]!, predicted = predictions[i]!;
    if (predicted in row) row[predicted]!++;
  }
  return counts;
}

/** Of every class, how many of its images are classified correctly, and how many there are. */
export function classCounts(confusion: Confusion): [correct: number, n: number][] {
  return confusion.map((row, label) => [row[label]!, row.reduce((sum, count) => sum + count, 0)]);
}
