/**
 * `memloss eval`
 *
 * @module
 */
import { spends } from "../attack/autoattack/versions.ts";
import { RunError, UsageError } from "../errors.ts";
import { evaluateRun } from "../evaluate/evaluate_run.ts";
import {
  type AttackName,
  attacksOf,
  type EvaluationOptions,
} from "../evaluate/evaluation_options.ts";
import type { EvaluationReport } from "../evaluate/report.ts";
import { mergeShards } from "../evaluate/shards/merge_shards.ts";
import { choiceFlag, integerFlag, switchFlag, textFlag } from "../recipe/flag.ts";
import { recipeInput } from "../recipe/fields.ts";
import { describeOutside, describeReport } from "../report/evaluation_text.ts";
import { CHECKPOINT_LINKS } from "../run/checkpoints.ts";
import { WEIGHTS_CHOICES } from "../run/subject.ts";
import { observeEvaluation } from "./eval_status.ts";
import { ATTACK_FLAGS, effortOf } from "./eval/attack_flags.ts";
import { CORRUPTIONS_FLAG } from "./eval/corruption_flag.ts";
import { INPUT_FLAGS, inputScaling } from "./eval/input_flags.ts";
import { EVALUATED_FLAGS } from "./eval/recipe_flags.ts";
import { SHARD_FLAGS } from "./eval/shard_flags.ts";
import {
  type Command,
  type FlagValues,
  inGroup,
  readArguments,
  refuseFlags,
} from "./shell/command.ts";
import { refuseDeviceFlags } from "./shell/device_flags.ts";
import { interruptible } from "./shell/interrupt.ts";
import { printReport } from "./shell/output.ts";
import { OVERWRITE } from "./shell/overwrite_flag.ts";
import { StatusLine } from "./shell/terminal.ts";
import { NO_TUNE } from "./shell/tuning_flag.ts";
import { SUMMARIES } from "./summaries.ts";

const { data, dataDir, imageSize, testFraction, testSeed } = EVALUATED_FLAGS;
const { activation, batchSize, seed, attackEps, attackNorm } = EVALUATED_FLAGS;
const { backend, workers, deterministic } = EVALUATED_FLAGS;

const FLAGS = {
  ...inGroup("Attack", {
    ...ATTACK_FLAGS,
    corruptions: CORRUPTIONS_FLAG,
    attackEps,
    attackNorm,
    stateDir: textFlag(
      "state-dir",
      "DIR",
      "folder for the state of an unfinished AutoAttack, and of shards; default: the run's eval/, or beside the weights",
    ),
  }),
  ...inGroup("What to evaluate", {
    checkpoint: choiceFlag(
      "checkpoint",
      CHECKPOINT_LINKS,
      "which checkpoint of a run; default: best if there is one",
    ),
    weights: choiceFlag(
      "weights",
      WEIGHTS_CHOICES,
      "which weights of a run with --weight-average; default: the average",
    ),
    ...INPUT_FLAGS,
    nEx: integerFlag("n-ex", "evaluate on the first N test images", 1),
    data,
    dataDir,
    imageSize,
    testFraction,
    testSeed,
    activation,
    batchSize,
    seed,
  }),
  ...inGroup("Output", {
    saveAdv: textFlag("save-adv", "FILE", "save AutoAttack's images as safetensors"),
    verifyAdv: textFlag(
      "verify-adv",
      "FILE",
      "check images that --save-adv saved, instead of attacking",
    ),
    overwrite: OVERWRITE,
    perClass: switchFlag(
      "per-class",
      "print the accuracies of each class too; --json always has them",
    ),
    json: switchFlag("json", "print one JSON document on stdout"),
  }),
  ...inGroup("Several machines", SHARD_FLAGS),
  ...inGroup("Device", {
    backend,
    workers,
    deterministic,
    noTune: NO_TUNE,
  }),
} as const;

/** What a network is given, which weights from elsewhere may not expect. */
const IMAGES =
  "The network is given images with values in [0,1], NHWC (channels last), and none is normalised before. A file that " +
  "holds its mean and std as tensors, as a layer that normalises has them, is taken as it is. A network that was trained on " +
  "normalised images without such a layer has to get one first: see docs/weights.md. A model.json is given what --input-range, --input-mean and --input-std make of " +
  "the images; attacks stay bounded in [0,1].";

