/**
 * `memloss train`
 *
 * @module
 */
import { join } from "@std/path";
import * as v from "valibot";
import { changedRecipe } from "../recipe/changes.ts";
import { type Group, GROUPS } from "../recipe/field.ts";
import { RECIPE_FLAGS, recipeInput } from "../recipe/fields.ts";
import { switchFlag, textFlag } from "../recipe/flag.ts";
import type { RecipeInput } from "../recipe/recipe.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { describeRunEstimate, estimateRun } from "../reproduce/estimate_run.ts";
import { knownData } from "../reproduce/known_data.ts";
import { OWN_RECIPES, readNamedRecipe } from "../run/named_recipe.ts";
import { beginningOf } from "../run/weights/initial_weights.ts";
import { refuseUsed } from "../run/folder/unused.ts";
import { noteShortAttacks } from "../train/inner_attack.ts";
import { type Command, type FlagValues, readArguments, refuseFlags } from "./shell/command.ts";
import { refuseDeviceFlags } from "./shell/device_flags.ts";
import { interruptible } from "./shell/interrupt.ts";
import { printMessage, printResult } from "./shell/output.ts";
import { StatusLine } from "./shell/terminal.ts";
import { NO_TUNE } from "./shell/tuning_flag.ts";
import { DASHBOARD } from "./shell/dashboard_flag.ts";
import { continueShown, startShown } from "./train_status.ts";
import { SUMMARIES } from "./summaries.ts";

const WHAT: Group = "What to train", OUTPUT: Group = "Output", DEVICE: Group = "Device";

const FLAGS = {
  recipe: {
    ...textFlag(
      "recipe",
      "NAME|RUN_DIR|FILE",
      `train by ${
        Object.keys(OWN_RECIPES).join(", ")
      }, by the recipe of a run but for where its data lay, or by a file of some fields; ` +
        "other flags change it",
    ),
    group: WHAT,
  },
  dryRun: {
    ...switchFlag("dry-run", "only say what would be trained, and what it would take"),
    group: WHAT,
  },
  ...RECIPE_FLAGS,
  runDir: {
    ...textFlag("run-dir", "DIR", "folder of the run; default runs/VARIANT-DATA-seedN"),
    group: OUTPUT,
  },
  resume: { ...switchFlag("resume", "continue the run in --run-dir"), group: OUTPUT },
  tensorboard: {
    ...switchFlag(
      "tensorboard",
      "also write event files for TensorBoard, to tensorboard/ in the run",
    ),
    group: OUTPUT,
  },
  dashboard: { ...DASHBOARD, group: OUTPUT },
  noTune: { ...NO_TUNE, group: DEVICE },
} as const;

export const command: Command = {
  name: "train",
  positionals: "",
  summary: SUMMARIES.train,
  flags: FLAGS,
  groups: GROUPS,
  examples: [
    "memloss train --variant v1 --data-dir data --run-dir runs/v1",
    "memloss train --run-dir runs/v1 --resume",
    "memloss train --recipe runs/v1 --run-dir runs/again",
    "memloss train --recipe memloss-best --awp 0",
    "memloss train --variant v2 --dry-run",
  ],
  async run(args) {
    const { flags } = readArguments(
      args,
      FLAGS,
      0,
      (word) => v.is(RECIPE_FLAGS.variant.schema, word) ? `--variant ${word}` : undefined,
    );
    const { runDir, resume, tensorboard, dashboard, noTune, recipe: name, dryRun, ...values } =
      flags;
    refuseDeviceFlags({ ...values, noTune });
    if (resume) {
      const why = "has no meaning with --resume, which goes on by the recipe that the run has";
      refuseFlags(FLAGS, flags, ["recipe", "dryRun"], why);
    }
    const changes = recipeInput(values);
    const named = name === undefined ? undefined : await readNamedRecipe(name, changes.auxData);
    const given = named ? changedRecipe(named.recipe, changes, named.where) : changes;
    const directory = runDir ?? defaultRunDir(given), tune = noTune !== true;
    await interruptible(async (signal) => {
      if (dryRun) return await previewRun(given, directory, signal);
      const options = { signal, tune, tensorboard: tensorboard === true, dashboard };
      return await (resume
        // What it was told for this sitting, such as where its data are now, it has to be told again.
        ? continueShown(directory, { given, ...options, again: ["train", ...args] })
        : startShown(given, directory, { ...options, again: continuing(directory, flags) }));
    });
  },
};

/** Prints the recipe on stdout, for a file, and says on stderr what a run of it would take, however quiet. */
async function previewRun(given: RecipeInput, directory: string, signal: AbortSignal) {
  const { recipe: input, initial } = await beginningOf(given), recipe = resolveRecipe(input);
  await refuseUsed(directory);
  const reading = new StatusLine(), measuring = new StatusLine();
  reading.update("reading the images");
  const known = await knownData(recipe).finally(() => reading.clear());
  measuring.update("measuring a few steps");
  const onStep = (done: number, steps: number) =>
    measuring.update(`measuring a few steps: ${done} of ${steps}`);
  const needed = await estimateRun(input, known, directory, signal, onStep)
    .finally(() => measuring.clear());
  printResult(JSON.stringify(recipe, null, 2));
  const [said, ...warnings] = describeRunEstimate(needed, directory);
  const missing = known.missing === undefined ? [] : [known.missing];
  const notes = [...initial?.notes ?? [], ...noteShortAttacks(recipe)].map((note) =>
    `note: ${note}`
  );
  for (const line of [`It would take ${said}.`, ...warnings, ...missing, ...notes]) {
    printMessage(line);
  }
}

/** What continues the run that `flags` have started: the rest of them is in its recipe. */
function continuing(
  directory: string,
  { tensorboard, dashboard, noTune }: FlagValues<typeof FLAGS>,
): string[] {
  return [
    ...["train", "--run-dir", directory, "--resume"],
    ...tensorboard ? ["--tensorboard"] : [],
    ...dashboard === undefined ? [] : ["--dashboard", String(dashboard)],
    ...noTune ? ["--no-tune"] : [],
  ];
}

function defaultRunDir(given: RecipeInput): string {
  const { variant, data, seed } = resolveRecipe(given);
  return join("runs", `${variant}-${data}-seed${seed}`);
}
