/**
 * `memloss data fetch|verify|show`
 *
 * @module
 */
import { contactSheet } from "../data/contact_sheet.ts";
import { firstIndices } from "../data/batches.ts";
import type { Dataset } from "../data/dataset.ts";
import { fetchDataset } from "../data/fetch/fetch.ts";
import {
  downloadsOf,
  type FoundVerification,
  type ImageSize,
  isFound,
  isGenerated,
} from "../data/sets/definition.ts";
import {
  DATA_NAMES,
  DATA_ROOT,
  type DataName,
  findPublished,
  findSet,
  loadData,
  PUBLISHED_SETS,
  SETS,
} from "../data/sets/sets.ts";
import { type DatasetVerification, verifyDataset } from "../data/verify.ts";
import { Interrupted, UsageError } from "../errors.ts";
import { createDirectory, writeFileAtomically } from "../disk/files.ts";
import { encodePng } from "../format/png.ts";
import { integerFlag, switchFlag, textFlag } from "../recipe/flag.ts";
import { RECIPE_FLAGS, recipeInput } from "../recipe/fields.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { checkOutput, PNG } from "../run/output.ts";
import { actionCommand } from "./shell/actions.ts";
import { type FlagValues, refuseFlags } from "./shell/command.ts";
import { interruptible } from "./shell/interrupt.ts";
import { printReport } from "./shell/output.ts";
import { OVERWRITE } from "./shell/overwrite_flag.ts";
import { commandLine } from "./shell/program_name.ts";
import { ProgressBar } from "./shell/progress_bar.ts";
import { SUMMARIES } from "./summaries.ts";

const FLAGS = {
  dataDir: RECIPE_FLAGS.dataDir,
  out: textFlag("out", "FILE.png", "show: write a contact sheet of test images"),
  overwrite: OVERWRITE,
  nEx: integerFlag("n-ex", "show: images on the contact sheet; default 100", 1, 10_000),
  seed: RECIPE_FLAGS.seed,
  imageSize: RECIPE_FLAGS.imageSize,
  testFraction: RECIPE_FLAGS.testFraction,
  testSeed: RECIPE_FLAGS.testSeed,
  json: switchFlag("json", "print one JSON document on stdout"),
} as const;

/** Data sets that are downloaded, and those that have files. */
const PUBLISHED = PUBLISHED_SETS.map(({ name }) => name);
const WITH_FILES = SETS.filter((set) => !isGenerated(set)).map(({ name }) => name);

type Flags = FlagValues<typeof FLAGS>;

export const command = actionCommand({
  name: "data",
  question: "Say what to do with which data set",
  positionals: "fetch|verify|show NAME",
  summary: SUMMARIES.data,
  flags: FLAGS,
  actions: {
    fetch: { operands: [PUBLISHED.join("|")], flags: ["dataDir", "json"], act: fetchAction },
    verify: {
      operands: [WITH_FILES.join("|")],
      flags: ["dataDir", "json", "testFraction", "testSeed"],
      act: verifyAction,
    },
    show: {
      operands: [DATA_NAMES.join("|")],
      flags: [
        ...["dataDir", "json", "out", "overwrite", "nEx", "seed"] as const,
        ...["imageSize", "testFraction", "testSeed"] as const,
      ],
      act: showAction,
    },
  },
  examples: ["memloss data fetch cifar10", "memloss data show synthetic --out synthetic.png"],
});

async function fetchAction({ dataDir = DATA_ROOT, json }: Flags, [name = ""]: readonly string[]) {
  const set = findPublished(name);
  const elsewhere = dataDir === DATA_ROOT ? [] : ["--data-dir", dataDir];
  await createDirectory(dataDir);
  const bar = new ProgressBar({
    label: name,
    total: downloadsOf(set.source).reduce((sum, { bytes }) => sum + bytes, 0),
  });
  const folder = await interruptible(async (signal) => {
    try {
      return await fetchDataset(set, dataDir, {
        onProgress: (done) => bar.update(done),
        signal,
      });
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Interrupted(
        `Stopped; go on with: ${commandLine("data", "fetch", name, ...elsewhere)}`,
      );
    } finally {
      bar.finish();
    }
  });
  printReport({ name, folder }, { json }, () => `${name} is in ${folder}`);
}

async function verifyAction(flags: Flags, [name = ""]: readonly string[]) {
  const { dataDir, json } = flags, set = findSet(name);
  checkReading(set.name, flags);
  if (isFound(set)) {
    return printReport(await set.verify(dataDir, flags), { json }, describeFound);
  }
  printReport(
    await verifyDataset(findPublished(name), dataDir ?? DATA_ROOT),
    { json },
    describeDatasetVerification,
  );
}

