/**
 * Which classes are recognised, clean and under attack, and what they are taken for.
 *
 * @module
 */
import { dataKindOf } from "../../../run/weights/data_kind.ts";
import type { ClassMetrics } from "../../../run/metrics.ts";
import { accuracyTitle } from "../../words.ts";
import type { PageAccuracy } from "../evaluations.ts";
import { type Markup, markup } from "../markup.ts";
import type { RunData } from "../run_data.ts";
import {
  accuracyOf,
  evaluatedNames,
  lacking,
  runName,
  scrolling,
  type Section,
} from "./section.ts";

/** Classes of which every one is shown; of more, those at both ends. */
const MOST_CLASSES = 20;
/** Confusions that are listed where a matrix would be too large to read. */
const LISTED = 15;

/** An accuracy with its confusion matrix. */
type Confused = PageAccuracy & { readonly confusion: readonly (readonly number[])[] };

/** One accuracy of every class. */
interface ClassColumn {
  readonly title: string;
  /** In percent; undefined where no image has the class. */
  readonly shares: readonly (number | undefined)[];
}

/** Accuracy by class and confusion matrices of every run that has them. */
export function classes(runs: readonly RunData[]): Section {
  const names = evaluatedNames(runs);
  const articles = runs.map((run, index) => {
    const confused = names.flatMap((name) => {
      const found = accuracyOf(run, name);
      return found && isWhole(found, run) ? [found] : [];
    });
    const measured = confused.map((each) => ({
      title: accuracyTitle(each.name),
      shares: each.confusion.map((row, label) => shareOf(row[label]!, sum(row))),
    }));
    const logged = confused.length === 0 ? loggedColumns(run) : undefined;
    const columns = logged?.columns ?? measured;
    return columns.length > 0 && markup`<article>
<h3>${runs.length > 1 ? runName(run, index) : "Accuracy by class"}</h3>
${logged && markup`<p class="hint">At the end of epoch ${logged.epoch}, on ${logged.part}.</p>`}
${byClass(columns, classNames(run))}
${
      confused.length > 0 &&
      markup`<div class="matrices">${
        confused.map((each) => confusion(each, classNames(run)))
      }</div>`
    }
</article>`;
  });
  const without = runs.filter((_, run) => articles[run] === false).map(({ label }) => label);
  return {
    id: "classes",
    title: "Classes",
    body: markup`${articles}${
      lacking(
        without,
        (labels) =>
          `No classes of ${labels}: no evaluation with a confusion matrix. memloss eval keeps one with every accuracy.`,
      )
    }`,
  };
}

function classNames({ record }: RunData): readonly string[] {
  return dataKindOf(record).classes;
}

/** Whether there is a matrix with a row and a column for each class. */
function isWhole(accuracy: PageAccuracy, run: RunData): accuracy is Confused {
  const { confusion } = accuracy, { length } = classNames(run);
  return confusion?.length === length && confusion.every((row) => row.length === length);
}

const sum = (row: readonly number[]) => row.reduce((total, count) => total + count, 0);
const shareOf = (correct: number, n: number) => n === 0 ? undefined : 100 * correct / n;

/** What the last epoch measured of every class, where it was evaluated. */
function loggedColumns({ epochs, record: { recipe: { select } } }: RunData) {
  const last = epochs.findLast(({ classes }) => isLogged(classes));
  if (last?.classes === undefined) return undefined;
  const column = (title: string, counts: readonly (readonly [number, number])[]): ClassColumn => ({
    title,
    shares: counts.map(([correct, n]) => shareOf(correct, n)),
  });
  const { clean, robust } = last.classes;
  const part = select === "val" ? "held-out training images" : "test images";
  return { epoch: last.epoch, part, columns: [column("clean", clean), column("PGD-20", robust)] };
}

function isLogged(classes: ClassMetrics | undefined): boolean {
  return [classes?.clean, classes?.robust].every((counts) =>
    Array.isArray(counts) &&
    counts.every((pair) => Array.isArray(pair) && pair.every(Number.isFinite))
  );
}

