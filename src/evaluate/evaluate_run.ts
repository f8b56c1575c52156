/**
 * A whole evaluation, from what a target names to the report.
 *
 * @module
 */
import { observedOptions } from "../backend/observed.ts";
import { exclusively } from "../backend/exclusive.ts";
import { openBackend } from "../backend/open.ts";
import { firstIndices, loadBatch } from "../data/batches.ts";
import { loadSplit } from "../data/sets/sets.ts";
import type { FrozenModel } from "../model/frozen.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { engineOptions } from "../recipe/resolve.ts";
import { readSubject, type Subject } from "../run/subject.ts";
import { checkAdversarial } from "./adversarial_check.ts";
import { type AdversarialImages, readAdversarial, saveAdversarial } from "./adversarial_file.ts";
import { autoAttack, type AutoAttackResult } from "./autoattack/autoattack.ts";
import { checkState, openState } from "./autoattack/state_folder.ts";
import { CURVE, evaluateCurve } from "./curve.ts";
import {
  evaluateAccuracy,
  type EvaluationName,
  type EvaluationSettings,
  type ImageAccuracy,
  isEvaluationName,
} from "./evaluate.ts";
import {
  type AttackName,
  checkOptions,
  checkSaved,
  DEFAULT_ATTACKS,
  type EvaluationOptions,
  evaluationRecipe,
} from "./evaluation_options.ts";
import { type EvaluationReport, keepReport, makeReport } from "./report.ts";
import { foreignWarnings, type OpenNetwork } from "./subject_network.ts";
import { networksOf } from "./transfer.ts";

/**
 * Evaluates the run or the weights at `target`; a run keeps the report in its `eval/`. The weights are read once, before the
 * device is opened: the run may train on.
 *
 * @example A run, clean and under five steps of PGD
 * ```ts
 * import { evaluateRun, startRun } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const run = await Deno.makeTempDir();
 * const tiny = { data: "synthetic", width: 1, limitTrain: 8, limitTest: 4, select: "none" } as const;
 * await startRun({ variant: "v1", epochs: 1, attack: { steps: 1 }, backend: "wasm", ...tiny }, run);
 * const { clean, pgd5 } = await evaluateRun(run, { attacks: ["clean", "pgd5"] });
 * assert.equal(clean?.n, 4);
 * assert.ok(pgd5!.correct <= 4);
 * await Deno.remove(run, { recursive: true });
 * ```
 *
 * @throws {UsageError} if there is nothing to evaluate, the options contradict the run's recipe, a file that is to be
 *   written would cost another, or another run or evaluation is under way in this process
 * @throws {Interrupted} if the signal is aborted; AutoAttack then goes on where it stopped when it is called again
 * @throws {RunError} if logits are not finite, an attack leaves its ball, or the device or the disk fails
 */
export async function evaluateRun(
  target: string,
  options: EvaluationOptions = {},
): Promise<EvaluationReport> {
  checkOptions(options);
  return await exclusively(() => evaluateAlone(target, options));
}

async function evaluateAlone(
  target: string,
  options: EvaluationOptions,
): Promise<EvaluationReport> {
  const { attacks = DEFAULT_ATTACKS, checkpoint, given = {}, limit, restarts = 1 } = options;
  const { autoAttack: choice = {}, saveAdversarial: save, verifyAdversarial: verify } = options;
  const { observer, signal } = options;
  const subject = await readSubject(target, checkpoint, options.weights);
  const recipe = evaluationRecipe(subject, given);
  const source = options.source === undefined
    ? undefined
    : await readSubject(options.source, undefined);
  const networks = networksOf(subject, source, options.input);
  if (save !== undefined) {
    await checkSaved(save, subject, recipe, verify, options.overwrite === true);
  }
  // A seed of the evaluation draws the attack's starts; a run's data stay those it was trained with.
  const dataSeed = subject.run?.recipe.seed ?? recipe.seed;
  const test = await loadSplit(recipe.data, "test", recipe.dataDir, dataSeed, recipe);
  networks.network.check(test);
  networks.source?.check(test);
  const saved = verify === undefined ? undefined : await readAdversarial(verify, test);
  if (attacks.includes("autoattack")) await checkState(subject, choice.stateDir);
  for (const note of subject.notes ?? []) observer?.onNote?.(note);
  const backend = await openBackend(recipe.backend, {
    ...engineOptions(recipe),
    ...observedOptions(options.tune !== false, observer, signal),
    attackPrecision: "f32", // however a run was attacked in training: every device has that
  });
  try {
    const ids = firstIndices(test.n, limit ?? recipe.limitTest);
    const settings: EvaluationSettings = {
      backend,
      dataset: test,
      ids,
      batchSize: recipe.batchSize,
      seed: recipe.seed,
      attack: recipe.threat,
      restarts,
      ...signal && { signal },
      onProgress: (name, done) => observer?.onProgress?.(name, done, ids.length),
    };
    const attacked = saved === undefined && attacks.some((name) => name !== "clean");
    const open = await networks.network.open(
      test,
      recipe.batchSize,
      backend,
      attacked && source === undefined,
    );
    if (open.foreign?.softmaxRemoved) {
      observer?.onNote?.(`${subject.path} ends in a softmax: its logits are attacked instead.`);
    }
    let ofSource: OpenNetwork | undefined;
    try {
      ofSource = await networks.source?.open(test, recipe.batchSize, backend, true);
      const evaluation: Evaluation = {
        ...{ subject, recipe, open, settings, options },
        ...source && ofSource && { source: { subject: source, model: ofSource.model } },
      };
      return await (saved ? verifySaved(evaluation, saved) : attackAll(evaluation, attacks));
    } finally {
      open.model.dispose();
      ofSource?.model.dispose();
    }
  } catch (error) {
    return await backend.guard(Promise.reject(error)); // which tells the cause if that is the device
  } finally {
    backend.close();
  }
}