export const command: Command = {
  name: "eval",
  positionals: "RUN_DIR|FILE|MODEL.json",
  summary: SUMMARIES.eval,
  notes: [IMAGES],
  flags: FLAGS,
  groups: ["Attack", "What to evaluate", "Several machines", "Device", "Output"],
  examples: [
    "memloss eval runs/v1 --attack clean,pgd20 --json",
    "memloss eval runs/v1 --attack curve --n-ex 500",
    "memloss eval runs/v1 --corruptions all --n-ex 1000",
    "memloss eval runs/v1 --attack fgsm,pgd20 --source runs/trades",
    "memloss eval runs/v1 --attack autoattack --n-ex 1000 --save-adv adversarial.safetensors",
    "memloss eval runs/v1 --attack autoattack --shard 2/4",
    "memloss eval runs/v1 --attack autoattack --merge",
    "memloss eval weights.safetensors --data cifar10 --data-dir data --n-ex 1000",
    "memloss eval model.json --input-range -1,1 --attack clean,autoattack --n-ex 1000",
  ],
  async run(args) {
    const { flags, positionals: [target] } = readArguments(args, FLAGS, 1);
    if (target === undefined) {
      throw new UsageError(
        "Say what to evaluate: memloss eval RUN_DIR, a file of weights or a model.json.",
      );
    }
    const { attack, corruptions, checkpoint, weights, ...asked } = flags;
    const attacks = attacksOf({ attacks: attack, corruptions });
    const { nEx: limit, restarts, ...rest } = asked;
    const { attackVersion: version, attacksToRun: members, stateDir, ...ofAttack } = rest;
    const { iterations, queries, targets, source, sourceActivation, perClass, ...others } =
      ofAttack;
    const { saveAdv, verifyAdv, overwrite, json, noTune, ...more } = others;
    const { inputRange, inputMean, inputStd, shard, merge, ...fields } = more;
    const given = recipeInput(fields);
    checkAttackFlags(attacks, flags);
    refuseDeviceFlags(flags);
    const status = new StatusLine();
    const observer = {
      ...observeEvaluation(status),
      onReport(report: EvaluationReport) {
        status.clear();
        printReport(report, { json }, (each) => describeReport(each, { perClass }));
      },
      onKept: (path: string) => status.print(`The report is ${path}`),
    };
    const options: EvaluationOptions = {
      attacks,
      corruptions,
      checkpoint,
      weights,
      given,
      limit,
      restarts,
      source,
      sourceActivation,
      input: inputScaling({ inputRange, inputMean, inputStd }),
      shard,
      overwrite,
      observer,
      autoAttack: {
        ...{ version, members, stateDir },
        ...version === "custom" &&
          effortOf({ iterations, queries, restarts, targets }, members ?? []),
      },
      saveAdversarial: saveAdv,
      verifyAdversarial: verifyAdv,
      tune: noTune !== true,
    };
    const { verified } = merge
      ? await mergeShards(target, options)
      : await interruptible((signal) => evaluateRun(target, { ...options, signal }));
    if (verified === undefined || verified.outside === 0) return;
    throw new RunError(describeOutside(verifyAdv!, verified));
  },
};

/** @throws {UsageError} if a flag of an attack has nothing to act on */
function checkAttackFlags(names: readonly AttackName[], flags: FlagValues<typeof FLAGS>): void {
  const asked = names.includes("autoattack");
  const parts = flags.shard !== undefined || flags.merge === true;
  for (const field of ["attackVersion", "attacksToRun", "stateDir", "saveAdv"] as const) {
    if (asked || flags[field] === undefined || parts && field === "stateDir") continue;
    throw new UsageError(`--${FLAGS[field].name} needs --attack autoattack.`);
  }
  if (parts) {
    const kept = ["saveAdv", "verifyAdv"] as const;
    refuseFlags(FLAGS, flags, kept, "has no meaning for shards, which keep no images");
  }
  if (flags.merge) {
    const fields = ["shard", "workers", "noTune"] as const;
    refuseFlags(FLAGS, flags, fields, "has no meaning with --merge, which computes nothing");
  }
  if (flags.overwrite && flags.saveAdv === undefined) {
    throw new UsageError("--overwrite needs --save-adv: nothing else is written over.");
  }
  if (flags.perClass && names.every((name) => name === "curve")) {
    throw new UsageError("--per-class needs an --attack that is counted by class: curve is not.");
  }
  const made = [
    "attack",
    "attackNorm",
    "corruptions",
    "restarts",
    "source",
    "sourceActivation",
    "nEx",
    "perClass",
  ] as const;
  if (flags.verifyAdv !== undefined) {
    refuseFlags(FLAGS, flags, made, "has no meaning with --verify-adv, which attacks nothing");
  }
  if (flags.verifyAdv === undefined && names.every((name) => name === "clean")) {
    const fields = ["attackEps", "attackNorm"] as const;
    refuseFlags(FLAGS, flags, fields, "has no meaning for --attack clean, which attacks nothing");
  }
  if (names.every((name) => name === "clean" || name === "curve")) {
    const why = "has no meaning for --attack curve, which has radii of its own";
    refuseFlags(FLAGS, flags, ["attackEps"], why);
  }
  const custom = flags.attackVersion === "custom", { attacksToRun } = flags;
  if (custom !== (attacksToRun !== undefined)) {
    throw new UsageError(
      custom
        ? "--attack-version custom needs --attacks-to-run, such as apgd-ce,square."
        : "--attacks-to-run needs --attack-version custom: the other versions have their own.",
    );
  }
  const startsAnew = names.some((name) => /^(pgd|cw|curve)/.test(name)) ||
    spends(attacksToRun ?? [], "restarts");
  if (flags.restarts !== undefined && !startsAnew) {
    throw new UsageError("--restarts needs an --attack that starts anew, such as pgd20.");
  }
  if (custom) return;
  const why = "needs --attack-version custom: the other versions have their own";
  refuseFlags(FLAGS, flags, ["iterations", "queries", "targets"], why);
}
