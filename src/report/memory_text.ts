/**
 * What was found in a run's memory, and what was done with it, in words.
 *
 * @module
 */
import { mebibytes } from "../format/mebibytes.ts";
import type { Damage } from "../memory/verify.ts";
import type { GarbageReport } from "../upkeep/collect_garbage.ts";
import type { ExportReport } from "../upkeep/export_memory.ts";
import type { ImportReport } from "../upkeep/import_memory.ts";
import type { MemoryReport, ReportedGeneration } from "../upkeep/memory_stats.ts";
import type { MemoryVerification } from "../upkeep/verify_memory.ts";
import { formatPercent } from "./words.ts";

/** What a memory holds: a line for the commit, one for each generation, one for the ages. */
export function describeStats(report: MemoryReport): string {
  const { codec, epsilon, imageCount, imagesTrainedOn, current, generations, ages } = report;
  const position = current === null
    ? "nothing committed yet"
    : `epoch ${current.epoch}${
      current.complete ? "" : `, step ${current.step}`
    }, ${current.checkpoint}`;
  const histogram = ages.map(({ age, images }) => `${images} of age ${age}`).join(", ");
  return [
    `codec ${codec}, ε = ${(255 * epsilon).toFixed(2)}/255, ${imageCount} training images${
      imagesTrainedOn === undefined || imagesTrainedOn === imageCount
        ? ""
        : `, of which the run trains on ${imagesTrainedOn}`
    }; ${position}`,
    ...generations.map((each) => describeGeneration(each, imageCount, imagesTrainedOn)),
    ...ages.length > 1 ? [`  newest examples: ${histogram}`] : [],
  ].join("\n");
}

function describeGeneration(
  generation: ReportedGeneration,
  imageCount: number,
  images: number | undefined,
): string {
  const { epoch, examples, bytes, meanAbsoluteDelta, boundaryShare, misclassified } = generation;
  const { trainedOn = examples } = generation;
  const share = formatPercent(trainedOn / (images ?? imageCount));
  const whose = images === undefined
    ? `the data set's ${imageCount}`
    : `the ${images === imageCount ? "" : `${images} `}images`;
  const others = examples === trainedOn ? "" : `; ${examples - trainedOn} of others`;
  return [
    `  epoch ${epoch}: ${examples} examples (${share} of ${whose}${others})`,
    `${mebibytes(bytes)} MiB`,
    `mean |δ| ${meanAbsoluteDelta.toFixed(2)}/255`,
    ...boundaryShare === undefined ? [] : [`${formatPercent(boundaryShare)} at the boundary`],
    ...misclassified === undefined ? [] : [`${formatPercent(misclassified)} misclassified`],
  ].join(", ");
}

/** What was looked at, and a line for each damage. */
export function describeMemoryVerification(report: MemoryVerification): string {
  const { commit, generations, chunks, records, index, rebuilt, damage } = report;
  const looked = commit === 0
    ? "nothing committed yet"
    : `commit ${commit}: ${generations} generation(s), ${chunks} chunk(s), ${records} record(s)`;
  return [
    `${looked}${
      index
        ? ""
        : "; the index was not read (a trainer has it open, it is a service that was not named, or a copy cannot be made)"
    }`,
    ...rebuilt ? ["  the index was made anew"] : [],
    ...damage.map((each) => `  ${describeDamage(each)}`),
  ].join("\n");
}

function describeDamage({ fault, image }: Damage): string {
  return image === undefined ? fault : `${fault} (image ${image})`;
}

/** What removing leftovers gave back. */
export function describeGarbage({ before, after }: GarbageReport): string {
  return `${mebibytes(after)} MiB are left of ${mebibytes(before)} MiB`;
}

/** Where the examples are now. */
export function describeExport({ out, epoch, examples }: ExportReport): string {
  return `${examples} examples of epoch ${epoch} are in ${out}`;
}

/** Which epoch the examples count for, and what goes without any. */
export function describeImport(report: ImportReport): string {
  const { epoch, checkpoint, examples, images, without, others, asLeft, age, missing } = report;
  return [
    `${examples} examples are the memory of epoch ${epoch}, beside ${checkpoint}`,
    ...asLeft === false
      ? [`they are not, byte for byte, the examples that epoch ${epoch} left`]
      : [],
    ...others === 0 ? [] : [`${others} of them are of images that the run does not train on`],
    // An epoch need not show all images: where all that it left is back, nothing is missing.
    ...without === 0 || asLeft === true ? [] : [
      `the other ${without} of ${images} images that the run trains on have none: for them, epoch ${
        epoch + age
      } goes without x'', and an attack that would begin there begins at noise, with no more steps`,
    ],
    ...missing.length === 0 ? [] : [
      `with --memory-age ${age}, those of ${epochs(missing)} would be in it too: ${
        epochs(missing.map((each) => each + age))
      } will be like a first one`,
    ],
  ].join("; ");
}

function epochs(numbers: readonly number[]): string {
  const [first] = numbers;
  return numbers.length === 1 ? `epoch ${first}` : `epochs ${first} to ${numbers.at(-1)}`;
}
