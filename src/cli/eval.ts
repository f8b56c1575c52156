/**
 * `memloss eval`
 *
 * @module
 */
import * as v from "valibot";
import {
  AUTOATTACK_MEMBERS,
  AUTOATTACK_VERSIONS,
  type AutoAttackMember,
} from "../attack/autoattack/versions.ts";
import { RunError, UsageError } from "../errors.ts";
import { isEvaluationName } from "../evaluate/evaluate.ts";
import {
  type AttackName,
  DEFAULT_ATTACKS,
  evaluateRun,
  type EvaluationObserver,
} from "../evaluate/evaluate_run.ts";
import type { EvaluationReport } from "../evaluate/report.ts";
import { choiceFlag, type Flag, integerFlag, switchFlag, textFlag } from "../recipe/flag.ts";
import { RECIPE_FLAGS } from "../recipe/recipe.ts";
import { describeOutside, describeReport } from "../report/evaluation_text.ts";
import { formatDuration } from "../report/words.ts";
import { CHECKPOINT_LINKS } from "../run/checkpoints.ts";
import { type Command, type FlagValues, readArguments } from "./shell/command.ts";
import { interruptible } from "./shell/interrupt.ts";
import { formatBar, StatusLine } from "./shell/terminal.ts";
import { NO_TUNE, shownOn } from "./shell/tuning_flag.ts";
import { OVERWRITE } from "./shell/overwrite_flag.ts";

const isAttackName = (name: string): name is AttackName =>
  name === "autoattack" || isEvaluationName(name);

const attackList = v.pipe(
  v.array(v.custom<AttackName>(
    (name) => typeof name === "string" && isAttackName(name),
    "must be a list of clean, pgd20 (or another number of steps), cw20, autoattack",
  )),
  v.transform((names) => [...new Set(names)]),
);

const attackFlag: Flag<typeof attackList> = {
  name: "attack",
  placeholder: "clean,pgd20,autoattack",
  help: `what to measure, separated by commas; default: ${DEFAULT_ATTACKS}`,
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
  attack: attackFlag,
  checkpoint: choiceFlag(
    "checkpoint",
    CHECKPOINT_LINKS,
    "which checkpoint of a run; default: best if there is one",
  ),
  attackVersion: choiceFlag(
    "attack-version",
    AUTOATTACK_VERSIONS,
    "which AutoAttack; default: standard",
  ),
  attacksToRun: membersFlag,
  restarts: integerFlag("restarts", "runs of PGD, each from another start; default 1", 1, 1000),
  stateDir: textFlag(
    "state-dir",
    "DIR",
    "folder for the state of an unfinished AutoAttack; default: the run's eval/, or beside the weights",
  ),
  saveAdv: textFlag("save-adv", "FILE", "save AutoAttack's images as safetensors"),
  verifyAdv: textFlag(
    "verify-adv",
    "FILE",
    "check images that --save-adv saved, instead of attacking",
  ),
  overwrite: OVERWRITE,
  nEx: integerFlag("n-ex", "evaluate on the first N test images", 1),
  json: switchFlag("json", "print one JSON document on stdout"),
  data,
  dataDir,
  batchSize,
  attackEps,
  attackNorm,
  seed,
  backend,
  workers,
  deterministic,
  noTune: NO_TUNE,
} as const;

export const command: Command = {
  name: "eval",
  positionals: "RUN_DIR|WEIGHTS.safetensors",
  summary: "measure clean and robust accuracy of a run or of a file of weights",
  flags: FLAGS,
  examples: [
    "memloss eval runs/v1 --attack clean,pgd20 --json",
    "memloss eval runs/v1 --attack autoattack --n-ex 1000 --save-adv adversarial.safetensors",
    "memloss eval weights.safetensors --data cifar10 --data-dir data --n-ex 1000",
  ],
  async run(args) {
    const { flags, positionals: [target] } = readArguments(args, FLAGS, 1);
    if (target === undefined) {
      throw new UsageError("Say what to evaluate: memloss eval RUN_DIR, or a .safetensors file.");
    }
    const { attack: attacks = DEFAULT_ATTACKS, checkpoint, nEx: limit, restarts, ...rest } = flags;
    const { attackVersion: version, attacksToRun: members, stateDir, ...others } = rest;
    const { saveAdv, verifyAdv, overwrite, json, noTune, ...given } = others;
    checkAttackFlags(attacks, flags);
    const status = new StatusLine();
    const observer = {
      ...observe(status),
      onReport(report: EvaluationReport) {
        status.clear();
        console.log(json ? JSON.stringify(report, null, 2) : describeReport(report));
      },
    };
    const { verified } = await interruptible((signal) =>
      evaluateRun(target, {
        ...{ attacks, checkpoint, given, limit, restarts, overwrite, observer, signal },
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

/** Shows on `status` how far an evaluation is. */
function observe(status: StatusLine): EvaluationObserver {
  const pace = new Pace();
  return {
    ...shownOn(status),
    onProgress: (name, done, n) => status.update(`${name}: ${done} of ${n} images`),
    onAutoAttack: (line) => status.print(line),
    onMember(member, { done, of, broken, share }) {
      const left = pace.left(member, share);
      const bar = `${member} ${formatBar(share)} ${(100 * share).toFixed(0).padStart(3)} %`;
      status.update(`${bar}  ${done} of ${of} images, ${broken} broken${left}`);
    },
  };
}

/** How long a member of AutoAttack will still take, from how long its share so far took. */
class Pace {
  #member: AutoAttackMember | undefined;
  #since = 0;
  #from = 0;

  left(member: AutoAttackMember, share: number): string {
    const now = performance.now();
    if (member !== this.#member) {
      this.#member = member;
      this.#since = now;
      this.#from = share;
    }
    if (share === this.#from) return "";
    const seconds = (now - this.#since) / 1000 * (1 - share) / (share - this.#from);
    return `, ${formatDuration(seconds)} left`;
  }
}

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
  if (flags.restarts !== undefined && !names.some((name) => /^(pgd|cw)/.test(name))) {
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
