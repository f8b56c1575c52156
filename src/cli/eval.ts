/**
 * `memloss eval`
 *
 * @module
 */
import * as v from "valibot";
import { openBackend } from "../backend/open.ts";
import { firstIndices } from "../data/batches.ts";
import { loadData } from "../data/sets/sets.ts";
import { RunError, UsageError } from "../errors.ts";
import {
  evaluateAccuracy,
  type EvaluationName,
  type EvaluationSettings,
  type ImageAccuracy,
  isEvaluationName,
} from "../evaluate/evaluate.ts";
import { AUTOATTACK_MEMBERS, AUTOATTACK_VERSIONS } from "../attack/autoattack/versions.ts";
import {
  describeReport,
  type EvaluationReport,
  keepReport,
  makeReport,
} from "../evaluate/report.ts";
import { checkAdversarial } from "../evaluate/adversarial_check.ts";
import { saveAdversarial } from "../evaluate/adversarial_file.ts";
import { runAutoAttack } from "./eval_autoattack.ts";
import { findSubject, loadSubject, type Subject } from "../run/subject.ts";
import { freeze, prepareFrozen } from "../model/frozen.ts";
import { disposeAll } from "../model/parameters.ts";
import { choiceFlag, type Flag, integerFlag, switchFlag, textFlag } from "../recipe/flag.ts";
import { RECIPE_FLAGS, type RecipeFlags, recipeInput } from "../recipe/fields.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { resolveRecipe, withFields } from "../recipe/resolve.ts";
import { CHECKPOINT_LINKS } from "../run/run_folder.ts";
import { type Command, type FlagValues, readArguments, refuseFlags } from "./shell/command.ts";
import { refuseDeviceFlags } from "./shell/device_flags.ts";
import { interruptible } from "./shell/interrupt.ts";
import { printReport } from "./shell/output.ts";
import { StatusLine } from "./shell/terminal.ts";
import { NO_TUNE, tuningOptions } from "./shell/tuning_flag.ts";

/** Everything `--attack` knows, in the order in which it is measured. */
type AttackName = EvaluationName | "autoattack";
const DEFAULT_ATTACKS: readonly AttackName[] = ["clean", "pgd20"];
const isAttackName = (name: string): name is AttackName =>
  name === "autoattack" || isEvaluationName(name);

const attackList = v.pipe(
  v.array(v.custom<AttackName>(
    (name) => typeof name === "string" && isAttackName(name),
    "must be a list of clean, pgd20, cw20 (or another number of steps, up to 9999), autoattack",
  )),
  v.transform((names) => [...new Set(names)]),
);

const attackFlag: Flag<typeof attackList> = {
  name: "attack",
  placeholder: "clean,pgd20,cw20,autoattack",
  help:
    "what to measure, separated by commas: clean; pgdN and cwN, PGD of N steps that maximises " +
    `cross-entropy or the margin; autoattack; default ${DEFAULT_ATTACKS}`,
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
    "where an unfinished AutoAttack is kept; default: the run's eval/, or beside the weights",
  ),
  saveAdv: textFlag("save-adv", "FILE", "save AutoAttack's images as safetensors"),
  verifyAdv: textFlag(
    "verify-adv",
    "FILE",
    "check images that --save-adv saved, instead of attacking",
  ),
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
    const report = await interruptible((signal) =>
      evalCommand(target, flags, signal, (report) => {
        printReport(report, flags, describeReport);
      })
    );
    if (report.verified?.withinBounds !== false) return;
    throw new RunError(
      `The images in ${flags.verifyAdv} leave their bounds: do not count them as adversarial.`,
    );
  },
};

/**
 * Evaluates the run or the weights at `target`; a run keeps the report in its `eval/`.
 *
 * @param tell is told the report before anything is written: a disk that is full or read-only must not cost it
 */
