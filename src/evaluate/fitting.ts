/**
 * Whether a network and a data set belong together.
 *
 * @module
 */
import type { Dataset } from "../data/dataset.ts";
import { UsageError } from "../errors.ts";
import type { Architecture } from "../model/architecture.ts";

/**
 * Refuses the network at `path` if it is made for other images or classes than those of `dataset`.
 *
 * @throws {UsageError} naming both
 */
export function checkFitting(path: string, architecture: Architecture, dataset: Dataset): void {
  const { name, classes, shape } = dataset;
  if (architecture.classes !== classes.length) {
    throw new UsageError(
      `${path} tells ${architecture.classes} classes apart, but ${name} has ${classes.length}.`,
    );
  }
  const { channels } = architecture;
  if (channels === shape.channels) return;
  throw new UsageError(
    `${path} takes ${channels}-channel images, but those of ${name} have ${shape.channels} channels.`,
  );
}
