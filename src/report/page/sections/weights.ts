/**
 * How much the examples counted, epoch by epoch.
 *
 * @module
 */
import type { EpochMetrics, WeightMetrics } from "../../../run/metrics.ts";
import { type Markup, markup } from "../markup.ts";
import type { RunData } from "../run_data.ts";
import { lacking, runName, scrolling, type Section } from "./section.ts";

/** An epoch in which something was weighed. */
type Weighed = EpochMetrics & { readonly weights: WeightMetrics };

/** What the examples of a term are weighed by. */
const FORMULAS: Readonly<Record<string, string>> = {
  memory: "1 − p_y(x'') of the memory examples",
  kl: "1 − p_y(x) of the clean images",
};

/** A map of the weights of each run that has any; undefined if none weighs its examples. */
export function weights(runs: readonly RunData[]): Section | undefined {
  const all = runs.map(({ epochs }) => epochs.filter(isWeighed));
  const could = runs.filter(({ record: { recipe } }, run) =>
    all[run]!.length > 0 || recipe.variant === "mart" ||
    recipe.memory !== undefined && recipe.memory.weight !== "uniform"
  );
  if (could.length === 0) return undefined;
  const without = could.filter((run) => all[runs.indexOf(run)]!.length === 0);
  return {
    id: "weights",
    title: "Weights",
    body: markup`
<p class="hint">How much each example counts in its term: 0 where the network is certain of the label, 1 where it gives
it no probability. Shade: share of the epoch’s examples. Line: their mean.</p>
<div class="plots">${
      runs.map((run, index) => all[index]!.length > 0 && weightMap(run, index, all[index]!))
    }</div>
${
      lacking(
        without.map(({ label }) => label),
        (labels) => `No weights of ${labels}: logged after an epoch in which there were any.`,
      )
    }`,
  };
}

function isWeighed(epoch: EpochMetrics): epoch is Weighed {
  const { weights } = epoch as { weights?: Partial<WeightMetrics> };
  const counts: unknown = weights?.counts;
  return Array.isArray(counts) && counts.length > 0 && counts.every(Number.isFinite) &&
    counts.some((count) => count > 0) && Number.isFinite(weights?.mean);
}

function weightMap(run: RunData, index: number, epochs: readonly Weighed[]): Markup {
  const first = epochs[0]!.epoch, last = epochs.at(-1)!.epoch, width = last - first + 1;
  const bins = Math.max(...epochs.map(({ weights: { counts } }) => counts.length));
  const { term = "memory" } = epochs[0]!.weights;
  const columns = epochs.map(({ epoch, weights: { counts, mean } }) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const cells = counts.map((count, bin) =>
      count > 0 &&
      markup`<rect x="${epoch - first}" y="${
        counts.length - 1 - bin
      }" width="1" height="1" opacity="${shade(count / total).toFixed(3)}"/>`
    );
    return markup`<g><title>epoch ${epoch}: mean ${mean.toFixed(3)}</title>${cells}</g>`;
  });
  const mean = epochs.map(({ epoch, weights: { mean } }, i) =>
    `${i === 0 ? "M" : "L"}${epoch - first + 0.5} ${(bins * (1 - mean)).toFixed(2)}`
  ).join("");
  return markup`
<figure class="plot weights run-${index % 6}">
  <figcaption><h3>${runName(run, index)}</h3><span class="note">${
    FORMULAS[term] ?? term
  }</span></figcaption>
  <div class="keys">${
    [0.01, 0.05, 0.2, 0.5].map((share) =>
      markup`<span><svg class="key" viewBox="0 0 1 1" aria-hidden="true"><rect width="1" height="1" opacity="${
        shade(share).toFixed(3)
      }"/></svg>${100 * share} %</span>`
    )
  }<span>of the examples</span></div>
  <div class="map"><span class="top-tick">1</span><span class="middle-tick">weight</span><span
    class="bottom-tick">0</span>
  <svg viewBox="0 0 ${width} ${bins}" preserveAspectRatio="none" role="img"
    aria-label="Weights of ${run.label}, a column for each epoch. A table follows."><g
    class="cells">${columns}</g><path class="halo" d="${mean}"/><path class="mean" d="${mean}"/></svg>
  <span class="first-tick">epoch ${first}</span><span class="last-tick">${
    last > first && last
  }</span></div>
  <details class="table" id="table-weights-${index}"><summary>Table of weights</summary>${
    scrolling(`Table of weights, ${run.label}`, weightTable(epochs))
  }</details>
</figure>`;
}

/** Few examples must be seen beside many: opacity by the root of their share. */
const shade = (share: number) => Math.sqrt(share);

function weightTable(epochs: readonly Weighed[]): Markup {
  return markup`<table><thead><tr><th scope="col">Epoch</th><th scope="col">Mean</th>${
    [0.1, 0.5, 0.9].map((level) => markup`<th scope="col">above ${level}</th>`)
  }</tr></thead><tbody>${
    epochs.map(({ epoch, weights: { mean, counts } }) => {
      const total = counts.reduce((sum, count) => sum + count, 0);
      const above = [0.1, 0.5, 0.9].map((level) =>
        counts.slice(Math.round(level * counts.length)).reduce((sum, count) => sum + count, 0)
      );
      return markup`<tr><th scope="row">${epoch}</th><td>${mean.toFixed(4)}</td>${
        above.map((count) => markup`<td>${(100 * count / total).toFixed(1)} %</td>`)
      }</tr>`;
    })
  }</tbody></table>`;
}
