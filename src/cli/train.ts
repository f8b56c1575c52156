/**
 * `memloss train`
 *
 * @module
 */
import { join } from "@std/path";
import { type Group, GROUPS } from "../recipe/field.ts";
import { RECIPE_FLAGS, recipeInput } from "../recipe/fields.ts";
import { switchFlag, textFlag } from "../recipe/flag.ts";
import type { RecipeInput } from "../recipe/recipe.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { type Command, readArguments } from "./shell/command.ts";
import { refuseDeviceFlags } from "./shell/device_flags.ts";
import { interruptible } from "./shell/interrupt.ts";
import { NO_TUNE } from "./shell/tuning_flag.ts";
import { DASHBOARD } from "./shell/dashboard_flag.ts";
import { continueShown, startShown } from "./train_status.ts";

const OUTPUT: Group = "Output", DEVICE: Group = "Device";

const FLAGS = {
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
  summary: "train a model, or continue to train it",
  flags: FLAGS,
  groups: GROUPS,
  examples: [
    "memloss train --variant v1 --data-dir data --run-dir runs/v1",
    "memloss train --run-dir runs/v1 --resume",
  ],
  async run(args) {
    const { flags } = readArguments(args, FLAGS, 0);
    const { runDir, resume, tensorboard, dashboard, noTune, ...values } = flags;
    refuseDeviceFlags({ ...values, noTune });
    const given = recipeInput(values);
    const directory = runDir ?? defaultRunDir(given), tune = noTune !== true;
    await interruptible((signal) => {
      const options = { signal, tune, tensorboard: tensorboard === true, dashboard };
      return resume
        ? continueShown(directory, { given, ...options })
        : startShown(given, directory, options);
    });
  },
};

function defaultRunDir(given: RecipeInput): string {
  const { variant, data, seed } = resolveRecipe(given);
  return join("runs", `${variant}-${data}-seed${seed}`);
}
