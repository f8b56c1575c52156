/**
 * The page: one HTML file that asks nobody for anything.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { REPORT_MARK } from "../../run/output.ts";
import { Markup, markup, scriptJson } from "./markup.ts";
import type { Pictures } from "./pictures/draw.ts";
import { type Plot, radiusPlot, trainingPlots } from "./plots.ts";
import type { RunData } from "./run_data.ts";
import { pageScript } from "./script.ts";
import { classes } from "./sections/classes.ts";
import { curves } from "./sections/curves.ts";
import { images } from "./sections/images.ts";
import { recipes } from "./sections/recipe.ts";
import { robustness } from "./sections/robustness.ts";
import type { Section } from "./sections/section.ts";
import { pageTitle, summary } from "./sections/summary.ts";
import { weights } from "./sections/weights.ts";
import { STYLE } from "./style/style.ts";

/**
 * The HTML of a page.
 *
 * @param runs one at least
 * @param pictures of each run, or why there are none
 */
export function renderPage(
  runs: readonly RunData[],
  pictures: readonly (Pictures | string)[],
): string {
  const { plots, main } = renderContent(runs, pictures);
  const script = pageScript(), title = pageTitle(runs);
  const digest = createHash("sha256").update(script).digest("base64");
  const policy = [
    "default-src 'none'",
    "img-src data:",
    "style-src 'unsafe-inline'",
    `script-src 'sha256-${digest}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return markup`${new Markup(REPORT_MARK)}
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${title} – memloss</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the results</a>
${main}
<script type="application/json" id="data">${scriptJson({ plots, live: false })}</script>
<script>${new Markup(script)}</script>
</body>
</html>
`.text;
}

/** What of a page depends on its runs. */
function renderContent(
  runs: readonly RunData[],
  pictures: readonly (Pictures | string)[],
): { main: Markup; plots: readonly Plot[] } {
  const training = trainingPlots(runs), radius = radiusPlot(runs);
  const weighed = weights(runs);
  const sections: readonly Section[] = [
    curves(runs, training),
    robustness(runs, radius),
    classes(runs),
    ...weighed ? [weighed] : [],
    images(runs, pictures),
    recipes(runs),
  ];
  const main = markup`
<header class="top"><p class="brand">memloss <span>report</span></p>
<nav aria-label="Sections">${
    sections.map(({ id, title }) => markup`<a href="#${id}">${title}</a>`)
  }</nav>
<button type="button" class="theme" data-theme title="Light or dark">Light / dark</button></header>
<main id="main" tabindex="-1">
<h1>${pageTitle(runs)}</h1>
${summary(runs)}
${
    sections.map(({ id, title, body }) =>
      markup`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>`
    )
  }
</main>`;
  return { main, plots: radius ? [...training, radius] : training };
}
