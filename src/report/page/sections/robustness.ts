/**
 * How accuracy falls: attack by attack in AutoAttack, and with the radius.
 *
 * @module
 */
import { accuracyTitle, formatDuration, normTitle, percent } from "../../words.ts";
import type { PageEvaluation } from "../evaluations.ts";
import { type Markup, markup } from "../markup.ts";
import type { Plot } from "../plots.ts";
import { type RunData, shownEvaluations } from "../run_data.ts";
import { lacking, plotFigure, runName, scrolling, type Section } from "./section.ts";

/** AutoAttack's attacks in turn, the curve over radii, and every evaluation there is. */
export function robustness(runs: readonly RunData[], curve: Plot | undefined): Section {
  const attacked = runs.map((run) => shownEvaluations(run).filter(({ autoattack }) => autoattack));
  const labels = (which: (run: number) => boolean) =>
    runs.filter((_, run) => which(run)).map(({ label }) => label);
  const curved = (run: number) =>
    curve?.lines.some((line) => line.run === run && line.x.length > 0) ?? false;
  return {
    id: "robustness",
    title: "Robustness",
    body: markup`
<div class="waterfalls">${
      runs.flatMap((run, index) =>
        attacked[index]!.map((evaluation) => waterfall(run, index, evaluation))
      )
    }</div>
${curve && markup`<div class="plots">${plotFigure(curve, runs)}</div>`}
${
      lacking(
        labels((run) => attacked[run]!.length === 0),
        (all) => `No AutoAttack of ${all}: memloss eval RUN_DIR --attack autoattack.`,
      )
    }${
      lacking(
        labels((run) => !curved(run)),
        (all) => `No accuracy by radius of ${all}: memloss eval RUN_DIR --attack curve.`,
      )
    }${evaluationTable(runs)}`,
  };
}

/** What is left after each attack, as a table with bars. */
function waterfall(run: RunData, index: number, evaluation: PageEvaluation): Markup {
  const { autoattack, norm, radius } = evaluation;
  const { clean, perAttack, n, warnings } = autoattack!;
  const members = Object.entries(perAttack);
  const before = [clean, ...members.map(([, member]) => member)];
  const rows = [
    { name: "no attack", correct: clean.correct, lost: 0, note: "" },
    ...members.map(([name, { correct, broken, seconds }], i) => ({
      name: name === "square" ? "Square" : name.toUpperCase(),
      correct,
      lost: before[i]!.correct - correct,
      note: `${broken > 0 ? "−" : ""}${broken.toLocaleString("en")} images, ${
        formatDuration(seconds)
      }`,
    })),
  ];
  const share = (count: number) => `${(100 * count / n).toFixed(2)}%`;
  const table = markup`<table class="waterfall"><thead class="visually-hidden"><tr><th
  scope="col">After</th><th scope="col">Bar</th><th scope="col">Accuracy</th></tr></thead><tbody>${
    rows.map(({ name, correct, lost, note }) =>
      markup`<tr><th scope="row">${name}</th><td class="wide" aria-hidden="true"><span
  class="bar run-${index % 6}"><span class="left" style="width:${
        share(correct)
      }"></span><span class="lost" style="width:${
        share(lost)
      }"></span></span></td><td class="found">${percent(correct / n)} %${
        note !== "" && markup`<span class="note">${note}</span>`
      }</td></tr>`
    )
  }</tbody></table>`;
  // The last of a report's accuracies is AutoAttack's.
  return markup`<article><h3>${
    accuracyTitle(evaluation.accuracies.at(-1)!.name)
  } <span class="note">${normTitle(norm)} ${radius}, ${n.toLocaleString("en")} images</span></h3>
<p class="which">${runName(run, index)}</p>
${scrolling("AutoAttack, accuracy after each attack", table)}${
    warnings.map((warning) => markup`<p class="lack">${warning}</p>`)
  }</article>`;
}

function evaluationTable(runs: readonly RunData[]): Markup {
  const several = runs.some(({ evaluations }) => evaluations.some(({ elsewhere }) => elsewhere));
  const rows = runs.flatMap((run, index) =>
    run.evaluations.flatMap((
      { accuracies, checkpoint, norm, radius, seed, raw, imagesSha256, elsewhere },
    ) =>
      accuracies.map(({ name, correct, n }) =>
        markup`<tr><th scope="row">${runName(run, index)}</th><td>${accuracyTitle(name)}</td><td>${
          name === "clean" ? "–" : `${normTitle(norm)} ${radius}`
        }</td><td class="number">${name === "clean" ? "–" : seed}</td><td
  class="number">${
          percent(correct / n)
        } %</td><td class="number">${correct} of ${n}</td><td><code>${checkpoint.file}</code> <code class="digest">${
          checkpoint.sha256.slice(0, 12)
        }</code>${raw && " its raw weights"}</td>${
          several &&
          markup`<td><code class="digest">${imagesSha256?.slice(0, 12) ?? "–"}</code>${
            elsewhere && " not the run's own"
          }</td>`
        }</tr>`
      )
    )
  );
  if (rows.length === 0) return markup``;
  const table = markup`<table><thead><tr><th scope="col">Run</th><th scope="col">Attack</th><th
  scope="col">Ball</th><th scope="col" class="number">Seed</th><th scope="col" class="number">Accuracy</th><th scope="col"
  class="number">Correct</th><th scope="col">Checkpoint</th>${
    several && markup`<th scope="col">Images</th>`
  }</tr></thead><tbody>${rows}</tbody></table>`;
  return markup`<details class="table" id="table-evaluations"><summary>Every evaluation</summary>${
    scrolling("Every evaluation", table)
  }</details>`;
}
