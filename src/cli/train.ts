/**
 * `memloss train`
 *
 * @module
 */
import { join } from "@std/path";
import type { Backend, Demand } from "../backend/backend.ts";
import { openBackend } from "../backend/open.ts";
import { dataDigest, loadData } from "../data/sets/sets.ts";
import { splitTraining } from "../data/split.ts";
import { Interrupted, UsageError } from "../errors.ts";
import { sourceDigest, VERSION } from "../run/program_version.ts";
import { RECIPE_FLAGS, recipeInput } from "../recipe/fields.ts";
import type { Recipe, RecipeInput } from "../recipe/recipe.ts";
import { engineOptions, resolveRecipe } from "../recipe/resolve.ts";
import { resumeRecipe, type RunRecord } from "../run/run_record.ts";
import { type Group, GROUPS } from "../recipe/field.ts";
import { switchFlag, textFlag } from "../recipe/flag.ts";
import { readRunRecord, recipePath, RunFolder } from "../run/run_folder.ts";
import type { EpochMetrics, StepMetrics } from "../run/run_log.ts";
import { preflight } from "../train/preflight.ts";
import { train, type TrainingObserver } from "../train/trainer.ts";
import { type Command, readArguments } from "./shell/command.ts";
import { refuseDeviceFlags } from "./shell/device_flags.ts";
import { interruptible } from "./shell/interrupt.ts";
import { commandLine } from "./shell/program_name.ts";
import { formatDuration, formatPercent, StatusLine } from "./shell/terminal.ts";
import { NO_TUNE, tuningOptions } from "./shell/tuning_flag.ts";

const OUTPUT: Group = "Output", DEVICE: Group = "Device";

const FLAGS = {
  ...RECIPE_FLAGS,
  runDir: {
    ...textFlag("run-dir", "DIR", "folder of the run; default runs/VARIANT-DATA-seedN"),
    group: OUTPUT,
  },
  resume: { ...switchFlag("resume", "continue the run in --run-dir"), group: OUTPUT },
  noTune: { ...NO_TUNE, group: DEVICE },
} as const;

export const command: Command = {
  name: "train",
  positionals: "",
  summary: "train a model, or continue to train it",
  flags: FLAGS,
  groups: GROUPS,
  examples: [
    "memloss train --variant v1 --data-dir data --run-dir runs/v1",
    "memloss train --run-dir runs/v1 --resume",
  ],
  async run(args) {
    const { flags: { runDir, resume, noTune, ...values } } = readArguments(args, FLAGS, 0);
    refuseDeviceFlags({ ...values, noTune });
    const given = recipeInput(values);
    const directory = runDir ?? defaultRunDir(given);
    await interruptible((signal) => trainCommand(directory, given, { resume, noTune }, signal));
  },
};

function defaultRunDir(given: RecipeInput): string {
  const { variant, data, seed } = resolveRecipe(given);
  return join("runs", `${variant}-${data}-seed${seed}`);
}

/** How a run is made, which never changes what it is. */
export interface TrainOptions {
  readonly resume?: boolean | undefined;
  readonly noTune?: boolean | undefined;
}

/**
 * Trains into `runDir`: a new run of the recipe `given`, or the rest of the run that is there.
 *
 * @throws {UsageError} if the folder is used and `resume` is false, or the recipe or the data differ from the run's
 */
export async function trainCommand(
  runDir: string,
  given: RecipeInput,
  { resume, noTune }: TrainOptions,
  signal: AbortSignal,
): Promise<void> {
  const stored = resume ? await readRunRecord(runDir) : undefined;
  const recipe = stored
    ? resumeRecipe(stored.recipe, given, recipePath(runDir))
    : resolveRecipe(given);
  const data = await loadData(recipe.data, recipe.dataDir, recipe.seed);
  const digest = dataDigest(data.train);
  if (stored && stored.dataSha256 !== digest) {
    throw new UsageError(
      `The training images are not those that ${runDir} was started on: check --data-dir.`,
    );
  }
  // Refused here rather than in training: no folder has been made yet.
  const split = splitTraining(data.train.n, recipe.select === "val", recipe.limitTrain);
  // A resumed run computes where it began: another engine's rounding would end it elsewhere.
  const status = new StatusLine(), tuning = tuningOptions(noTune, status, signal);
  const choice = stored?.machine.backend ?? recipe.backend;
  const { adapter = "", variants } = stored?.machine ?? {};
  const pinned = variants && { pinned: { adapter, variants } };
  const backend = await openBackend(choice, { ...engineOptions(recipe), ...tuning, ...pinned });
  try {
    const images = split.train.length;
    const demand = await backend.guard(
      preflight(recipe, data.train, images, backend),
    );
    const folder = stored
      ? await RunFolder.open(runDir)
      : await RunFolder.create(runDir, await describeRun(recipe, backend, digest));
    status.print(
      `${
        stored ? "Continuing" : "Training"
      } ${recipe.variant} on ${recipe.data}, width ${recipe.width}` +
        `${recipe.attack?.precision === "f16" ? ", attacked in float16" : ""}, ` +
        `${describeDevice(backend, demand)}, in ${runDir}`,
    );
    if (stored) noteChanges(stored, await describeRun(recipe, backend, digest), status);
    try {
      const observer = observe(status, recipe.select);
      if (demand) status.update("compiling kernels for the first steps");
      await train({ recipe, folder, data, backend, signal, observer });
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      throw new Interrupted(
        `${error.message}\nContinue with: ${commandLine("train", "--run-dir", runDir, "--resume")}`,
      );
    } finally {
      status.clear();
      await folder.close();
    }
    status.print(`Done. Evaluate it with: ${commandLine("eval", runDir)}`);
  } finally {
    backend.close();
  }
}

