/**
 * Makes one cell: trains its run, or the rest of it, and measures what is not measured yet.
 *
 * @module
 */
import { basename, join } from "@std/path";
import { exists } from "../disk/regular.ts";
import { evaluateRun } from "../evaluate/evaluate_run.ts";
import type {
  AttackName,
  EvaluationObserver,
  EvaluationOptions,
} from "../evaluate/evaluation_options.ts";
import { mergeShards, shardsThere } from "../evaluate/shards/merge_shards.ts";
import { sha256 } from "../format/sha256.ts";
import type { EvaluationReport } from "../evaluate/report.ts";
import { FIELDS, nested, valueAt } from "../recipe/fields.ts";
import type { RecipeInput } from "../recipe/recipe.ts";
import type { Metrics } from "../run/metrics.ts";
import { thisProgram } from "../run/program_version.ts";
import { helperPath, isTrained, readRunRecord, recipePath } from "../run/folder/files.ts";
import { readMetrics } from "../run/run_log.ts";
import { readSubject } from "../run/subject.ts";
import { continueRun, startRun } from "../train/start.ts";
import type { RunObserver } from "../train/start_options.ts";
import { type Cell, type CellEvaluation, readCell, writeCell } from "./cell.ts";
import { readRecipe } from "./named_flags.ts";
import type { CellPlan } from "./plan.ts";

/** One sitting at a table. */
export interface Sitting {
  /** Where the data lie and what computes. */
  readonly given: RecipeInput;
  /** Makes who watches the next run. */
  readonly watchRun?: () => RunObserver;
  /** Makes who watches the next evaluation. */
  readonly watchEvaluation?: () => EvaluationObserver;
  /** Stops at the next safe place. */
  readonly signal?: AbortSignal | undefined;
}

/** The folder of the run that the cell of `plan` measures. */
export function cellRun(
  out: string,
  { name, trained }: Pick<CellPlan, "name" | "trained">,
): string {
  return join(out, "runs", trained?.name ?? name);
}

/**
 * Makes the cell of `plan` in `out`, from wherever it stands. What was measured is kept at once.
 *
 * @throws {Interrupted} if the sitting ends; the same call continues
 */
export async function makeCell(out: string, plan: CellPlan, sitting: Sitting): Promise<void> {
  const runDir = cellRun(out, plan);
  await trainRun(out, plan, sitting);
  let cell = await beginCell(runDir, plan);
  const before = await readCell(out, plan);
  // Of another checkpoint where the run's folder was taken away in between and made again.
  if (before?.checkpoint.sha256 === cell.checkpoint.sha256) cell = before;
  for (const name of Object.keys(plan.request.evaluations)) {
    if (name in cell.evaluations) continue;
    const started = performance.now();
    const options = evaluationOf(plan, name as AttackName, sitting);
    const sharded = await mergedShards(runDir, options);
    const report = sharded ?? await evaluateRun(runDir, options);
    const seconds = evaluationTime(report, sharded ? 0 : (performance.now() - started) / 1000);
    cell = await withEvaluation(cell, name, report, seconds);
    await writeCell(out, plan.name, cell);
  }
}

/** How the column `name` of the cell of a plan is measured. */
export function evaluationOf(
  { request: { evaluations, weights } }: CellPlan,
  name: AttackName,
  { given, watchEvaluation, signal }: Sitting,
): EvaluationOptions {
  const observer = watchEvaluation?.(), images = evaluations[name]!;
  return {
    attacks: [name],
    given,
    ...images !== "all" && { limit: images },
    ...weights && { weights },
    ...observer && { observer },
    ...signal && { signal },
  };
}

/** What others have measured in shards, with those that are missing; undefined where nobody has begun with one. */
async function mergedShards(
  runDir: string,
  options: EvaluationOptions,
): Promise<EvaluationReport | undefined> {
  const found = await shardsThere(runDir, options);
  if (found === undefined) return undefined;
  const { count } = found;
  for (let index = 1; index <= count; index++) {
    await evaluateRun(runDir, { ...options, shard: { index, count } });
  }
  return await mergeShards(runDir, options);
}

/**
 * Seconds that an evaluation took, of which this sitting has `spent` so many: one that was stopped and continued, or made in
 * shards, has AutoAttack's members' of all sittings on all machines.
 */
export function evaluationTime(
  { autoattack }: Pick<EvaluationReport, "autoattack">,
  spent: number,
): number {
  const members = Object.values(autoattack?.perAttack ?? {});
  return Math.max(spent, members.reduce((sum, { seconds }) => sum + seconds, 0));
}