function byClass(columns: readonly ClassColumn[], names: readonly string[]): Markup {
  const last = columns.at(-1)!;
  const rank = (label: number) => last.shares[label] ?? 101;
  const sorted = names.map((_, label) => label);
  const half = MOST_CLASSES / 2, many = names.length > MOST_CLASSES;
  if (many) sorted.sort((a, b) => rank(a) - rank(b));
  const shown = many ? [...sorted.slice(0, half), ...sorted.slice(-half)] : sorted;
  const table = markup`<table class="by-class"><thead><tr><th scope="col">Class</th><th scope="col"
  class="wide" aria-hidden="true"><span class="keys">${
    columns.map(({ title }, i) => markup`<span>${marker(i)} ${title}</span>`)
  }</span><span class="ticks"><span>0</span><span>50</span><span>100 %</span></span></th>${
    columns.map(({ title }) => markup`<th scope="col" class="number">${title}</th>`)
  }</tr></thead><tbody>${
    shown.map((label) => {
      const shares = columns.map(({ shares }) => shares[label]);
      return markup`<tr><th scope="row">${names[label]}</th><td class="wide" aria-hidden="true">${
        dumbbell(shares)
      }</td>${
        shares.map((share) =>
          markup`<td class="number">${share === undefined ? "–" : share.toFixed(1)}</td>`
        )
      }</tr>`;
    })
  }</tbody></table>`;
  return markup`${
    many &&
    markup`<p class="hint">The ${half} classes that are recognised least under ${last.title}, and the ${half} that are most, of ${names.length}.</p>`
  }${scrolling("Accuracy by class, in percent", table)}`;
}

/** One mark for each evaluation on a scale from 0 to 100 %. */
function dumbbell(shares: readonly (number | undefined)[]): Markup {
  const there = shares.filter((share) => share !== undefined);
  if (there.length === 0) return markup``;
  const least = Math.min(...there), most = Math.max(...there);
  return markup`<span class="scale"><span class="span" style="left:${least.toFixed(2)}%;width:${
    (most - least).toFixed(2)
  }%"></span>${
    shares.map((share, i) =>
      share !== undefined &&
      markup`<span class="at" style="left:${share.toFixed(2)}%">${marker(i)}</span>`
    )
  }</span>`;
}

/** Filled, hollow, square, diamond: told apart without colour. */
function marker(i: number): Markup {
  return markup`<span class="marker marker-${i % 4}"></span>`;
}

function confusion(accuracy: Confused, names: readonly string[]): Markup {
  const title = accuracyTitle(accuracy.name);
  const caption = markup`<h4>Confusion, ${title} <span class="note">n = ${
    accuracy.n.toLocaleString("en")
  }</span></h4>`;
  return names.length > MOST_CLASSES
    ? markup`<div class="confusion">${caption}${mostConfused(accuracy, names)}</div>`
    : markup`<div class="confusion">${caption}${matrix(accuracy, names, title)}</div>`;
}

/** Percent of each true class, the cells shaded by them. */
function matrix({ confusion }: Confused, names: readonly string[], title: string): Markup {
  const table = markup`<table class="matrix"><thead><tr><th scope="col"><span
  class="corner">true ↓ predicted →</span></th>${
    names.map((name) => markup`<th scope="col"><span>${name}</span></th>`)
  }</tr></thead><tbody>${
    confusion.map((row, label) => {
      const total = sum(row);
      return markup`<tr><th scope="row">${names[label]}</th>${
        row.map((count, predicted) => {
          const share = total === 0 ? 0 : 100 * count / total;
          const own = label === predicted ? " own" : "";
          return markup`<td class="cell${own}" style="--share:${share.toFixed(1)}%">${
            count === 0 ? markup`<span class="nothing">·</span>` : Math.round(share)
          }</td>`;
        })
      }</tr>`;
    })
  }</tbody></table>`;
  return scrolling(`Confusion matrix, ${title}, percent of each true class`, table);
}

function mostConfused({ confusion }: Confused, names: readonly string[]): Markup {
  const pairs = confusion.flatMap((row, label) =>
    row.map((count, predicted) => ({ label, predicted, count, share: 100 * count / sum(row) }))
  ).filter(({ label, predicted, count }) => label !== predicted && count > 0)
    .sort((a, b) => b.share - a.share).slice(0, LISTED);
  return markup`<table><thead><tr><th scope="col">True class</th><th scope="col">Taken for</th><th
  scope="col" class="number">Share</th></tr></thead><tbody>${
    pairs.map(({ label, predicted, share }) =>
      markup`<tr><th scope="row">${names[label]}</th><td>${
        names[predicted]
      }</td><td class="number">${share.toFixed(1)} %</td></tr>`
    )
  }</tbody></table>`;
}
