/**
 * A whole evaluation, from what a target names to the report.
 *
 * @module
 */
import { observedOptions } from "../backend/observed.ts";
import { exclusively } from "../backend/exclusive.ts";
import { openBackend } from "../backend/open.ts";
import { imagesDigest } from "../data/images_digest.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { engineOptions } from "../recipe/resolve.ts";
import { thisProgram } from "../run/program_version.ts";
import type { Subject } from "../run/subject.ts";
import { checkAdversarial, describeForeign } from "./adversarial_check.ts";
import { type AdversarialImages, readAdversarial, saveAdversarial } from "./adversarial_file.ts";
import { checkOptions } from "./asked/checks.ts";
import { readEvaluated } from "./asked/evaluated.ts";
import { attackSubject } from "./autoattack/attack_subject.ts";
import type { Journal } from "./autoattack/journal.ts";
import { checkState, openState } from "./autoattack/state_folder.ts";
import { CORRUPTED, evaluateCorruptions } from "./series/corruptions.ts";
import { CURVE, evaluateCurve } from "./series/curve.ts";
import {
  evaluateAccuracy,
  type EvaluationName,
  type EvaluationSettings,
  type ImageAccuracy,
  isEvaluationName,
} from "./evaluate.ts";
import { type AttackName, attacksOf, type EvaluationOptions } from "./evaluation_options.ts";
import { keepReport } from "./kept_report.ts";
import { type EvaluationReport, makeReport } from "./report.ts";
import { type OpenShard, openShard } from "./shards/open_shard.ts";
import { foreignWarnings, type OpenNetwork } from "./subject_network.ts";
import { sourceOf } from "./transfer.ts";

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
 *   written would cost another, there are fewer batches than shards, or another run or evaluation is under way in this
 *   process
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
  const { restarts = 1, verifyAdversarial: verify } = options, attacks = attacksOf(options);
  const { autoAttack: choice = {}, observer, signal } = options;
  const evaluated = await readEvaluated(target, options);
  const { subject, source, recipe, networks, test, ids: all, notes } = evaluated;
  const shard = options.shard && await openShard(evaluated, options, options.shard);
  if (shard?.found) {
    observer?.onReport?.(shard.found);
    return shard.found;
  }
  const ids = shard?.ids ?? all;
  const saved = verify === undefined
    ? undefined
    : await readAdversarial(verify, test, options.given?.threat?.epsilon);
  const imagesSha256 = imagesDigest(test, saved?.ids ?? all);
  if (attacks.includes("autoattack")) await checkState(subject, choice.stateDir);
  for (const note of [...notes, ...subject.notes ?? []]) observer?.onNote?.(note);
  const foreign = saved && describeForeign(verify!, saved, subject);
  if (foreign) observer?.onNote?.(foreign);
  for (const note of source?.notes ?? []) observer?.onNote?.(`--source ${source!.path}: ${note}`);
  const backend = await openBackend(recipe.backend, {
    ...engineOptions(recipe),
    ...observedOptions(options.tune !== false, observer, signal),
    attackPrecision: "f32", // however a run was attacked in training: every device has that
  });
  try {
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
        ...{ subject, recipe, open, settings, imagesSha256, options, ...shard && { shard } },
        ...source && ofSource && { source: { subject: source, open: ofSource } },
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
  /** Of the images of all shards. */
  readonly imagesSha256: string;
  readonly options: EvaluationOptions;
  /** What the images are attacked on, if that is another network. */
  readonly source?: { readonly subject: Subject; readonly open: OpenNetwork };
  /** Which part of the evaluation it is, if not all of it. */
  readonly shard?: OpenShard;
}

/** Measures everything that was asked for, with AutoAttack's state in hand before the first of it. */
async function attackAll(
  evaluation: Evaluation,
  attacks: readonly AttackName[],
): Promise<EvaluationReport> {
  const { subject, settings, options: { autoAttack: choice = {}, input } } = evaluation;
  if (!attacks.includes("autoattack")) return await measureAll(evaluation, attacks);
  const journal = await openState(subject, settings, choice, input);
  try {
    return await measureAll(evaluation, attacks, journal);
  } catch (error) {
    journal.close();
    throw error;
  }
}

/** Measures, tells and keeps the report, and only then forgets the state. */
async function measureAll(
  { subject, recipe, open, settings, imagesSha256, options, source, shard }: Evaluation,
  attacks: readonly AttackName[],
  journal?: Journal,
): Promise<EvaluationReport> {
  const { saveAdversarial: save, observer } = options, { model, foreign } = open;
  const warnings = await foreignWarnings(source?.open ?? open, attacks, settings);
  const of = source ? `${source.subject.path}: ` : "";
  for (const warning of warnings) observer?.onNote?.(`warning: ${of}${warning}`);
  const accuracies: Partial<Record<EvaluationName, ImageAccuracy>> = {};
  const carried: Record<string, ImageAccuracy> = {};
  for (const name of attacks.filter(isEvaluationName)) {
    if (source && name !== "clean") {
      carried[name] = await evaluateAccuracy(name, model, {
        ...settings,
        source: source.open.model,
      });
    } else accuracies[name] = await evaluateAccuracy(name, model, settings);
  }
  const curve = attacks.includes(CURVE)
    ? await evaluateCurve(model, settings, (done, n) => observer?.onProgress?.(CURVE, done, n))
    : undefined;
  const { corruptions: kinds } = options;
  const corruptions = kinds && await evaluateCorruptions(
    kinds,
    model,
    settings,
    (done, n) => observer?.onProgress?.(CORRUPTED, done, n),
  );
  const attacked = journal && await attackSubject(journal, model, settings, options);
  const report = makeReport(subject, recipe, settings, imagesSha256, accuracies, {
    program: await thisProgram(),
    ...curve && { curve },
    ...corruptions && { corruptions },
    ...attacked && { autoattack: attacked.result },
    ...source && {
      transfer: {
        source: sourceOf(source.subject, options.input),
        accuracies: carried,
        ...warnings.length > 0 && { warnings },
      },
    },
    ...foreign && { model: { ...foreign, warnings: source ? [] : warnings } },
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
      ...subject.weights && { weights: subject.weights },
      images: imagesSha256,
      seed: String(report.seed),
    });
  }
  if (shard) await shard.keep(report);
  else await keepReport(subject, report, observer);
  if (untold !== undefined) throw untold;
  await journal?.remove();
  return report;
}

async function verifySaved(
  { subject, recipe, open: { model, foreign }, settings, imagesSha256, options }: Evaluation,
  saved: AdversarialImages,
): Promise<EvaluationReport> {
  const verified = await checkAdversarial(saved, model, settings);
  const report = makeReport(subject, recipe, settings, imagesSha256, {}, {
    program: await thisProgram(),
    verified,
    ...foreign && { model: { ...foreign, warnings: [] } },
  });
  options.observer?.onReport?.(report);
  return report;
}
