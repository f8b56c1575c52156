/**
 * What goes into a table: what was measured, and how the table is laid out.
 *
 * @module
 */
import type { TestImages } from "./test_images.ts";

/** One accuracy of one run. */
export interface Evaluation {
  /** `correct / n`, in [0,1]. */
  readonly accuracy: number;
  readonly correct: number;
  readonly n: number;
  /** `1` for every image that was classified correctly, `0` for every other, in the order of the test set. */
  readonly verdicts?: string | undefined;
  /** Which images these were; absent where nothing is known of them. */
  readonly images?: TestImages | undefined;
  /** Signs that it should not be believed, a sentence each. */
  readonly warnings?: readonly string[] | undefined;
}

/** What is known of one run. */
export interface MeasuredRun {
  /** The name of the row it belongs to. */
  readonly row: string;
  readonly seed: number;
  /** By the name of the column. */
  readonly evaluations: Readonly<Record<string, Evaluation>>;
}

/** A line of a table: one method. */
export interface TableRow {
  readonly name: string;
  readonly label: string;
  /** Published accuracies in percent, by the name of the column. */
  readonly published?: Readonly<Record<string, number>> | undefined;
}

/** A column of a table: one evaluation. */
export interface TableColumn {
  readonly name: string;
  readonly label: string;
}

/** What a table looks like before there are results. */
export interface TableLayout {
  readonly title: string;
  readonly rows: readonly TableRow[];
  readonly columns: readonly TableColumn[];
  /** What a reader has to know, a sentence each. */
  readonly notes: readonly string[];
}
