/**
 * Whether a network and a data set belong together.
 *
 * @module
 */
import type { Dataset } from "../data/dataset.ts";
import { UsageError } from "../errors.ts";
import { quoted } from "../format/quoted.ts";
import type { Architecture } from "../model/architecture.ts";

/**
 * Refuses the network at `path` if it is made for other images or classes than those of `dataset`.
 *
 * @param trained names of the classes that it was trained to tell apart, in label order, where they are known
 * @throws {UsageError} naming both
 */
export function checkFitting(
  path: string,
  architecture: Architecture,
  dataset: Dataset,
  trained?: readonly string[],
): void {
  const { name, classes, shape } = dataset;
  if (architecture.classes !== classes.length) {
    throw new UsageError(
      `${path} tells ${architecture.classes} classes apart, but ${name} has ${classes.length}.`,
    );
  }
  const { channels } = architecture;
  if (channels !== shape.channels) {
    throw new UsageError(
      `${path} takes ${channels}-channel images, but those of ${name} have ${shape.channels} channels.`,
    );
  }
  const other = trained?.findIndex((each, label) => each !== classes[label]) ?? -1;
  if (other < 0) return;
  throw new UsageError(
    `${path} was trained to call class ${other} ${quoted(trained![other]!)}, but ${name} calls it ${
      quoted(classes[other]!)
    }: give the classes their names back, or name another --data-dir.`,
  );
}
