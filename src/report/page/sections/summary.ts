/**
 * The head of the page: what was run, and what came out, a line for each run.
 *
 * @module
 */
import { methodOf } from "../../../method/methods.ts";
import { wilsonInterval } from "../../../statistics/wilson.ts";
import { collapsedEpochs } from "../../training_text.ts";
import { accuracyTitle, formatDuration, percent, percentInterval } from "../../words.ts";
import { type Markup, markup } from "../markup.ts";
import { dataTitle, type RunData } from "../run_data.ts";
import { accuracyOf, evaluatedNames, lacking, runName } from "./section.ts";

/** Methods that a title names, at most. */
const MOST_NAMED = 4;

/** What the page is called: the methods and the data. */
export function pageTitle(runs: readonly RunData[]): string {
  const distinct = (names: readonly string[]) => [...new Set(names)];
  const methods = distinct(runs.map(({ record }) => methodTitle(record.recipe.variant)));
  const data = distinct(runs.map(({ record }) => dataTitle(record)));
  const list = new Intl.ListFormat("en-GB");
  const what = methods.length > MOST_NAMED ? `${methods.length} methods` : list.format(methods);
  const count = runs.length > methods.length ? `, ${runs.length} runs` : "";
  return `${what} on ${list.format(data)}${count}`;
}

/** `V1` for `v1`, `TRADES` for `trades`. */
function methodTitle(variant: string): string {
  return variant === "standard" ? "standard training" : variant.toUpperCase();
}

/** A line for each run. */
export function summary(runs: readonly RunData[]): Markup {
  const names = evaluatedNames(runs);
  const bare = runs.filter((run) =>
    names.every((name) => !accuracyOf(run, name)) && run.epochs.at(-1)?.cleanAccuracy === undefined
  );
  const notes = runs.flatMap(({ label, notes, damaged, epochs }) => [
    ...[collapsedEpochs(epochs) ?? []].flat().map((warning) => `${label}: ${warning}.`),
    ...notes.map((note) => `${label}: ${note}.`),
    ...damaged > 0
      ? [`${label}: ${damaged} memory examples were damaged and left out in training.`]
      : [],
  ]);
  return markup`<ol class="runs">${runs.map((run, index) => runLine(run, index, names))}</ol>
${names.length > 0 && markup`<p class="note">In brackets: 95 % Wilson intervals.</p>`}${
    lacking(
      bare.map(({ label }) => label),
      (all) => `Not evaluated yet: ${all}. memloss eval measures clean and robust accuracy.`,
    )
  }${notes.map((note) => markup`<p class="lack">${note}</p>`)}`;
}

function runLine(run: RunData, index: number, names: readonly string[]): Markup {
  const { recipe } = run.record, method = methodOf(recipe.variant);
  const facts = [
    methodTitle(recipe.variant),
    dataTitle(run.record),
    `${recipe.model}, width ${recipe.width}`,
    ...recipe.beta === undefined ? [] : [`β ${recipe.beta}`],
    ...recipe.betaPrime === undefined ? [] : [`β′ ${recipe.betaPrime}`],
    ...recipe.limitTrain === undefined ? [] : [`${recipe.limitTrain.toLocaleString("en")} images`],
    `seed ${recipe.seed}`,
  ];
  return markup`<li class="run"><div class="what">
  <h2>${runName(run, index)}</h2>
  <p class="state">${stateOf(run)}</p>
  <p class="facts">${facts.join(" · ")}</p>
  <p class="formula">${method.formula}</p>
</div><dl class="results">${results(run, names)}</dl></li>`;
}

/** Where the run stands, and how long it took so far. */
function stateOf({ record: { recipe }, epochs, steps, training }: RunData): string {
  const done = epochs.at(-1)?.epoch ?? 0,
    ended = epochs.at(-1)?.ended,
    at = steps.at(-1)?.epoch ?? 1;
  const seconds = epochs.reduce((sum, each) => sum + (each.seconds || 0), 0);
  const took = seconds > 0 ? `, ${formatDuration(seconds)}` : "";
  if (ended) return `${done} of ${recipe.epochs} epochs, ended by --early-stop${took}`;
  if (done >= recipe.epochs) return `${recipe.epochs} epochs, finished${took}`;
  return `${training ? "training" : "stopped"}, epoch ${
    Math.max(done, at)
  } of ${recipe.epochs}${took}`;
}

function results(run: RunData, names: readonly string[]): Markup[] {
  const measured = names.flatMap((name) => {
    const found = accuracyOf(run, name);
    if (found === undefined) return [];
    const { correct, n } = found;
    const range = percentInterval(wilsonInterval(correct, n));
    const note = markup`<span>${range}</span> <span>n = ${n.toLocaleString("en")}</span>`;
    return [result(accuracyTitle(name), correct / n, note)];
  });
  const last = run.epochs.at(-1);
  if (measured.length > 0 || last?.cleanAccuracy === undefined) return measured;
  const { select } = run.record.recipe;
  const note = markup`epoch ${last.epoch}, ${select === "val" ? "held-out images" : "test images"}`;
  return [
    result("clean", last.cleanAccuracy, note),
    ...last.robustAccuracy === undefined ? [] : [result("PGD-20", last.robustAccuracy, note)],
  ];
}

function result(name: string, accuracy: number, note: Markup): Markup {
  return markup`<div><dt>${name}</dt><dd>${
    percent(accuracy)
  }<small> %</small></dd><dd class="note">${note}</dd></div>`;
}
