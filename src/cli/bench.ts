/**
 * `memloss bench`
 *
 * @module
 */
import * as v from "valibot";
import { openBackend } from "../backend/open.ts";
import { compareAttackStarts } from "../bench/attack_start.ts";
import { closeEngines, openEngines } from "../bench/engines.ts";
import { GPUS } from "../bench/gpus.ts";
import { measureHost } from "../bench/host/measure.ts";
import { measureKernels, summariseSpeeds } from "../bench/kernels.ts";
import { convolutionLayers } from "../bench/layers.ts";
import type { BenchReport, Size } from "../bench/report.ts";
import { rooflines } from "../bench/roofline.ts";
import { compareSteps } from "../bench/step.ts";
import { RECIPE_FLAGS } from "../recipe/fields.ts";
import { choiceFlag, type Flag, integerFlag, switchFlag } from "../recipe/flag.ts";
import { describeBench } from "../report/bench_text.ts";
import { type Command, type FlagValues, readArguments, refuseFlags } from "./shell/command.ts";
import { printReport } from "./shell/output.ts";
import { StatusLine } from "./shell/terminal.ts";
import { NO_TUNE, tuningOptions } from "./shell/tuning_flag.ts";
import { SUMMARIES } from "./summaries.ts";

/** What can be asked for. */
const SUBJECTS = ["kernels", "step", "attack-start", "host", "roofline"] as const;
type BenchSubject = typeof SUBJECTS[number];

/** Sizes unless told otherwise: a software device, and tfjs's kernels on it, must be done in minutes. */
const DEFAULTS: Readonly<Record<BenchSubject, Size>> = {
  kernels: { width: 64, batchSize: 8 },
  step: { width: 8, batchSize: 8 },
  "attack-start": { width: 16, batchSize: 128 },
  host: { width: 64, batchSize: 128 },
  roofline: { width: 64, batchSize: 128 },
};
const DEFAULT_PAIRS = 5;

const subjectList = v.pipe(
  v.array(v.picklist(SUBJECTS, `must be a list of ${SUBJECTS.join(", ")}`)),
  v.transform((names) => new Set(names)),
);

const whatFlag: Flag<typeof subjectList> = {
  name: "what",
  placeholder: SUBJECTS.join(","),
  known: SUBJECTS,
  help: "what to measure or compute, separated by commas; default kernels,step",
  schema: subjectList,
  parse: (text) => text.split(","),
};

/** For the help: the default of every subject. */
const defaultsOf = (size: keyof Size) =>
  SUBJECTS.map((subject) => `${DEFAULTS[subject][size]} (${subject})`).join(", ");

const FLAGS = {
  what: whatFlag,
  compare: choiceFlag("compare", ["stock"], "measure tfjs's own WebGPU kernels beside ours"),
  width: integerFlag(
    "width",
    `channels of ResNet-18's first stage; default ${defaultsOf("width")}`,
    1,
  ),
  batchSize: integerFlag("batch-size", `images; default ${defaultsOf("batchSize")}`, 1),
  pairs: integerFlag("pairs", `measurements of each side; default ${DEFAULT_PAIRS}`, 1),
  backend: { ...RECIPE_FLAGS.backend, help: "device of attack-start; default auto" },
  noTune: NO_TUNE,
  json: switchFlag("json", "print one JSON document on stdout"),
} as const;

export const command: Command = {
  name: "bench",
  positionals: "",
  summary: SUMMARIES.bench,
  flags: FLAGS,
  examples: [
    "memloss bench --what kernels,step --compare stock --json",
    "memloss bench --what step --compare stock --width 64 --batch-size 32 --pairs 3",
    "memloss bench --what attack-start",
    "memloss bench --what host",
    "memloss bench --what roofline",
  ],
  async run(args) {
    const { flags } = readArguments(args, FLAGS, 0);
    const report = await bench(flags);
    printReport(report, flags, describeBench);
  },
};

