import assert from "node:assert/strict";
import { Markup, markup, scriptJson } from "../../../src/report/page/markup.ts";

Deno.test("markup escapes text wherever it stands, and nests markup", () => {
  const name = `<img src=x onerror="a('&')">`;
  const inner = markup`<b title="${name}">${name}</b>`;
  const escaped = "&lt;img src=x onerror=&quot;a(&#39;&amp;&#39;)&quot;&gt;";
  assert.equal(inner.text, `<b title="${escaped}">${escaped}</b>`);
  assert.equal(
    markup`<p>${[inner, 3, " ", undefined, false]}${new Markup("<i>")}</p>`.text,
    `<p>${inner.text}3 <i></p>`,
  );
});

Deno.test("scriptJson() cannot end the script that it stands in, and means the same", () => {
  const value = { name: "</script><!--<script>", list: [1, null] };
  const { text } = scriptJson(value);
  assert.ok(!text.includes("<"));
  assert.deepEqual(JSON.parse(text), value);
});
