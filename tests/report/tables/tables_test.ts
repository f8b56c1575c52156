import assert from "node:assert/strict";
import { judgeClaims } from "../../../src/report/tables/claims.ts";
import { summarise } from "../../../src/report/tables/results.ts";
import { tableCsv } from "../../../src/report/tables/csv.ts";
import { tableLatex } from "../../../src/report/tables/latex.ts";
import { tableMarkdown } from "../../../src/report/tables/markdown.ts";
import { LAYOUT, RUNS } from "./made_runs.ts";

const TABLE = summarise(LAYOUT, RUNS);

Deno.test("tableMarkdown() has results beside what was published, differences, claims and every seed", () => {
  const claim = { text: "First over second", column: "clean", order: ["first", "second"] };
  const lines = tableMarkdown(TABLE, judgeClaims([claim], TABLE)).split("\n");
  const cells = (label: string) =>
    lines.find((line) => line.startsWith(`| ${label}`))!.split("|").slice(1, -1).map((text) =>
      text.trim()
    );
  assert.equal(lines[0], "# Made");
  assert.deepEqual(cells("method"), ["method", "clean", "published", "PGD-20, L∞", "seeds"]);
  assert.deepEqual(cells("First"), ["First & best", "51.92 ± 1.01", "84.50", "—", "1, 2, 3"]);
  assert.deepEqual(cells("Second "), ["Second", "50.08 ± 1.26", "—", "—", "1, 2, 3"]);
  assert(lines.includes("- A note."));
  const [pair, mean, seeds, , p] = cells("clean: First");
  assert.deepEqual([pair, mean, seeds, p], [
    ...["clean: First & best − Second", "+1.83", "[−1.10, +4.77]"],
    "0.426, 0.305, 0.914",
  ]);
  assert.match(cells("Second, seed 1")[1]!, /^48.75 \[43.89, 53.64\], 195 of 400$/);
  assert(
    lines.includes(
      "- First over second: **holds in the means, within chance** (clean: First & best − Second +1.83 [−1.10, +4.77])",
    ),
  );
});

Deno.test("tableMarkdown() marks a difference whose interval leaves out zero", () => {
  const far = {
    ...TABLE,
    differences: [{ ...TABLE.differences[0]!, overSeeds: { low: 0.01, high: 0.03 } }],
  };
  assert(!tableMarkdown(TABLE).includes("\\*"));
  assert.match(tableMarkdown(far), /\+1\.83 \\\* .*\n\n\\\* The interval over seeds/);
});

Deno.test("tableLatex() is a tabular whose text LaTeX takes as text", () => {
  const lines = tableLatex(TABLE).split("\n");
  assert.deepEqual(lines.slice(0, 2), ["% Made", "% A note."]);
  assert(lines.includes("\\begin{tabular}{lrrr}"));
  assert(lines.includes("method & clean & published & PGD-20, L$\\infty$ \\\\"));
  assert(lines.includes("First \\& best & $51.92 \\pm 1.01$ & 84.50 & -- \\\\"));
});

Deno.test("tableCsv() has a line for each accuracy, and quotes what needs it", () => {
  const quoted = { ...TABLE, rows: TABLE.rows.map((row) => ({ ...row, label: 'a "b", c' })) };
  const lines = tableCsv(quoted).split("\r\n");
  assert.equal(lines.length, 1 + 6 + 1);
  assert(lines[1]!.startsWith('first,"a ""b"", c",clean,1,'));
  assert.equal(lines[1]!.split(",").at(-1), "84.5");
  assert.equal(lines[4]!.split(",").at(-1), "", "nothing was published of the second row");
});
