/**
 * What a page is made of, and what its sections share.
 *
 * @module
 */
import { type Markup, markup } from "../markup.ts";
import type { PageAccuracy } from "../evaluations.ts";
import type { Plot } from "../plots.ts";
import { type RunData, shownEvaluations } from "../run_data.ts";
import { formatRadius } from "../../../evaluate/report.ts";
import { representative } from "../../representative.ts";
import { accuracyRank } from "../../words.ts";

/** A part of the page with a heading of its own. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
}

/** A line as the run's lines are drawn, beside its name. */
function swatch(run: number): Markup {
  const style = `run-${run % 6} dash-${(run + Math.floor(run / 6)) % 6}`;
  return markup`<svg class="swatch ${style}" viewBox="0 0 28 8" aria-hidden="true"><path d="M1 4H27"/></svg>`;
}

/** A run's name with its line. */
export function runName({ label }: RunData, run: number): Markup {
  return markup`<span class="run-name">${swatch(run)}<span>${label}</span></span>`;
}

/** What the runs lack, in words; nothing if `names` is empty. */
export function lacking(names: readonly string[], sentence: (names: string) => string): Markup {
  if (names.length === 0) return markup``;
  const all = new Intl.ListFormat("en-GB").format(names);
  return markup`<p class="lack">${sentence(all)}</p>`;
}

/** A table that scrolls by itself where it is too wide, from the keyboard too. */
export function scrolling(label: string, table: Markup): Markup {
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${table}</div>`;
}

/** The evaluation called `name` that stands for a run: at the recipe's own radius, by {@linkcode representative}. */
export function accuracyOf(run: RunData, name: string): PageAccuracy | undefined {
  const { threat, seed: runSeed } = run.record.recipe, radius = formatRadius(threat.epsilon);
  const found = shownEvaluations(run)
    .filter((evaluation) => name === "clean" || evaluation.radius === radius)
    .flatMap(({ accuracies, seed }) => {
      const accuracy = accuracies.find((each) => each.name === name);
      return accuracy ? [{ accuracy, seed }] : [];
    });
  // The name says how many restarts there were.
  return representative(found, runSeed, ({ accuracy: { n }, seed }) => ({ n, seed, restarts: 1 }))
    ?.accuracy;
}

/** The names of everything that was evaluated of the runs, from clean to AutoAttack. */
export function evaluatedNames(runs: readonly RunData[]): string[] {
  const names = new Set(
    runs.flatMap((run) => shownEvaluations(run).flatMap(({ accuracies }) => accuracies))
      .map(({ name }) => name),
  );
  return [...names].filter((name) => runs.some((run) => accuracyOf(run, name)))
    .sort((a, b) =>
      accuracyRank(a) - accuracyRank(b) || a.localeCompare(b, "en", { numeric: true })
    );
}

/** A number of a plot's table. */
function plotValue({ unit }: Pick<Plot, "unit">, value: number | undefined): string {
  if (value === undefined) return "–";
  return unit === "percent" ? `${value.toFixed(2)} %` : String(Number(value.toPrecision(4)));
}

/** A plot with its legend, which reads it, and the table behind it. */
export function plotFigure(plot: Plot, runs: readonly RunData[]): Markup {
  const { id, title, note, axis, table } = plot;
  const present = runs.map((_, run) => run)
    .filter((run) => plot.lines.some((line) => line.run === run && line.x.length > 0));
  const position = axis === "epoch" ? "Epoch" : "ε";
  return markup`
<figure class="plot" id="plot-${id}">
  <figcaption><h3>${title}</h3>${note && markup` <span class="note">${note}</span>`}</figcaption>
  <output class="readings" aria-live="off"><span class="position" data-position></span>${
    present.map((run) =>
      markup`<span class="reading">${runName(runs[run]!, run)} <b data-reading="${run}"></b></span>`
    )
  }</output>
  <div class="chart" id="chart-${id}" data-plot="${id}" tabindex="0" role="group" aria-roledescription="chart"
    aria-label="${title}. Left and right read it, plus and minus zoom, Escape shows everything. A table follows."></div>
  ${
    table.length > 0 &&
    markup`<details class="table" id="table-${id}"><summary>Table of ${title}</summary>${
      scrolling(
        `Table of ${title}`,
        markup`<table><thead><tr><th scope="col">${position}</th>${
          present.map((run) => markup`<th scope="col">${runs[run]!.label}</th>`)
        }</tr></thead><tbody>${
          table.map(({ at, values }) =>
            markup`<tr><th scope="row">${at}</th>${
              present.map((run) => markup`<td>${plotValue(plot, values[run])}</td>`)
            }</tr>`
          )
        }</tbody></table>`,
      )
    }</details>`
  }
</figure>`;
}
