/**
 * What the network sees: images, what an attack makes of them, and what the memory holds.
 *
 * @module
 */
import { formatRadius } from "../../../evaluate/report.ts";
import { normTitle } from "../../words.ts";
import { type Markup, markup } from "../markup.ts";
import type { Picture, Pictures } from "../pictures/draw.ts";
import type { RunData } from "../run_data.ts";
import { runName, type Section } from "./section.ts";

/** The pictures of each run, or why there are none. */
export function images(
  runs: readonly RunData[],
  pictures: readonly (Pictures | string)[],
): Section {
  return {
    id: "images",
    title: "Images",
    body: markup`${runs.map((run, index) => sheet(run, index, pictures[index]!, runs.length > 1))}`,
  };
}

function sheet(run: RunData, index: number, found: Pictures | string, named: boolean): Markup {
  if (typeof found === "string") {
    return markup`<p class="lack">No images of ${run.label}: ${found}.</p>`;
  }
  const { strips, part, epoch, notes } = found;
  const { recipe: { threat } } = run.record;
  const size = `${normTitle(threat.norm)} ${formatRadius(threat.epsilon)}`;
  return markup`<article>${named && markup`<h3>${runName(run, index)}</h3>`}
<p class="hint">One ${part} image of each class, under PGD-20 of ${size}${
    epoch !== undefined && `, and as the memory has kept it in epoch ${epoch}`
  }. Differences are ten times as large, around grey.</p>
<div class="strips" style="--frames:${strips[0]?.pictures.length}">${
    strips.map(({ id, className, pictures }) =>
      markup`<figure class="strip"><figcaption>${className} <span class="note">${part} image ${id}</span></figcaption>
<div class="frames">${pictures.map((picture) => frame(picture, className))}</div></figure>`
    )
  }</div>
${notes.map((note) => markup`<p class="lack">${run.label}: ${note}.</p>`)}</article>`;
}

function frame({ kind, url, predicted }: Picture, className: string): Markup {
  const taken = predicted
    ? `, taken for ${predicted.name}, ${predicted.correct ? "right" : "wrong"}`
    : "";
  return markup`<div class="frame"><img src="${url}" alt="${className}, ${kind}${taken}"><span
  class="kind">${kind}</span>${
    predicted &&
    markup`<span class="taken ${predicted.correct ? "right" : "wrong"}">${
      predicted.correct ? "✓" : "✗"
    } ${predicted.name} <span class="nowrap">${
      Math.round(100 * predicted.probability)
    } %</span></span>`
  }</div>`;
}