/** Refuses what training would refuse to read `data` with. Throws a `UsageError`. */
function checkReading(data: DataName, { imageSize, testFraction, testSeed }: Flags): void {
  resolveRecipe(recipeInput({ data, imageSize, testFraction, testSeed }));
}

function describeFound(found: FoundVerification) {
  const { directory, classes, train, test, split, ignored = 0, ...more } = found;
  const { smallest, largest, sha256 } = more;
  const size = ({ width, height }: ImageSize) => `${width}×${height}`;
  const labelWidth = Math.max(12, ...classes.map(({ name }) => name.length));
  return [
    `${directory}: ${train} training and ${test} test images (${
      split === "folders" ? "which lie apart" : "drawn from each class"
    }), ${size(smallest)} to ${size(largest)} pixels, all well-formed.`,
    ...classes.map(({ name, train, test }) =>
      `  ${name.padEnd(labelWidth)} ${String(train).padStart(6)}${String(test).padStart(6)}`
    ),
    ...ignored > 0 ? [`Ignored: ${ignored} hidden or other files and folders.`] : [],
    `sha256 ${sha256}`,
  ].join("\n");
}

function describeDatasetVerification(
  { name, directory, files, train, test, official }: DatasetVerification,
) {
  return [
    `${name} in ${directory}: ${train} training and ${test} test images, all well-formed` +
    (official ? "." : "; these are not the published numbers."),
    ...files.map(({ file, records, sha256 }) => `  ${file}  ${records} records  sha256 ${sha256}`),
  ].join("\n");
}

async function showAction(flags: Flags, [name = ""]: readonly string[]) {
  const set = findSet(name);
  const { dataDir, seed = 1, out, overwrite = false, nEx = 100 } = flags;
  if (out === undefined) {
    refuseFlags(FLAGS, flags, ["nEx", "overwrite"], "has no meaning without --out");
  }
  checkReading(set.name, flags);
  if (isGenerated(set)) {
    refuseFlags(FLAGS, flags, ["dataDir"], `has no meaning for ${name}, which is drawn, not read`);
  } else {
    refuseFlags(FLAGS, flags, ["seed"], `has no meaning for ${name}, which is read and not drawn`);
  }
  if (out !== undefined && !out.endsWith(".png")) {
    throw new UsageError(`--out must be a .png, not "${out}".`);
  }
  if (out !== undefined) {
    const inputs = [dataDir ?? DATA_ROOT];
    await checkOutput(out, { flag: "--out", kind: PNG, inputs, overwrite });
  }
  const { train, test } = await loadData(set.name, dataDir, seed, flags);
  if (out !== undefined) {
    const { width, height, rgb } = contactSheet(test, firstIndices(test.n, nEx), 10);
    await writeFileAtomically(out, encodePng(width, height, rgb));
  }
  const summary = { name, train: summariseSet(train), test: summariseSet(test) };
  const parts = Object.entries({ train: summary.train, test: summary.test });
  const labelWidth = Math.max(12, ...train.classes.map((label) => label.length));
  const lines = [
    ...parts.map(([part, { n, mean, deviation }]) =>
      `${part}: ${n} images, channel means ${mean.map(round)}, deviations ${deviation.map(round)}`
    ),
    ...train.classes.map((label, index) =>
      `  ${label.padEnd(labelWidth)} ${
        parts.map(([, { labels }]) => String(labels[index]).padStart(6)).join("")
      }`
    ),
    ...out === undefined ? [] : [`The first test images are in ${out}`],
  ];
  printReport(summary, flags, () => lines.join("\n"));
}

/** Number of images, images per class, and mean and standard deviation of every channel in [0,1]. */
function summariseSet({ n, images, labels, classes, shape: { channels } }: Dataset) {
  const perClass = new Array<number>(classes.length).fill(0);
  for (const label of labels) perClass[label]!++;
  const sums = new Array<number>(channels).fill(0);
  const squares = new Array<number>(channels).fill(0);
  images.forEach((value, index) => {
    sums[index % channels]! += value / 255;
    squares[index % channels]! += (value / 255) ** 2;
  });
  const count = images.length / channels;
  const mean = sums.map((sum) => sum / count);
  // Of images of one colour, rounding leaves a little less than nothing.
  const variance = squares.map((sum, channel) => Math.max(0, sum / count - mean[channel]! ** 2));
  const deviation = variance.map(Math.sqrt);
  return { n, labels: perClass, mean, deviation };
}

function round(value: number): string {
  return value.toFixed(4);
}
