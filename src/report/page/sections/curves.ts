/**
 * How training went: loss, accuracies, learning rate, speed.
 *
 * @module
 */
import { markup } from "../markup.ts";
import type { Plot } from "../plots.ts";
import type { RunData } from "../run_data.ts";
import { lacking, plotFigure, runName, type Section } from "./section.ts";

/** The plots of training, with a switch for each of several runs. */
export function curves(runs: readonly RunData[], plots: readonly Plot[]): Section {
  const without = (id: string) =>
    runs.filter((_, run) => !plots.some((plot) => plot.id === id && hasRun(plot, run)))
      .map(({ label }) => label);
  const unlogged = runs.filter(({ steps, epochs }) => steps.length + epochs.length === 0)
    .map(({ label }) => label);
  const unselected = without("clean").filter((label) => !unlogged.includes(label));
  return {
    id: "training",
    title: "Training",
    body: markup`${
      runs.length > 1 &&
      markup`<div class="switches" role="group" aria-label="Runs shown">${
        runs.map((run, index) =>
          markup`<button type="button" id="switch-${index}" aria-pressed="true" data-run-switch="${index}">${
            runName(run, index)
          }</button>`
        )
      }</div>`
    }
${
      plots.length > 0 &&
      markup`<p class="hint">Faint lines are single steps, strong ones means over an epoch. Drag to zoom, double-click to see everything; on the keyboard, arrows read, + and − zoom, Escape goes back. <button
  type="button" data-unzoom="epoch" hidden>Show all epochs</button></p>`
    }
<div class="plots">${plots.map((plot) => plotFigure(plot, runs))}</div>
${lacking(unlogged, (all) => `Nothing is logged yet of ${all}.`)}${
      lacking(
        unselected,
        (all) =>
          `No accuracy by epoch of ${all}: measured after an epoch, and only where a checkpoint is selected (--select val or test).`,
      )
    }`,
  };
}

function hasRun({ lines }: Plot, run: number): boolean {
  return lines.some((line) => line.run === run && line.x.length > 0);
}
