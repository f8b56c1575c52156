/**
 * Runs that are already there as a table: a row for each recipe, a column for each evaluation.
 *
 * @module
 */
import { isGenerated } from "../data/sets/definition.ts";
import { findSet } from "../data/sets/sets.ts";
import { UsageError } from "../errors.ts";
import { sha256 } from "../format/sha256.ts";
import { FIELDS, valueAt } from "../recipe/fields.ts";
import { AUTO_HELPER } from "../recipe/helper_recipe.ts";
import type { Path } from "../recipe/recipe.ts";
import type { RunRecord } from "../run/run_record.ts";
import { representative } from "./representative.ts";
import { drawsOf, type StoredEvaluation } from "./run_evaluations.ts";
import { accuracyRank, accuracyTitle, normTitle } from "./words.ts";
import { noticed, type ResultTable, summarise } from "./tables/results.ts";
import { testImages } from "./tables/test_images.ts";
import type { Evaluation, MeasuredRun, TableColumn } from "./tables/layout.ts";

/** A run with what was measured of it. */
export interface ComparedRun {
  readonly directory: string;
  readonly record: RunRecord;
  /** Of the run that its helper is from, where that was found. */
  readonly helper?: RunRecord | undefined;
  readonly evaluations: readonly StoredEvaluation[];
  /** Whole epochs of a run that was stopped, or trains on; absent for one that is over. */
  readonly stoppedAfter?: number | undefined;
}

/** Beside what belongs to one start of a run: two runs of one recipe may differ in these. */
const FREE: readonly Path[] = ["seed", "backend"];

/**
 * Groups `runs` by recipe, equal but for the seed, and sums them up. Images that are made from the seed are part of it, and
 * where the helper is from a run, so is the seed of that. Given weights are known by their digest, wherever they lay.
 *
 * @throws {UsageError} if two runs are of one recipe and one seed
 */
export function compareRuns(given: readonly ComparedRun[]): ResultTable {
  const runs = withSharedHelpers(given);
  const groups = Map.groupBy(runs, (run) => JSON.stringify(describe(run)));
  const keys = [...groups.keys()];
  const labels = labelGroups([...groups.values()].map(([first]) => describe(first!)));
  for (const group of groups.values()) refuseTwins(group);
  const mixed = mixedKeys(groups.values()), columns = findColumns(runs, mixed);
  const measured = runs.map((run): MeasuredRun => {
    const row = labels[keys.indexOf(JSON.stringify(describe(run)))]!;
    return { row, seed: run.record.recipe.seed, evaluations: evaluationsOf(run, mixed) };
  });
  const rows = labels.map((label) => ({ name: label, label }));
  return summarise({
    title: "Runs compared",
    rows,
    columns,
    notes: [
      "Accuracies in percent: mean ± sample standard deviation over seeds.",
      runs.some(({ helper }) => helper)
        ? "A row is a recipe; its runs differ in their seed alone, and in that of their helpers."
        : "A row is a recipe; its runs differ in their seed alone.",
      ...[...madeData(runs)].map((name) =>
        `The images of ${name} are made from the seed: each seed trains and tests on its own.`
      ),
      ...notTrained(runs, measured),
      ...noticed({ rows, columns }, measured),
    ],
  }, measured);
}

/** `runs`, where one whose helper was found says for all with the same weights which run that is from. */
function withSharedHelpers(runs: readonly ComparedRun[]): ComparedRun[] {
  const weights = ({ record }: ComparedRun) => record.helper?.copySha256;
  const found = new Map(runs.filter(({ helper }) => helper).map((run) => [weights(run), run]));
  return runs.map((run) => ({ ...run, helper: found.get(weights(run))?.helper }));
}

/** Everything that makes a run another one than the same with another seed, by the name of its flag. */
function describe(
  { record, helper }: Pick<ComparedRun, "record" | "helper">,
): Record<string, string> {
  const { recipe, dataSha256, from } = record;
  const fields = FIELDS.filter(({ path, perStart }) => !perStart && !FREE.includes(path));
  return {
    ...Object.fromEntries(fields.flatMap(({ path, flag }) => {
      const value = valueAt(recipe, path);
      return value === undefined ? [] : [[flag.name, String(value)]];
    })),
    ...from && { from: from.copySha256.slice(0, 12) },
    ...record.helper && recipe.helper !== AUTO_HELPER && {
      helper: helper
        ? `${helper.recipe.variant} ${
          sha256(JSON.stringify(describe({ record: helper }))).slice(0, 12)
        }`
        : record.helper.copySha256.slice(0, 12),
    },
    "training images": seedMakesImages(record) ? "made from the seed" : dataSha256.slice(0, 12),
  };
}

/** Whether equal seeds mean equal images, and others mean others. Auxiliary ones come from a file. */
function seedMakesImages({ recipe: { data, auxData } }: RunRecord): boolean {
  return isGenerated(findSet(data)) && auxData === undefined;
}

