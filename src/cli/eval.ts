/**
 * `memloss eval`
 *
 * @module
 */
import { join } from "@std/path";
import * as v from "valibot";
import type { Backend } from "../backend/backend.ts";
import { openBackend } from "../backend/open.ts";
import { firstIndices } from "../data/batches.ts";
import { loadData } from "../data/load.ts";
import { UsageError } from "../errors.ts";
import {
  type Accuracy,
  evaluateAccuracy,
  type EvaluationName,
  EVALUATIONS,
  type EvaluationSettings,
} from "../evaluate/evaluate.ts";
import { findSubject, loadSubject, type Subject, subjectName } from "./subject.ts";
import { createDirectory, writeFileAtomically } from "../format/files.ts";
import { freeze } from "../model/frozen.ts";
import { disposeAll } from "../model/parameters.ts";
import { choiceFlag, type Flag, integerFlag, switchFlag } from "../recipe/flag.ts";
import { type Recipe, RECIPE_FLAGS, type RecipeInput, resolveRecipe } from "../recipe/recipe.ts";
import { CHECKPOINT_LINKS } from "../train/run_folder.ts";
import { type Command, type FlagValues, readArguments } from "./command.ts";
import { interruptible } from "./interrupt.ts";
import { formatPercent, StatusLine } from "./terminal.ts";

const attackList = v.pipe(
  v.array(v.picklist(EVALUATIONS, `must be a list of ${EVALUATIONS.join(", ")}`)),
  v.transform((names): EvaluationName[] => EVALUATIONS.filter((name) => names.includes(name))),
);

const attackFlag: Flag<typeof attackList> = {
  name: "attack",
  placeholder: EVALUATIONS.join(","),
  help: "what to measure, separated by commas; default: all",
  schema: attackList,
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
} as const;

/** What an evaluation prints with `--json`, and keeps in the run's `eval/`. */
export interface EvaluationReport extends Partial<Record<EvaluationName, Accuracy>> {
  readonly checkpoint: {
    readonly path: string;
    /** `best` or `last`; null for a file of weights. */
    readonly name: string | null;
    /** What the run's best checkpoint was chosen on. */
    readonly select: Recipe["select"] | null;
  };
  readonly data: { readonly name: string; readonly part: "test"; readonly n: number };
  readonly attack: { readonly norm: Recipe["attackNorm"]; readonly epsilon: number };
  readonly backend: { readonly name: string; readonly adapter: string };
  /** The recipe of the run; null for a file of weights. */
  readonly recipe: Recipe | null;
  readonly seed: number;
}

export const command: Command = {
  name: "eval",
  positionals: "RUN_DIR|WEIGHTS.safetensors",
  summary: "measure clean and robust accuracy of a run or of a file of weights",
  flags: FLAGS,
  examples: [
    "memloss eval runs/v1 --attack clean,pgd20 --json",
    "memloss eval weights.safetensors --data cifar10 --data-dir data --n-ex 1000",
  ],
  async run(args) {
    const { flags, positionals: [target] } = readArguments(args, FLAGS, 1);
    if (target === undefined) {
      throw new UsageError("Say what to evaluate: memloss eval RUN_DIR, or a .safetensors file.");
    }
    const report = await interruptible((signal) => evalCommand(target, flags, signal));
    console.log(flags.json ? JSON.stringify(report, null, 2) : describeReport(report));
  },
};

/** Evaluates the run or the weights at `target`; a run keeps the report in its `eval/`. */
export async function evalCommand(
  target: string,
  flags: FlagValues<typeof FLAGS>,
  signal: AbortSignal,
): Promise<EvaluationReport> {
  const { attack: names = EVALUATIONS, checkpoint, nEx, json: _json, ...overrides } = flags;
  const subject = await findSubject(target, checkpoint);
  const recipe = evaluationRecipe(subject, overrides);
  const backend = await openBackend(recipe.backend, recipe);
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
    const status = new StatusLine();
    const ids = firstIndices(test.n, nEx ?? recipe.limitTest);
    const settings: EvaluationSettings = {
      backend,
      dataset: test,
      ids,
      batchSize: recipe.batchSize,
      seed: recipe.seed,
      attack: { norm: recipe.attackNorm, epsilon: recipe.attackEps },
      signal,
      onProgress: (name, done) => status.update(`${name}: ${done} of ${ids.length} images`),
    };
    const model = freeze(architecture, state);
    disposeAll(state.parameters);
    disposeAll(state.buffers);
    const accuracies: Partial<Record<EvaluationName, Accuracy>> = {};
    for (const name of names) accuracies[name] = await evaluateAccuracy(name, model, settings);
    model.dispose();
    status.clear();
    const report = makeReport(subject, recipe, settings, accuracies, backend);
    if (subject.recipe) await keepReport(target, subject, report);
    return report;
  } finally {
    backend.close();
  }
}

/** The run's recipe, or the paper's for a file of weights, with what the user overrides. */
function evaluationRecipe(subject: Subject, overrides: RecipeInput): Recipe {
  const { dataDir, data, attackNorm, ...rest } = overrides;
  if (subject.recipe === undefined) return resolveRecipe(overrides);
  if (data !== undefined || attackNorm !== undefined) {
    throw new UsageError(
      `--${data ? "data" : "attack-norm"} is fixed by the run's recipe: leave it out.`,
    );
  }
  return { ...subject.recipe, ...rest, ...dataDir !== undefined && { dataDir } };
}

function makeReport(
  subject: Subject,
  recipe: Recipe,
  settings: EvaluationSettings,
  accuracies: Partial<Record<EvaluationName, Accuracy>>,
  backend: Backend,
): EvaluationReport {
  return {
    ...accuracies,
    checkpoint: {
      path: subject.path,
      name: subject.link ?? null,
      select: subject.recipe?.select ?? null,
    },
    data: { name: recipe.data, part: "test", n: settings.ids.length },
    attack: settings.attack,
    backend: { name: backend.name, adapter: backend.adapter },
    recipe: subject.recipe ?? null,
    seed: recipe.seed,
  };
}

async function keepReport(runDir: string, subject: Subject, report: EvaluationReport) {
  const folder = join(runDir, "eval");
  await createDirectory(folder);
  const attacks = EVALUATIONS.filter((name) => report[name]).join("-");
  // Everything that can differ between two evaluations of one checkpoint: none replaces another.
  const { attack: { epsilon }, data: { n }, seed, backend } = report;
  const radius = (255 * epsilon).toFixed(2);
  const settings = `${attacks}.n${n}.eps${radius}.seed${seed}.${backend.name}`;
  const path = join(folder, `${subjectName(subject)}.${settings}.json`);
  await writeFileAtomically(path, new TextEncoder().encode(JSON.stringify(report, null, 2) + "\n"));
}

function describeReport(report: EvaluationReport): string {
  const { checkpoint, data, attack, seed } = report;
  const selected = checkpoint.name === "best"
    ? `, selected on ${checkpoint.select}`
    : ", not selected";
  const rows = EVALUATIONS.flatMap((name) => {
    const accuracy = report[name];
    if (accuracy === undefined) return [];
    return [
      `  ${name.padEnd(6)} ${
        formatPercent(accuracy.accuracy).padStart(9)
      }  (${accuracy.correct} of ${accuracy.n})`,
    ];
  });
  return [
    `${checkpoint.path}${checkpoint.name ? ` (${checkpoint.name}${selected})` : ""}`,
    `${data.n} test images of ${data.name}, ${attack.norm} ε = ${
      (255 * attack.epsilon).toFixed(2)
    }/255, seed ${seed}`,
    ...rows,
  ].join("\n");
}
