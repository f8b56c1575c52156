import assert from "node:assert/strict";
import { judgeClaims } from "../../../src/report/tables/claims.ts";
import { summarise } from "../../../src/report/tables/results.ts";
import { tableCsv } from "../../../src/report/tables/csv.ts";
import { tableLatex } from "../../../src/report/tables/latex.ts";
import { tableMarkdown } from "../../../src/report/tables/markdown.ts";
import { evaluation, LAYOUT, RUNS } from "./made_runs.ts";

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

Deno.test("tableMarkdown() has seeds by number, though the first column lacks the lowest", () => {
  const runs = [10, 9, 2].map((seed) => {
    const found = evaluation("110");
    return { row: "first", seed, evaluations: { ...seed !== 2 && { clean: found }, pgd20: found } };
  });
  const lines = tableMarkdown(summarise(LAYOUT, runs)).split("\n");
  assert.match(lines.find((line) => line.startsWith("| First"))!, /\| 2, 9, 10 +\|$/);
  assert.deepEqual(
    lines.flatMap((line) => /^\| First & best, seed (\d+)/.exec(line)?.[1] ?? []),
    ["2", "9", "10"],
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

/** Text that would end a heading, a comment, a list's item or a cell of a table. */
const BROKEN = "a | b *\nc\\|d";
const ODD = {
  ...TABLE,
  title: "Title\n\\input{secrets}",
  notes: ["A note\r\n\r\nin parts", "Another\u2028\\input{secrets}"],
  rows: TABLE.rows.map((row, i) => i === 0 ? { ...row, label: BROKEN } : row),
  columns: TABLE.columns.map((each, i) => i === 0 ? { ...each, label: "x|y\nz" } : each),
};

Deno.test("tableMarkdown() keeps every cell in its place, whatever the labels", () => {
  const claim = { text: "First\n\n# over", column: "clean", order: ["first", "second"] };
  const lines = tableMarkdown(ODD, judgeClaims([claim], ODD)).split("\n");
  assert.equal(lines[0], "# Title \\input{secrets}");
  assert.ok(lines.includes("- A note in parts"));
  assert.ok(lines.some((line) => line.startsWith("- First # over: **holds in the means")));
  const cells = lines.filter((line) => line.startsWith("|")).map((line) =>
    line.replace(/\\./g, "").split("|").length - 2
  );
  assert.deepEqual([...new Set(cells.slice(0, 4))], [5], "the main table");
  assert.deepEqual(new Set(cells), new Set([5, 3]));
  assert.ok(lines.some((line) => line.startsWith("| a \\| b \\* c\\\\\\|d |")));
  assert.ok(lines.some((line) => line.startsWith("| method | x\\|y z |") || /x\\\|y z/.test(line)));
  assert.ok(!lines.some((line) => line.includes("leaves out zero")), "a label ends in no mark");
});

Deno.test("tableLatex() lets no line break end a comment or a row", () => {
  const lines = tableLatex(ODD).split("\n");
  assert.deepEqual(lines.slice(0, 3), [
    ...["% Title \\input{secrets}", "% A note in parts", "% Another \\input{secrets}"],
  ]);
  assert.ok(lines.every((line) => line.startsWith("%") || !line.includes("\\input")));
  assert.equal(lines.length, tableLatex(TABLE).split("\n").length + 1, "one note more");
});

Deno.test("tableMarkdown() and tableLatex() have a published accuracy that is 0", () => {
  const rows = TABLE.rows.map((row) => ({ ...row, published: { clean: 0 } }));
  assert.match(tableMarkdown({ ...TABLE, rows }), /^\| Second +\| 50\.08 ± 1\.26 \| +0\.00 \|/m);
  assert.match(tableLatex({ ...TABLE, rows }), /^Second & \$50\.08 .* & 0\.00 & -- /m);
});

Deno.test("tableLatex() lets no row end or rule take a label for its argument", () => {
  const labels = ["[ours]", " *"];
  const rows = TABLE.rows.map((row, i) => ({ ...row, label: labels[i]! }));
  const text = tableLatex({ ...TABLE, rows });
  assert.ok(text.includes("\\midrule\n{}[ours] & ") && text.includes("\\\\\n{} * & "), text);
});

Deno.test("tableLatex() writes Greek letters and signs as LaTeX's own, and leaves what pdfLaTeX knows", () => {
  const texts = {
    "∆xₙ": "$\\Delta$x$_{n}$",
    "β = 1, ε′ ≤ 8/255": "$\\beta$ = 1, $\\varepsilon$$'$ $\\leq$ 8/255",
    "a → b − 1 < 2 > 0 | Δ∞": "a $\\rightarrow$ b $-$ 1 \\textless{} 2 \\textgreater{} 0 " +
      "\\textbar{} $\\Delta$$\\infty$",
    "K = 10 × 2/255 ± é µ …": "K = 10 × 2/255 ± é µ …",
    "50 % & C:\\a_{~^#$}": "50 \\% \\& C:\\textbackslash{}a\\_\\{\\textasciitilde{}" +
      "\\textasciicircum{}\\#\\$\\}",
    "ℓ₂, 10⁻⁴": "$\\ell$$_{2}$, 10$^{-}$$^{4}$",
  };
  for (const [label, text] of Object.entries(texts)) {
    const rows = TABLE.rows.map((row) => ({ ...row, label }));
    const columns = TABLE.columns.map((column) => ({ ...column, label }));
    const lines = tableLatex({ ...TABLE, rows, columns }).split("\n");
    assert.ok(lines.includes(`method & ${text} & published & ${text} \\\\`), lines.join("\n"));
    assert.ok(lines.some((line) => line.startsWith(`${text} & $`)), lines.join("\n"));
  }
});

Deno.test("tableLatex() has no character of the Greek alphabet left", () => {
  const greek = Array.from({ length: 0x3ca - 0x391 }, (_, i) => String.fromCodePoint(0x391 + i))
    .filter((letter) => /^\p{L}$/u.test(letter.normalize("NFD")));
  assert.equal(greek.length, 24 + 25);
  const rows = TABLE.rows.map((row) => ({ ...row, label: greek.join("") }));
  assert.doesNotMatch(tableLatex({ ...TABLE, rows }), /\p{Script=Greek}/u);
});