/** The data sets of `runs` whose images their seeds make. */
function madeData(runs: readonly ComparedRun[]): Set<string> {
  const made = runs.filter(({ record }) => seedMakesImages(record));
  return new Set(made.map(({ record }) => record.recipe.data));
}

/** The variant of each description, with whatever else sets it apart from others of its variant. */
function labelGroups(groups: readonly Record<string, string>[]): string[] {
  return groups.map((group) => {
    const same = groups.filter(({ variant }) => variant === group.variant);
    const apart = Object.keys(Object.assign({}, ...same)).filter((name) =>
      same.some((other) => other[name] !== group[name])
    );
    return [group.variant, ...apart.map((name) => `${name} ${group[name] ?? "none"}`)].join(", ");
  });
}

function refuseTwins(group: readonly ComparedRun[]): void {
  for (const [index, { directory, record: { recipe } }] of group.entries()) {
    const twin = group.slice(0, index).find(({ record }) => record.recipe.seed === recipe.seed);
    if (twin === undefined) continue;
    throw new UsageError(
      `${twin.directory} and ${directory} are runs of one recipe with seed ${recipe.seed}: leave one out.`,
    );
  }
}

/** How an accuracy was measured. */
function measureKey({ name, norm, radius, restarts, version, result: { n } }: StoredEvaluation) {
  const parts = name === "clean" ? [] : [norm, radius];
  const details = [version, restarts > 1 ? `${restarts} restarts` : undefined];
  return [name, `n${n}`, ...parts, ...details].filter(Boolean).join(" ");
}

/** The keys under which a row has accuracies on several sets of test images, though its seeds do not make them. */
function mixedKeys(groups: Iterable<readonly ComparedRun[]>): ReadonlySet<string> {
  const mixed = new Set<string>();
  for (const group of groups) {
    if (seedMakesImages(group[0]!.record)) continue;
    const seen = new Map<string, string>();
    for (const each of group.flatMap(({ evaluations }) => evaluations)) {
      const key = measureKey(each), { imagesSha256: images } = each;
      if (images === undefined) continue;
      if ((seen.get(key) ?? images) !== images) mixed.add(key);
      seen.set(key, images);
    }
  }
  return mixed;
}

/** What has to be the same for two accuracies to stand in one column: where a row would mix several, the images too. */
function columnKey(each: StoredEvaluation, mixed: ReadonlySet<string>): string {
  const key = measureKey(each);
  return mixed.has(key) ? `${key} ${imagesLabel(each)}` : key;
}

function imagesLabel({ imagesSha256 = "unknown" }: StoredEvaluation): string {
  return `images ${imagesSha256.slice(0, 12)}`;
}

/** What stands for a run in each column, by {@linkcode columnKey}. */
function evaluationsOf(
  { record, evaluations }: ComparedRun,
  mixed: ReadonlySet<string>,
): Record<string, Evaluation> {
  const columns = Map.groupBy(evaluations, (each) => columnKey(each, mixed));
  return Object.fromEntries(Array.from(columns, ([key, all]) => {
    const found = representative(all, record.recipe.seed, drawsOf)!;
    const images = testImages(record.recipe, record.dataSha256, found.imagesSha256);
    return [key, { ...found.result, images }];
  }));
}

function findColumns(runs: readonly ComparedRun[], mixed: ReadonlySet<string>): TableColumn[] {
  const found = new Map<string, StoredEvaluation>();
  for (const { evaluations } of runs) {
    for (const each of evaluations) found.set(columnKey(each, mixed), each);
  }
  const all = [...found].sort(([, a], [, b]) =>
    accuracyRank(a.name) - accuracyRank(b.name) || a.result.n - b.result.n
  );
  return all.map(([name, each]) => ({ name, label: columnLabel(each, mixed) }));
}

function columnLabel(each: StoredEvaluation, mixed: ReadonlySet<string>): string {
  const { name, norm, radius, restarts, version, result: { n } } = each;
  const attack = accuracyTitle(name);
  return [
    attack + (version && version !== "standard" ? ` ${version}` : ""),
    ...name === "clean" ? [] : [`${normTitle(norm)} ${radius}`],
    ...restarts > 1 ? [`${restarts} restarts`] : [],
    `n = ${n}`,
    ...mixed.has(measureKey(each)) ? [imagesLabel(each)] : [],
  ].join(", ");
}

/** Which runs, each of which was measured, have not come to their end. */
function notTrained(runs: readonly ComparedRun[], measured: readonly MeasuredRun[]): string[] {
  const early = runs.flatMap(({ record: { recipe: { epochs } }, stoppedAfter }, index) => {
    const { row, seed } = measured[index]!;
    return stoppedAfter === undefined
      ? []
      : [`${row} seed ${seed} (${stoppedAfter} of ${epochs} epochs)`];
  });
  return early.length > 0 ? [`Not trained to the end: ${early.join("; ")}.`] : [];
}
