/**
 * The flags of `memloss bench`, and which of its subjects have a use for each.
 *
 * @module
 */
import * as v from "valibot";
import type { Size } from "../../bench/report.ts";
import { RECIPE_FLAGS } from "../../recipe/fields.ts";
import { choiceFlag, type Flag, integerFlag, switchFlag } from "../../recipe/flag.ts";
import { type FlagValues, refuseFlags } from "../shell/command.ts";
import { NO_TUNE } from "../shell/tuning_flag.ts";

/** What can be asked for. */
const SUBJECTS = [
  ...["kernels", "step", "attack", "attack-start", "eval"] as const,
  ...["memory", "host", "roofline"] as const,
] as const;
/** One of them. */
export type BenchSubject = typeof SUBJECTS[number];

/** Sizes unless told otherwise: a software device, and tfjs's kernels on it, must be done in minutes. */
export const DEFAULTS: Readonly<Record<Exclude<BenchSubject, "memory">, Size>> = {
  kernels: { width: 64, batchSize: 8 },
  step: { width: 8, batchSize: 8 },
  attack: { width: 16, batchSize: 128 },
  "attack-start": { width: 16, batchSize: 128 },
  eval: { width: 16, batchSize: 128 },
  host: { width: 64, batchSize: 128 },
  roofline: { width: 64, batchSize: 128 },
};
/** Measurements of each side. */
export const DEFAULT_PAIRS = 5;
/** The memory that is measured. */
export const MEMORY = {
  examples: 50_000,
  batchSize: 128,
  memoryCodec: "int8",
  memoryBudget: 256,
} as const;

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

/** For the help: the default of every subject that has one. */
const defaultsOf = (size: keyof Size) =>
  Object.entries(DEFAULTS).map(([subject, sizes]) => `${sizes[size]} (${subject})`).join(", ");

/** All of them. */
export const FLAGS = {
  what: whatFlag,
  compare: choiceFlag("compare", ["stock"], "measure tfjs's own WebGPU kernels beside ours"),
  width: integerFlag(
    "width",
    `channels of ResNet-18's first stage; default ${defaultsOf("width")}`,
    1,
  ),
  batchSize: integerFlag(
    "batch-size",
    `images; default ${defaultsOf("batchSize")}, ${MEMORY.batchSize} (memory)`,
    1,
  ),
  pairs: integerFlag("pairs", `measurements of each side; default ${DEFAULT_PAIRS}`, 1),
  backend: {
    ...RECIPE_FLAGS.backend,
    help:
      "device of attack, attack-start and eval, default auto; of step, default WebGPU where there is any",
  },
  noTune: NO_TUNE,
  examples: integerFlag("examples", `of the memory; default ${MEMORY.examples}`, 1),
  memoryCodec: {
    ...RECIPE_FLAGS.memoryCodec,
    help: `how the memory stores them; default ${MEMORY.memoryCodec}`,
  },
  memoryBudget: {
    ...RECIPE_FLAGS.memoryBudget,
    help: `MiB of RAM for the memory; default ${MEMORY.memoryBudget}`,
  },
  json: switchFlag("json", "print one JSON document on stdout"),
} as const;

/** What has a use for a flag that not all have. */
const MEANT_FOR = {
  compare: ["kernels", "step"],
  width: SUBJECTS.filter((subject) => subject !== "memory"),
  pairs: ["kernels", "step", "attack", "attack-start", "eval"],
  backend: ["step", "attack", "attack-start", "eval"],
  noTune: ["step", "attack", "attack-start", "eval"],
  examples: ["memory"],
  memoryCodec: ["memory"],
  memoryBudget: ["memory"],
} as const satisfies Partial<Record<keyof typeof FLAGS, readonly BenchSubject[]>>;

/** Flags as a command line gave them. */
export type Flags = FlagValues<typeof FLAGS>;

/**
 * Refuses a flag that nothing of `what` has a use for.
 *
 * @throws {UsageError} naming the flag and what has
 */
export function refuseIdle(what: ReadonlySet<BenchSubject>, flags: Flags): void {
  for (const [field, subjects] of Object.entries(MEANT_FOR)) {
    if (subjects.some((subject) => what.has(subject))) continue;
    const why = `has a meaning for --what ${subjects.join(", ")} only`;
    refuseFlags(FLAGS, flags, [field as keyof typeof MEANT_FOR], why);
  }
}

/** The size at which `subject` is measured. */
export function sizeOf(subject: keyof typeof DEFAULTS, { width, batchSize }: Flags): Size {
  const size = DEFAULTS[subject];
  return { width: width ?? size.width, batchSize: batchSize ?? size.batchSize };
}
