/**
 * `memloss data fetch|verify|show`
 *
 * @module
 */
import { contactSheet } from "../data/contact_sheet.ts";
import { firstIndices } from "../data/batches.ts";
import { type Dataset, IMAGE_CHANNELS } from "../data/dataset.ts";
import { fetchDataset } from "../data/fetch/fetch.ts";
import { DATA_NAMES, DATA_ROOT, type DataName, loadData } from "../data/sets/sets.ts";
import { findSource } from "../data/fetch/sources.ts";
import { type Verification, verifyDataset } from "../data/verify.ts";
import { Interrupted, UsageError } from "../errors.ts";
import { createDirectory, writeFileAtomically } from "../disk/files.ts";
import { encodePng } from "../format/png.ts";
import { integerFlag, switchFlag, textFlag } from "../recipe/flag.ts";
import { RECIPE_FLAGS } from "../recipe/fields.ts";
import { type Command, type FlagValues, readArguments } from "./shell/command.ts";
import { interruptible } from "./shell/interrupt.ts";
import { commandLine } from "./shell/program_name.ts";
import { ProgressBar } from "./shell/progress_bar.ts";

const FLAGS = {
  dataDir: RECIPE_FLAGS.dataDir,
  out: textFlag("out", "FILE.png", "show: write a contact sheet of test images"),
  nEx: integerFlag("n-ex", "show: images on the contact sheet; default 100", 1, 10_000),
  seed: RECIPE_FLAGS.seed,
  json: switchFlag("json", "print one JSON document on stdout"),
} as const;

type Flags = FlagValues<typeof FLAGS>;

interface Action {
  /** The flags that it has beside --data-dir and --json. */
  readonly flags: readonly (keyof typeof FLAGS)[];
  act(name: string, flags: Flags): Promise<string>;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  fetch: { flags: [], act: fetchAction },
  verify: { flags: [], act: verifyAction },
  show: { flags: ["out", "nEx", "seed"], act: showAction },
};

export const command: Command = {
  name: "data",
  positionals: `fetch|verify|show ${DATA_NAMES.join("|")}`,
  summary: "download, check or look at a data set",
  flags: FLAGS,
  examples: ["memloss data fetch cifar10", "memloss data show synthetic --out synthetic.png"],
  async run(args) {
    const { flags, positionals: [action = "", name = ""] } = readArguments(args, FLAGS, 2);
    const known = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (known === undefined) {
      throw new UsageError(
        `Say what to do with which data set: memloss data ${Object.keys(ACTIONS).join("|")} NAME.`,
      );
    }
    for (const field of Object.keys(flags) as (keyof typeof FLAGS)[]) {
      if (field === "dataDir" || field === "json" || known.flags.includes(field)) continue;
      throw new UsageError(`--${FLAGS[field].name} has no meaning for memloss data ${action}.`);
    }
    console.log(await known.act(name, flags));
  },
};

async function fetchAction(name: string, { dataDir = DATA_ROOT, json }: Flags) {
  const source = findSource(name);
  await createDirectory(dataDir);
  const bar = new ProgressBar({ label: name, total: source.bytes });
  const folder = await interruptible(async (signal) => {
    try {
      return await fetchDataset(source, dataDir, {
        onProgress: (done) => bar.update(done),
        signal,
      });
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Interrupted(`Stopped; go on with: ${commandLine("data", "fetch", name)}`);
    } finally {
      bar.finish();
    }
  });
  return json ? JSON.stringify({ name, folder }) : `${name} is in ${folder}`;
}

async function verifyAction(name: string, { dataDir = DATA_ROOT, json }: Flags) {
  const verification = await verifyDataset(name, dataDir);
  return json ? JSON.stringify(verification, null, 2) : describeVerification(verification);
}

function describeVerification({ name, directory, files, train, test, official }: Verification) {
  return [
    `${name} in ${directory}: ${train} training and ${test} test images, all well-formed` +
    (official ? "." : "; these are not the published numbers."),
    ...files.map(({ file, records, sha256 }) => `  ${file}  ${records} records  sha256 ${sha256}`),
  ].join("\n");
}

async function showAction(name: string, flags: Flags) {
  if (!(DATA_NAMES as readonly string[]).includes(name)) {
    throw new UsageError(`There is no data set "${name}": choose ${DATA_NAMES.join(" or ")}.`);
  }
  const { dataDir, seed = 1, out, nEx = 100, json } = flags;
  if (out !== undefined && !out.endsWith(".png")) {
    throw new UsageError(`--out must be a .png, not "${out}".`);
  }
  const { train, test } = await loadData(name as DataName, dataDir, seed);
  if (out !== undefined) {
    const { width, height, rgb } = contactSheet(test, firstIndices(test.n, nEx), 10);
    await writeFileAtomically(out, encodePng(width, height, rgb));
  }
  const summary = { name, train: summarise(train), test: summarise(test) };
  if (json) return JSON.stringify(summary, null, 2);
  const parts = Object.entries({ train: summary.train, test: summary.test });
  return [
    ...parts.map(([part, { n, mean, deviation }]) =>
      `${part}: ${n} images, channel means ${mean.map(round)}, deviations ${deviation.map(round)}`
    ),
    ...train.classes.map((label, index) =>
      `  ${label.padEnd(12)} ${
        parts.map(([, { labels }]) => String(labels[index]).padStart(6)).join("")
      }`
    ),
    ...out === undefined ? [] : [`The first test images are in ${out}`],
  ].join("\n");
}

/** Number of images, images per class, and mean and standard deviation of every channel in [0,1]. */
function summarise({ n, images, labels, classes }: Dataset) {
  const perClass = new Array<number>(classes.length).fill(0);
  for (const label of labels) perClass[label]!++;
  const sums = new Array<number>(IMAGE_CHANNELS).fill(0);
  const squares = new Array<number>(IMAGE_CHANNELS).fill(0);
  images.forEach((value, index) => {
    sums[index % IMAGE_CHANNELS]! += value / 255;
    squares[index % IMAGE_CHANNELS]! += (value / 255) ** 2;
  });
  const count = images.length / IMAGE_CHANNELS;
  const mean = sums.map((sum) => sum / count);
  const deviation = squares.map((sum, channel) => Math.sqrt(sum / count - mean[channel]! ** 2));
  return { n, labels: perClass, mean, deviation };
}

function round(value: number): string {
  return value.toFixed(4);
}