/**
 * Trains the run of the cell of `plan` in `out` to its end, from wherever it stands; nothing where it is another cell's.
 *
 * @throws {Interrupted} if the sitting ends; the same call continues
 */
export async function trainRun(out: string, plan: CellPlan, sitting: Sitting): Promise<void> {
  const { name, request, helper: helperCell, trained } = plan, { signal, watchRun } = sitting;
  if (trained !== undefined) return;
  const observer = watchRun?.(), runDir = cellRun(out, plan);
  const options = { ...observer && { observer }, ...signal && { signal } };
  const { helper: said, ...rest } = { ...readRecipe(request.recipe, name), ...sitting.given };
  const helper = helperCell ? cellRun(out, helperCell) : said;
  if (await exists(recipePath(runDir))) {
    // It has a copy of a helper from a cell, and the table may have been moved since.
    const given = { ...rest, ...!helperCell && helper !== undefined && { helper } };
    return await continueRun(runDir, { ...options, given });
  }
  await startRun({ ...rest, ...helper !== undefined && { helper } }, runDir, options);
}

/** The cell whose run has to be trained before that of `plan` is made; undefined if there is none, or no more need of it. */
export async function missingRun(out: string, plan: CellPlan): Promise<CellPlan | undefined> {
  const { trained, helper } = plan, needed = trained ?? helper;
  // A run has a copy of its helper from its beginning, also one that others measure before it is trained.
  const hasHelper = !trained && await exists(helperPath(cellRun(out, plan)));
  if (needed === undefined || hasHelper) return undefined;
  return await isTrained(cellRun(out, needed)) ? undefined : needed;
}

/** Seconds that a run's epochs took; what an interruption lost is not in them. */
function trainingTime(metrics: readonly Metrics[]): number {
  return metrics.reduce((sum, line) => sum + (line.kind === "epoch" ? line.seconds : 0), 0);
}

/** What is known of this computer beside its device. */
export function computer(): Pick<Cell["machine"], "system" | "processors"> {
  return {
    system: `${Deno.build.os} ${Deno.build.arch}`,
    processors: navigator.hardwareConcurrency,
  };
}

/** The cell of a finished run, before its first evaluation. */
async function beginCell(runDir: string, plan: CellPlan): Promise<Cell> {
  const { row, seed, request, helper } = plan;
  const { recipe: all, dataSha256, program, machine, helper: given } = await readRunRecord(runDir);
  const lasting = FIELDS.filter(({ perStart }) => !perStart).map(({ path }) => path);
  const recipe = {
    ...nested(lasting.map((path) => [path, valueAt(all, path)])),
    // Of a cell: where it lies on this machine is nobody's concern.
    ...helper && { helper: helper.row },
  };
  const { path, sha256: digest, run } = await readSubject(runDir, undefined);
  const { backend, adapter, deno } = machine;
  return {
    format: 1,
    row,
    seed,
    request,
    recipe,
    recipeSha256: sha256(JSON.stringify(recipe)),
    dataSha256,
    program,
    finishedBy: await thisProgram(),
    machine: {
      backend,
      adapter,
      deno,
      ...computer(),
    },
    checkpoint: { name: run?.link ?? basename(path), sha256: digest },
    ...given && { helperSha256: given.sha256 },
    evaluations: {},
    times: { training: trainingTime(await readMetrics(runDir)), evaluations: {}, written: "" },
  };
}

async function withEvaluation(
  cell: Cell,
  name: string,
  report: EvaluationReport,
  seconds: number,
): Promise<Cell> {
  const { autoattack } = report;
  const found = name === "autoattack" ? autoattack : report[name as "clean"];
  const { accuracy, correct, n, verdicts } = found!;
  const members = Object.entries(autoattack?.perAttack ?? {});
  const evaluation: CellEvaluation = {
    accuracy,
    correct,
    n,
    verdicts,
    attack: { norm: report.attack.norm, radius: report.attack.fraction, seed: report.seed },
    imagesSha256: report.data.sha256,
    ...autoattack && {
      version: autoattack.version,
      perAttack: Object.fromEntries(
        members.map(([member, { seconds: _seconds, ...counts }]) => [member, counts]),
      ),
      warnings: [...autoattack.warnings],
    },
  };
  return {
    ...cell,
    finishedBy: await thisProgram(),
    evaluations: { ...cell.evaluations, [name]: evaluation },
    times: {
      ...cell.times,
      evaluations: { ...cell.times.evaluations, [name]: seconds },
      ...autoattack && {
        perAttack: Object.fromEntries(members.map(([member, { seconds }]) => [member, seconds])),
      },
      written: new Date().toISOString(),
    },
  };
}