/** What an evaluation has once the network is on the device. */
interface Evaluation {
  readonly subject: Subject;
  readonly recipe: Recipe;
  readonly open: OpenNetwork;
  readonly settings: EvaluationSettings;
  readonly options: EvaluationOptions;
  /** What the images are attacked on, if that is another network. */
  readonly source?: { readonly subject: Subject; readonly model: FrozenModel };
}

/** Measures everything that was asked for, tells and keeps the report, and only then forgets the state. */
async function attackAll(
  { subject, recipe, open, settings, options, source }: Evaluation,
  attacks: readonly AttackName[],
): Promise<EvaluationReport> {
  const { saveAdversarial: save, observer } = options, { model, foreign } = open;
  const warnings = source ? [] : await foreignWarnings(open, attacks, settings);
  for (const warning of warnings) observer?.onNote?.(`Warning: ${warning}`);
  const accuracies: Partial<Record<EvaluationName, ImageAccuracy>> = {};
  const carried: Record<string, ImageAccuracy> = {};
  for (const name of attacks.filter(isEvaluationName)) {
    if (source && name !== "clean") {
      carried[name] = await evaluateAccuracy(name, model, { ...settings, source: source.model });
    } else accuracies[name] = await evaluateAccuracy(name, model, settings);
  }
  const curve = attacks.includes(CURVE)
    ? await evaluateCurve(model, settings, (done, n) => observer?.onProgress?.(CURVE, done, n))
    : undefined;
  const attacked = attacks.includes("autoattack")
    ? await runAutoAttack(subject, model, settings, options)
    : undefined;
  const report = makeReport(subject, recipe, settings, accuracies, {
    ...curve && { curve },
    ...attacked && { autoattack: attacked.result },
    ...source && {
      transfer: {
        source: { path: source.subject.path, sha256: source.subject.sha256 },
        accuracies: carried,
      },
    },
    ...foreign && { model: { ...foreign, warnings } },
  });
  let untold: unknown;
  try {
    observer?.onReport?.(report);
  } catch (error) {
    untold = error; // it is kept all the same
  }
  if (save !== undefined && attacked) {
    const { dataset, ids } = settings;
    await saveAdversarial(save, attacked.adversarial, ids, dataset, {
      norm: report.attack.norm,
      epsilon: report.attack.fraction,
      checkpoint: report.checkpoint.sha256,
      seed: String(report.seed),
    });
  }
  await keepReport(subject, report, (note) => observer?.onNote?.(note));
  if (untold !== undefined) throw untold;
  await attacked?.finish();
  return report;
}

async function verifySaved(
  { subject, recipe, open: { model, foreign }, settings, options }: Evaluation,
  saved: AdversarialImages,
): Promise<EvaluationReport> {
  const epsilon = options.given?.threat?.epsilon;
  const verified = await checkAdversarial(saved, model, settings, epsilon);
  const report = makeReport(subject, recipe, settings, {}, {
    verified,
    ...foreign && { model: { ...foreign, warnings: [] } },
  });
  options.observer?.onReport?.(report);
  return report;
}

/** Runs AutoAttack, or goes on where the same evaluation stopped; `finish` removes what was kept for that. */
async function runAutoAttack(
  subject: Subject,
  model: FrozenModel,
  settings: EvaluationSettings,
  { autoAttack: choice = {}, input, observer }: EvaluationOptions,
): Promise<
  { result: AutoAttackResult; adversarial: Float32Array; finish: () => Promise<void> }
> {
  const journal = await openState(subject, settings, choice, input);
  const { dataset, ids, attack, backend, batchSize, seed, signal } = settings;
  const images = { ...loadBatch(dataset, ids), classes: dataset.classes.length };
  try {
    const finished = await autoAttack(model.logits, images, {
      ...attack,
      backend,
      batchSize,
      seed,
      journal,
      ...choice.version && { version: choice.version },
      ...choice.members && { members: choice.members },
      ...choice.effort && { effort: choice.effort },
      ...signal && { signal },
      onLine: (line) => observer?.onAutoAttack?.(line),
      onProgress: (member, progress) => observer?.onMember?.(member, progress),
    });
    return { ...finished, finish: () => journal.remove() };
  } catch (error) {
    journal.close();
    throw error;
  }
}