async function bench(flags: FlagValues<typeof FLAGS>): Promise<BenchReport> {
  const what = flags.what ?? new Set<BenchSubject>(["kernels", "step"]);
  const measured = what.has("kernels") || what.has("step"), starts = what.has("attack-start");
  if (!measured) {
    refuseFlags(FLAGS, flags, ["compare"], "has a meaning for --what kernels and step only");
  }
  if (!measured && !starts) {
    const why = "has a meaning for --what kernels, step and attack-start only";
    refuseFlags(FLAGS, flags, ["pairs"], why);
  }
  if (!what.has("step") && !starts) {
    const why = "has a meaning for --what step and attack-start only";
    refuseFlags(FLAGS, flags, ["noTune"], why);
  }
  if (!starts) {
    refuseFlags(FLAGS, flags, ["backend"], "has a meaning for --what attack-start only");
  }
  return {
    ...measured && await measure(what, flags),
    ...starts && { attackStart: await attackStarts(sizeOf("attack-start", flags), flags) },
    ...what.has("host") && { host: await hostAlone(sizeOf("host", flags)) },
    ...what.has("roofline") && { roofline: boundOnPaper(sizeOf("roofline", flags)) },
  };
}

function sizeOf(subject: BenchSubject, { width, batchSize }: FlagValues<typeof FLAGS>): Size {
  const size = DEFAULTS[subject];
  return { width: width ?? size.width, batchSize: batchSize ?? size.batchSize };
}

function boundOnPaper(size: Size): BenchReport["roofline"] {
  const variants = rooflines(convolutionLayers(size.width, size.batchSize));
  return { ...size, gpus: GPUS, variants };
}

async function attackStarts(
  size: Size,
  { backend: choice = "auto", pairs = DEFAULT_PAIRS, noTune }: FlagValues<typeof FLAGS>,
): Promise<BenchReport["attackStart"]> {
  const status = new StatusLine();
  const backend = await openBackend(choice, tuningOptions(noTune, status));
  try {
    const { width, batchSize } = size, { name, adapter } = backend;
    const progress = (text: string) => status.update(text);
    const attacks = await backend.guard(
      compareAttackStarts(backend, width, batchSize, pairs, progress),
    );
    return { ...size, backend: name, adapter, pairs, attacks };
  } finally {
    status.clear();
    backend.close();
  }
}

async function hostAlone(size: Size): Promise<BenchReport["host"]> {
  const status = new StatusLine();
  try {
    return {
      ...size,
      ...await measureHost(size.width, size.batchSize, (text) => status.update(text)),
    };
  } finally {
    status.clear();
  }
}

async function measure(
  what: ReadonlySet<BenchSubject>,
  flags: FlagValues<typeof FLAGS>,
): Promise<BenchReport> {
  const { compare, pairs = DEFAULT_PAIRS } = flags;
  const status = new StatusLine();
  const options = tuningOptions(flags.noTune, status);
  const engines = await openEngines(compare === "stock", options);
  if (engines.software) {
    status.print(
      "note: the only WebGPU adapter here is software, on which this takes many minutes.",
    );
  }
  const progress = (text: string) => status.update(text);
  const kernels = async ({ width, batchSize }: Size) => {
    const layers = convolutionLayers(width, batchSize);
    const speeds = await measureKernels(layers, engines, pairs, progress);
    return { width, batchSize, pairs, summary: summariseSpeeds(speeds), layers: speeds };
  };
  const step = async ({ width, batchSize }: Size) => {
    const comparison = await compareSteps(engines, width, batchSize, pairs, progress);
    return { width, batchSize, pairs, ...comparison };
  };
  try {
    return {
      adapter: engines.ours.backend.adapter,
      ...what.has("kernels") && { kernels: await kernels(sizeOf("kernels", flags)) },
      ...what.has("step") && { step: await step(sizeOf("step", flags)) },
    };
  } finally {
    status.clear();
    closeEngines(engines);
  }
}
