/**
 * The page: one HTML file that asks nobody for anything.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { REPORT_MARK } from "../../run/output.ts";
import type { JudgedClaim } from "../tables/claims.ts";
import type { ResultTable } from "../tables/results.ts";
import type { PageContent } from "./client/types.ts";
import { Markup, markup, scriptJson } from "./markup.ts";
import type { Pictures } from "./pictures/draw.ts";
import { trainingPlots } from "./plots.ts";
import { radiusPlot } from "./radius_plot.ts";
import type { RunData } from "./run_data.ts";
import { pageScript } from "./script.ts";
import { classes } from "./sections/classes.ts";
import { corruptions } from "./sections/corruptions.ts";
import { curves } from "./sections/curves.ts";
import { images } from "./sections/images.ts";
import { recipes } from "./sections/recipe.ts";
import { robustness } from "./sections/robustness.ts";
import { tableResults } from "./sections/results.ts";
import type { Section } from "./sections/section.ts";
import { pageTitle, summary } from "./sections/summary.ts";
import { weights } from "./sections/weights.ts";
import { STYLE } from "./style/style.ts";

/** Names such as PGD-AT stay on one line. */
const NO_BREAK_HYPHEN = "\u2011";

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
  return wrap(pageTitle(runs), renderContent(runs, pictures), "'none'");
}

/**
 * The HTML of a page about a published table.
 *
 * @param runs of its rows, as far as they can be read
 * @param unread why others cannot, a sentence each without its full stop
 */
export function renderTablePage(
  table: ResultTable,
  claims: readonly JudgedClaim[],
  runs: readonly RunData[],
  unread: readonly string[],
): string {
  const pictures = runs.map(({ label }) => `memloss report RUN_DIR draws those of ${label}`);
  const content = renderContent(runs, pictures, {
    lead: tableResults(table, claims, unread),
    title: table.title,
  });
  return wrap(table.title, content, "'none'");
}

/** The HTML of a page that its server keeps up to date; `position` is the number of the last event that is in it. */
export function renderLivePage(run: RunData, position: number): string {
  return wrap(pageTitle([run]), renderLiveContent(run, position), "'self'");
}

/** What of that page is sent anew. */
export function renderLiveContent(run: RunData, position: number): PageContent {
  const pictures = "memloss report draws them, which needs the device that is training now";
  return renderContent([run], [pictures], { position });
}

/** @param connect what the page may ask */
function wrap(title: string, { body, json }: PageContent, connect: "'none'" | "'self'"): string {
  const script = pageScript();
  const digest = createHash("sha256").update(script).digest("base64");
  const policy = [
    "default-src 'none'",
    "img-src data:",
    "style-src 'unsafe-inline'",
    `script-src 'sha256-${digest}'`,
    `connect-src ${connect}`,
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
<div id="page">${new Markup(body)}</div>
<script type="application/json" id="data">${scriptJson(json)}</script>
<script>${new Markup(script)}</script>
</body>
</html>
`.text;
}

function renderContent(
  runs: readonly RunData[],
  pictures: readonly (Pictures | string)[],
  { lead, title = pageTitle(runs), position }: {
    /** What comes before all that is about single runs. */
    readonly lead?: Section;
    readonly title?: string;
    readonly position?: number;
  } = {},
): PageContent {
  const training = trainingPlots(runs), radius = radiusPlot(runs);
  const corrupted = corruptions(runs), weighed = weights(runs), live = position !== undefined;
  const ofRuns: readonly Section[] = runs.length === 0 ? [] : [
    curves(runs, training),
    robustness(runs, radius),
    ...corrupted ? [corrupted] : [],
    classes(runs),
    ...weighed ? [weighed] : [],
    images(runs, pictures),
    recipes(runs),
  ];
  const sections = [...lead ? [lead] : [], ...ofRuns];
  const body = markup`
<header class="top"><p class="brand">memloss <span>${live ? "dashboard" : "report"}</span></p>
<nav aria-label="Sections">${
    sections.map(({ id, title }) => markup`<a href="#${id}">${title}</a>`)
  }</nav>${live && markup`<p class="live" data-live role="status">live</p>`}
<button type="button" class="theme" id="theme" data-theme title="Light or dark">Light / dark</button></header>
<main id="main" tabindex="-1">
<h1>${title.replaceAll("-", NO_BREAK_HYPHEN)}</h1>
${lead && section(lead)}
${runs.length > 0 && summary(runs)}
${ofRuns.map(section)}
</main>`;
  const plots = radius ? [...training, radius] : training;
  return { body: body.text, json: { plots, ...live && { position } } };
}

function section({ id, title, body }: Section): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>`;
}
