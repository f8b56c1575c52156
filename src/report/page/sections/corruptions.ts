/**
 * How accuracy falls under common corruptions.
 *
 * @module
 */
import { averagedKinds, FROST_IS_MADE } from "../../../data/corruptions/corruptions.ts";
import { SEVERITIES } from "../../../data/corruptions/corruption.ts";
import { describeKinds } from "../../corruption_mean.ts";
import { representative } from "../../representative.ts";
import { percent } from "../../words.ts";
import type { PageAccuracy } from "../evaluations.ts";
import { type Markup, markup } from "../markup.ts";
import { type RunData, shownEvaluations } from "../run_data.ts";
import { lacking, runName, scrolling, type Section } from "./section.ts";

/** One kind's accuracies, from the mildest on. */
type Severities = readonly Pick<PageAccuracy, "correct" | "n">[];

/** A table of kinds and severities for each run that was evaluated under any; undefined if none was. */
export function corruptions(runs: readonly RunData[]): Section | undefined {
  const all = runs.map(kindsOf);
  if (all.every(({ size }) => size === 0)) return undefined;
  const without = runs.filter((_, run) => all[run]!.size === 0);
  return {
    id: "corruptions",
    title: "Corruptions",
    body: markup`
<p class="hint">Accuracy in percent on test images that are noisy, blurred, weathered or badly encoded, from mild (1) to
severe (5)${all.some((kinds) => kinds.has("frost")) && `; ${FROST_IS_MADE}`}.</p>
<div class="matrices">${
      runs.map((run, index) => all[index]!.size > 0 && kindTable(run, index, all[index]!))
    }</div>${
      lacking(
        without.map(({ label }) => label),
        (labels) => `No corruptions of ${labels}: memloss eval RUN_DIR --corruptions all.`,
      )
    }`,
  };
}

/** What stands for a run in each kind. */
function kindsOf(run: RunData): Map<string, Severities> {
  const found = shownEvaluations(run).flatMap(({ corruptions, seed }) =>
    Object.entries(corruptions ?? {}).map(([kind, severities]) => ({ kind, severities, seed }))
  );
  const chosen = Map.groupBy(found, ({ kind }) => kind).values().map((all) =>
    representative(all, run.record.recipe.seed, ({ severities, seed }) => ({
      n: severities[0]!.n,
      seed,
      restarts: 1,
    }))!
  );
  return new Map(chosen.map(({ kind, severities }) => [kind, severities]));
}

function kindTable(run: RunData, index: number, kinds: ReadonlyMap<string, Severities>): Markup {
  const rows = Array.from(kinds, ([kind, severities]) => {
    const shares = severities.map(({ correct, n }) => correct / n);
    return { kind, shares, mean: meanOf(shares) };
  });
  const averaged = averagedKinds([...kinds.keys()]);
  const counted = rows.filter(({ kind }) => averaged.includes(kind));
  const counts = new Set(
    Array.from(kinds.values(), ([{ n } = { n: 0 }]) => n.toLocaleString("en")),
  );
  const cell = (share: number, own: string) =>
    markup`<td class="cell${own}" style="--share:${(100 * share).toFixed(1)}%">${
      Math.round(100 * share)
    }</td>`;
  const columns = [...Array.from({ length: SEVERITIES }, (_, i) => String(i + 1)), "mean"];
  const table = markup`<table class="matrix severities"><thead><tr><th scope="col">Corruption</th>${
    columns.map((name) => markup`<th scope="col">${name}</th>`)
  }</tr></thead><tbody>${
    rows.map(({ kind, shares, mean }) =>
      markup`<tr><th scope="row">${kind.replaceAll("_", " ")}</th>${
        shares.map((share) => cell(share, ""))
      }${cell(mean, " own")}</tr>`
    )
  }</tbody></table>`;
  return markup`<div class="confusion"><h3>${runName(run, index)} <span class="note">mean ${
    percent(meanOf(counted.map(({ mean }) => mean)))
  } % over ${describeKinds([...kinds.keys()])}, n = ${[...counts].join(" or ")}</span></h3>${
    scrolling(`Accuracy under corruptions, ${run.label}`, table)
  }</div>`;
}

function meanOf(shares: readonly number[]): number {
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}