export async function evalCommand(
  target: string,
  flags: FlagValues<typeof FLAGS>,
  signal: AbortSignal,
  tell: (report: EvaluationReport) => void = () => {},
): Promise<EvaluationReport> {
  const {
    attack: names = DEFAULT_ATTACKS,
    attackVersion = "standard",
    attacksToRun,
    restarts = 1,
    stateDir,
    saveAdv,
    verifyAdv,
    checkpoint,
    nEx,
    json: _json,
    noTune,
    ...overrides
  } = flags;
  checkAttackFlags(names, flags);
  refuseDeviceFlags(flags);
  const subject = await findSubject(target, checkpoint);
  const recipe = evaluationRecipe(subject, overrides);
  const status = new StatusLine(), tuning = tuningOptions(noTune, status, signal);
  // However a run was attacked in training, here it is attacked in float32, which every device has.
  const options = { ...recipe, attackPrecision: "f32", ...tuning } as const;
  const backend = await openBackend(recipe.backend, options);
  try {
    const { architecture, state } = await loadSubject(subject);
    // --seed draws the attack's starts; a run's data stay those it was trained with.
    const dataSeed = subject.recipe?.seed ?? recipe.seed;
    const { test } = await loadData(recipe.data, recipe.dataDir, dataSeed);
    if (architecture.classes !== test.classes.length) {
      throw new UsageError(
        `${subject.path} tells ${architecture.classes} classes apart, but ${recipe.data} has ${test.classes.length}.`,
      );
    }
    const ids = firstIndices(test.n, nEx ?? recipe.limitTest);
    const settings: EvaluationSettings = {
      backend,
      dataset: test,
      ids,
      batchSize: recipe.batchSize,
      seed: recipe.seed,
      attack: recipe.threat,
      restarts,
      signal,
      onProgress: (name, done) => status.update(`${name}: ${done} of ${ids.length} images`),
    };
    await backend.guard(prepareFrozen(architecture, test.shape, recipe.batchSize, backend));
    const model = freeze(architecture, state);
    disposeAll(state.parameters);
    disposeAll(state.buffers);
    const verified = verifyAdv === undefined ? undefined : await checkAdversarial(
      verifyAdv,
      model,
      test,
      backend,
      recipe.batchSize,
      overrides.attackEps,
    );
    const accuracies: Partial<Record<EvaluationName, ImageAccuracy>> = {};
    for (const name of verified ? [] : names.filter(isEvaluationName)) {
      accuracies[name] = await evaluateAccuracy(name, model, settings);
    }
    const attacked = names.includes("autoattack")
      ? await runAutoAttack(target, subject, model, settings, status, {
        version: attackVersion,
        members: attacksToRun,
        stateDir,
      })
      : undefined;
    model.dispose();
    status.clear();
    const autoattack = attacked?.result;
    const report = await makeReport(subject, recipe, settings, accuracies, {
      autoattack,
      verified,
    });
    let untold: unknown;
    try {
      tell(report);
    } catch (error) {
      untold = error; // it is kept all the same
    }
    if (saveAdv && attacked) await saveAdversarial(saveAdv, attacked.adversarial, settings, report);
    if (subject.recipe && !verified) await keepReport(target, subject, report);
    if (untold !== undefined) throw untold;
    await attacked?.finish();
    return report;
  } catch (error) {
    return await backend.guard(Promise.reject(error)); // which tells the cause if that is the device
  } finally {
    backend.close();
  }
}

/** @throws {UsageError} if a flag of an attack has nothing to act on */
function checkAttackFlags(names: readonly AttackName[], flags: FlagValues<typeof FLAGS>): void {
  const asked = names.includes("autoattack");
  for (const field of ["attackVersion", "attacksToRun", "stateDir", "saveAdv"] as const) {
    if (asked || flags[field] === undefined) continue;
    throw new UsageError(`--${FLAGS[field].name} needs --attack autoattack.`);
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

/** The run's recipe, or the paper's for a file of weights, with what the user overrides. */
function evaluationRecipe(subject: Subject, overrides: RecipeFlags): Recipe {
  const { data, attackNorm } = overrides;
  if (subject.recipe === undefined) return resolveRecipe(recipeInput(overrides));
  if (data !== undefined || attackNorm !== undefined) {
    throw new UsageError(
      `--${data ? "data" : "attack-norm"} is fixed by the run's recipe: leave it out.`,
    );
  }
  return resolveRecipe(withFields(subject.recipe, recipeInput(overrides)));
}
