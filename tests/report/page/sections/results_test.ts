import assert from "node:assert/strict";
import { renderTablePage } from "../../../../src/report/page/page.ts";
import { judgeClaims } from "../../../../src/report/tables/claims.ts";
import { summarise } from "../../../../src/report/tables/results.ts";
import { LAYOUT, RUNS } from "../../tables/made_runs.ts";

const LAYOUT_WITH_CODE = { ...LAYOUT, notes: ["Made with `memloss <b>`."] };

function page(): string {
  const table = summarise(LAYOUT_WITH_CODE, RUNS);
  const order = ["first", "second"], text = "First over second";
  return renderTablePage(table, judgeClaims([{ text, column: "clean", order }], table), [], []);
}

Deno.test("renderTablePage() has means, what was published, claims, differences and every seed, of no runs too", () => {
  const html = page();
  assert.match(html, /<h1>Made<\/h1>/);
  assert.match(html, /<th scope="row">First &amp; best<\/th><td class="number">\d+\.\d\d ± \d/);
  assert.match(html, /<td class="number">84\.50<\/td>/);
  assert.match(html, /<li>First over second: <strong>.*(holds|not).*<\/strong>/);
  assert.match(html, /clean: First &amp; best − Second<\/th>/);
  assert.match(html, /First &amp; best, seed 1<\/th>/);
  assert.doesNotMatch(html, /id="training"/);
});

Deno.test("renderTablePage() shows a note's command as code, and lets nothing in it become markup", () => {
  assert.match(page(), /<li>Made with <code>memloss &lt;b&gt;<\/code>\.<\/li>/);
});
