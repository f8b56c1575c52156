/**
 * Whether a network and a data set belong together.
 *
 * @module
 */
import type { Dataset } from "../data/dataset.ts";
import { dataDigest } from "../data/sets/sets.ts";
import { UsageError } from "../errors.ts";
import { quoted } from "../format/quoted.ts";
import { ONE_FORM, otherForm } from "../format/unicode_form.ts";
import type { Architecture } from "../model/architecture.ts";
import type { Subject } from "../run/subject.ts";

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
  const sameToTheEye = trained!.find((each) => otherForm(each, classes) !== undefined);
  if (sameToTheEye !== undefined) {
    throw new UsageError(
      `${path} was trained on a class ${
        quoted(sameToTheEye)
      }, which ${name} has in another Unicode form: ${ONE_FORM}.`,
    );
  }
  throw new UsageError(
    `${path} was trained to call class ${other} ${quoted(trained![other]!)}, but ${name} calls it ${
      quoted(classes[other]!)
    }: give the classes their names back, or name another --data-dir.`,
  );
}

/** That the network at `path` was trained on images of another size than those of `dataset`; nothing where they are alike. */
export function noteSize(
  { path, trainedOn }: Pick<Subject, "path" | "trainedOn">,
  { name, shape: { height, width } }: Dataset,
): string[] {
  const { shape } = trainedOn ?? {};
  if (shape === undefined || shape.height === height && shape.width === width) return [];
  return [
    `warning: ${path} was trained on images of ${shape.height}×${shape.width} pixels, and those of ` +
    `${name} have ${height}×${width}.`,
  ];
}

/** That `dataset` is not the test set that was there when the run of `path` began; nothing where it is, or nobody knows. */
export function noteOtherTest(
  { path, trainedOn }: Pick<Subject, "path" | "trainedOn">,
  dataset: Dataset,
): string[] {
  const { test } = trainedOn ?? {};
  if (test === undefined || test.sha256 === dataDigest(dataset)) return [];
  return [
    `warning: these ${dataset.n} test images are not the ${test.n} that there were when the run of ` +
    `${path} began. Where a folder or a file has no test of its own, one image more or less draws ` +
    "another, and the run may have been trained on some of these.",
  ];
}
