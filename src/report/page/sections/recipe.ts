/**
 * What exactly was run, by which program, on which machine.
 *
 * @module
 */
import { FIELDS, valueAt } from "../../../recipe/fields.ts";
import { formatRadius } from "../../../evaluate/report.ts";
import { type Markup, markup } from "../markup.ts";
import type { RunData } from "../run_data.ts";
import { runName, scrolling, type Section } from "./section.ts";

/** Lengths in the space of images, which people say in steps of a byte. */
const RADII: readonly string[] = ["threat.epsilon", "attack.stepSize"];

/** What differs between the recipes side by side, then what is the same; digests and machines likewise. */
export function recipes(runs: readonly RunData[]): Section {
  const fields = FIELDS.map(({ path, flag: { name } }) => ({
    name,
    values: runs.map(({ record }) => said(path, valueAt(record.recipe, path))),
  })).filter(({ values }) => values.some((value) => value !== undefined));
  return {
    id: "recipe",
    title: "Recipe",
    body: markup`${rowTables("Recipe", runs, fields)}
<h3>Origin</h3>
${rowTables("Origin", runs, origin(runs), "long")}`,
  };
}

function said(path: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return RADII.includes(path) && typeof value === "number" ? formatRadius(value) : String(value);
}

interface Row {
  readonly name: string;
  readonly values: readonly (string | undefined)[];
}

function origin(runs: readonly RunData[]): Row[] {
  const row = (name: string, value: (run: RunData) => string | undefined): Row => ({
    name,
    values: runs.map(value),
  });
  const rows = [
    row("folder", ({ directory }) => directory),
    row("program", ({ record: { program } }) => `memloss ${program.version}`),
    row("source SHA-256", ({ record: { program } }) => program.digest),
    row("Deno", ({ record: { machine } }) => machine.deno),
    row("device", ({ record: { machine } }) => `${machine.backend}, ${machine.adapter}`),
    row("training images SHA-256", ({ record: { dataSha256 } }) => dataSha256),
    row("checkpoint", ({ checkpoint }) => checkpoint && `${checkpoint.name} (${checkpoint.link})`),
    row("checkpoint SHA-256", ({ checkpoint }) => checkpoint?.sha256),
  ];
  return rows.filter(({ values }) => values.some((value) => value !== undefined && value !== ""));
}

function rowTables(
  label: string,
  runs: readonly RunData[],
  rows: readonly Row[],
  width = "",
): Markup {
  const differs = ({ values }: Row) => new Set(values).size > 1;
  const apart = rows.filter(differs), same = rows.filter((row) => !differs(row));
  const table = markup`<table class="recipe"><thead><tr><th scope="col">What differs</th>${
    runs.map((run, index) => markup`<th scope="col">${runName(run, index)}</th>`)
  }</tr></thead><tbody>${
    apart.map(({ name, values }) =>
      markup`<tr><th scope="row">${name}</th>${
        values.map((value) => markup`<td><code>${value ?? "–"}</code></td>`)
      }</tr>`
    )
  }</tbody></table>`;
  return markup`${apart.length > 0 && scrolling(`${label}, what differs`, table)}${
    runs.length > 1 && same.length > 0 && markup`<h4 class="all">The same in all</h4>`
  }<dl class="same ${width}">${
    same.map(({ name, values: [value] }) =>
      markup`<div><dt>${name}</dt><dd><code>${value}</code></dd></div>`
    )
  }</dl>`;
}
