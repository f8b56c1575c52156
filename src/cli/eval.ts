/**
 * `memloss eval`
 *
 * @module
 */
import * as v from "valibot";
import { AUTOATTACK_MEMBERS, AUTOATTACK_VERSIONS } from "../attack/autoattack/versions.ts";
import { RunError, UsageError } from "../errors.ts";
import { evaluateRun } from "../evaluate/evaluate_run.ts";
import { type AttackName, DEFAULT_ATTACKS, isAttackName } from "../evaluate/evaluation_options.ts";
import type { EvaluationReport } from "../evaluate/report.ts";
import { choiceFlag, type Flag, integerFlag, switchFlag, textFlag } from "../recipe/flag.ts";
import { RECIPE_FLAGS, recipeInput } from "../recipe/fields.ts";
import { describeOutside, describeReport } from "../report/evaluation_text.ts";
import { CHECKPOINT_LINKS } from "../run/checkpoints.ts";
import { observeEvaluation } from "./eval_status.ts";
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

const attackList = v.pipe(
  v.array(v.custom<AttackName>(
    (name) => typeof name === "string" && isAttackName(name),
    "must be a list of clean, pgd20, cw20 (or another number of steps, up to 9999), curve, autoattack",
  )),
  v.transform((names) => [...new Set(names)]),
);

const attackFlag: Flag<typeof attackList> = {
  name: "attack",
  placeholder: "clean,pgd20,cw20,curve,autoattack",
  help:
    "what to measure, separated by commas: clean; pgdN and cwN, PGD of N steps that maximises " +
    `cross-entropy or the margin; curve, PGD-20 at radii from 0 to 16/255; autoattack; default ${DEFAULT_ATTACKS}`,
  schema: attackList,
  parse: (text) => text.split(","),
};

const memberList = v.array(
  v.picklist(AUTOATTACK_MEMBERS, `must be a list of ${AUTOATTACK_MEMBERS.join(", ")}`),
);

const membersFlag: Flag<typeof memberList> = {
  name: "attacks-to-run",
  placeholder: "apgd-ce,…",
  help: "the attacks of --attack-version custom, in their order",
  schema: memberList,
  parse: (text) => text.split(","),
};

const { data, dataDir, batchSize, attackEps, attackNorm, seed, backend, workers, deterministic } =
  RECIPE_FLAGS;

const FLAGS = {
  ...inGroup("Attack", {
    attack: attackFlag,
    attackEps,
    attackNorm,
    restarts: integerFlag("restarts", "runs of PGD, each from another start; default 1", 1, 1000),
    attackVersion: choiceFlag(
      "attack-version",
      AUTOATTACK_VERSIONS,
      "which AutoAttack; default: standard",
    ),
    attacksToRun: membersFlag,
    stateDir: textFlag(
      "state-dir",
      "DIR",
      "folder for the state of an unfinished AutoAttack; default: the run's eval/, or beside the weights",
    ),
  }),
  ...inGroup("What to evaluate", {
    checkpoint: choiceFlag(
      "checkpoint",
      CHECKPOINT_LINKS,
      "which checkpoint of a run; default: best if there is one",
    ),
    nEx: integerFlag("n-ex", "evaluate on the first N test images", 1),
    data,
    dataDir,
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
    json: switchFlag("json", "print one JSON document on stdout"),
  }),
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
  "normalised images without such a layer has to get one first: see docs/weights.md.";

export const command: Command = {
  name: "eval",
  positionals: "RUN_DIR|FILE",
  summary:
    "measure clean and robust accuracy of a run or of a file of weights, safetensors or PyTorch's",
  notes: [IMAGES],
  flags: FLAGS,
  groups: ["Attack", "What to evaluate", "Device", "Output"],
  examples: [
    "memloss eval runs/v1 --attack clean,pgd20 --json",
    "memloss eval runs/v1 --attack curve --n-ex 500",
    "memloss eval runs/v1 --attack autoattack --n-ex 1000 --save-adv adversarial.safetensors",
    "memloss eval weights.safetensors --data cifar10 --data-dir data --n-ex 1000",
  ],
  async run(args) {
    const { flags, positionals: [target] } = readArguments(args, FLAGS, 1);
    if (target === undefined) {
      throw new UsageError("Say what to evaluate: memloss eval RUN_DIR, or a file of weights.");
    }
    const { attack: attacks = DEFAULT_ATTACKS, checkpoint, nEx: limit, restarts, ...rest } = flags;
    const { attackVersion: version, attacksToRun: members, stateDir, ...others } = rest;
    const { saveAdv, verifyAdv, overwrite, json, noTune, ...fields } = others;
    const given = recipeInput(fields);
    checkAttackFlags(attacks, flags);
    refuseDeviceFlags(flags);
    const status = new StatusLine();
    const observer = {
      ...observeEvaluation(status),
      onReport(report: EvaluationReport) {
        status.clear();
        printReport(report, { json }, describeReport);
      },
    };
    const { verified } = await interruptible((signal) =>
      evaluateRun(target, {
        attacks,
        checkpoint,
        given,
        limit,
        restarts,
        overwrite,
        observer,
        signal,
        autoAttack: { version, members, stateDir },
        saveAdversarial: saveAdv,
        verifyAdversarial: verifyAdv,
        tune: noTune !== true,
      })
    );
    if (verified === undefined || verified.outside === 0) return;
    throw new RunError(describeOutside(verifyAdv!, verified));
  },
};

/** @throws {UsageError} if a flag of an attack has nothing to act on */
function checkAttackFlags(names: readonly AttackName[], flags: FlagValues<typeof FLAGS>): void {
  const asked = names.includes("autoattack");
  for (const field of ["attackVersion", "attacksToRun", "stateDir", "saveAdv"] as const) {
    if (asked || flags[field] === undefined) continue;
    throw new UsageError(`--${FLAGS[field].name} needs --attack autoattack.`);
  }
  if (flags.overwrite && flags.saveAdv === undefined) {
    throw new UsageError("--overwrite needs --save-adv: nothing else is written over.");
  }
  for (const field of ["attack", "restarts", "nEx", "seed"] as const) {
    if (flags.verifyAdv === undefined || flags[field] === undefined) continue;
    throw new UsageError(
      `--verify-adv checks the saved images without attacking: leave out --${FLAGS[field].name}.`,
    );
  }
  if (flags.verifyAdv === undefined && names.every((name) => name === "clean")) {
    const fields = ["attackEps", "attackNorm"] as const;
    refuseFlags(FLAGS, flags, fields, "has no meaning for --attack clean, which attacks nothing");
  }
  if (names.every((name) => name === "clean" || name === "curve")) {
    const fields = ["attackEps"] as const;
    refuseFlags(
      FLAGS,
      flags,
      fields,
      "has no meaning for --attack curve, which has radii of its own",
    );
  }
  if (flags.restarts !== undefined && !names.some((name) => /^(pgd|cw|curve)/.test(name))) {
    throw new UsageError("--restarts needs an --attack that starts anew, such as pgd20.");
  }
  const custom = flags.attackVersion === "custom";
  if (custom === (flags.attacksToRun !== undefined)) return;
  throw new UsageError(
    custom
      ? "--attack-version custom needs --attacks-to-run, such as apgd-ce,square."
      : "--attacks-to-run needs --attack-version custom: the other versions have their own.",
  );
}