async function describeRun(
  recipe: Recipe,
  backend: Backend,
  dataSha256: string,
): Promise<RunRecord> {
  const variants = backend.choices();
  return {
    format: 2,
    program: { version: VERSION, digest: await sourceDigest() },
    machine: {
      ...{ backend: backend.name, adapter: backend.adapter, deno: Deno.version.deno },
      ...Object.keys(variants).length > 0 && { variants },
    },
    dataSha256,
    recipe,
  };
}

/** The device in a few words. */
function describeDevice({ name, adapter, threads }: Backend, demand: Demand | undefined): string {
  const crew = name === "wasm" ? `, ${threads} ${threads === 1 ? "thread" : "threads"}` : "";
  const memory = demand ? `, ${Math.ceil(demand.bytes / 2 ** 20)} MiB of its memory` : "";
  return `${name} (${adapter}${crew}${memory})`;
}

/** Another device or another program computes other roundings: said, so that nobody wonders about the bytes. */
function noteChanges(before: RunRecord, now: RunRecord, status: StatusLine): void {
  const changes = [
    before.machine.adapter === now.machine.adapter ? "" : `adapter (${before.machine.adapter})`,
    before.machine.deno === now.machine.deno ? "" : `Deno (${before.machine.deno})`,
    before.program.digest === now.program.digest ? "" : `program (${before.program.version})`,
  ].filter(Boolean);
  if (changes.length === 0) return;
  status.print(
    `note: the run began with another ${changes.join(" and another ")}: ` +
      "it may not end in the same bytes as without the interruption.",
  );
}

function observe(status: StatusLine, select: Recipe["select"]): TrainingObserver {
  const started = performance.now();
  let stepsHere = 0;
  return {
    onDamage({ image, fault }) {
      status.print(`warning: image ${image} goes without memory in this epoch: ${fault}`);
    },
    onStep(metrics: StepMetrics, { epochs, stepsPerEpoch }) {
      stepsHere++;
      const left = epochs * stepsPerEpoch - (metrics.epoch - 1) * stepsPerEpoch - metrics.step;
      const secondsLeft = (performance.now() - started) / 1000 / stepsHere * left;
      const position = `epoch ${metrics.epoch}/${epochs} step ${metrics.step}/${stepsPerEpoch}`;
      const rate = `${metrics.imagesPerSecond.toFixed(1)} images/s`;
      const remaining = `${formatDuration(secondsLeft)} left`;
      status.update(
        `${position}  ${describeTerms(metrics)}  ${rate}  ${remaining}`,
        `${position}  ${rate}  ${remaining}`,
        `${position}  ${remaining}`,
        remaining,
      );
    },
    onEvaluation(name, done, n) {
      status.update(`${select}: ${name}, ${done} of ${n} images`);
    },
    onEpoch(metrics: EpochMetrics, { epochs }) {
      const { cleanAccuracy, robustAccuracy } = metrics;
      const accuracies = cleanAccuracy === undefined || robustAccuracy === undefined
        ? ""
        : `  ${select}: clean ${formatPercent(cleanAccuracy)}  PGD-20 ${
          formatPercent(robustAccuracy)
        }`;
      status.print(
        `epoch ${metrics.epoch}/${epochs}  ${describeTerms(metrics)}${accuracies}  ` +
          `${metrics.imagesPerSecond.toFixed(1)} images/s  ${formatDuration(metrics.seconds)}`,
      );
    },
  };
}

function describeTerms({ loss, terms }: StepMetrics | EpochMetrics): string {
  const parts = Object.entries(terms).map(([name, value]) => `${name} ${value.toFixed(4)}`);
  return `loss ${loss.toFixed(4)} (${parts.join(", ")})`;
}
