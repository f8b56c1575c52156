/**
 * A published table: what was measured beside it, what of its claims holds, and how far its rows lie apart.
 *
 * @module
 */
import type { JudgedClaim } from "../../tables/claims.ts";
import type { ResultTable } from "../../tables/results.ts";
import {
  claimText,
  CLEAR_NOTE,
  differenceGrid,
  type Grid,
  hasClear,
  mainGrid,
  seedGrid,
} from "../../tables/texts.ts";
import { type Markup, markup } from "../markup.ts";
import { scrolling, type Section } from "./section.ts";

/** `table`, what the results say of its claims, and why a run of its is not drawn. */
export function tableResults(
  table: ResultTable,
  claims: readonly JudgedClaim[],
  unread: readonly string[],
): Section {
  const differences = differenceGrid(table);
  return {
    id: "results",
    title: "Results",
    body: markup`${
      gridTable("Accuracy in per cent, mean ± standard deviation over seeds", mainGrid(table))
    }
<ul class="notes">${table.notes.map((note) => markup`<li>${withCode(note)}</li>`)}</ul>
${
      claims.length > 0 &&
      markup`<h3>What was claimed, and what came out</h3><ul class="claims">${
        claims.map((claim) => claimItem(claim, table))
      }</ul>`
    }
${
      folded(
        "differences",
        "Paired differences, in points",
        differences,
        hasClear(differences) && CLEAR_NOTE,
      )
    }
${folded("seeds", "Every seed, with Wilson's 95 % interval", seedGrid(table))}${
      unread.map((why) => markup`<p class="lack">A run is not drawn: ${why}.</p>`)
    }`,
  };
}

/** A note's text, in which a command stands between backticks. */
function withCode(text: string): Markup[] {
  return text.split("`").map((part, i) =>
    i % 2 === 1 ? markup`<code>${part}</code>` : markup`${part}`
  );
}

function claimItem(claim: JudgedClaim, table: ResultTable): Markup {
  const { text, verdict, evidence } = claimText(claim, table);
  return markup`<li>${text}: <strong>${verdict}</strong>${
    evidence.length > 0 && markup`<span class="note">${evidence.join("; ")}</span>`
  }</li>`;
}

function folded(id: string, title: string, grid: Grid, note?: string | false): Markup {
  if (grid.length < 2) return markup``;
  return markup`<details class="table" id="table-${id}"><summary>${title}</summary>${
    gridTable(title, grid)
  }${note && markup`<p class="note">* ${note}</p>`}</details>`;
}

function gridTable(label: string, [head, ...rows]: Grid): Markup {
  const cells = (row: readonly string[]) =>
    row.slice(1).map((text) => markup`<td class="number">${text}</td>`);
  return scrolling(
    label,
    markup`<table class="grid"><thead><tr>${
      head!.map((text, column) =>
        markup`<th scope="col"${column > 0 && markup` class="number"`}>${text}</th>`
      )
    }</tr></thead><tbody>${
      rows.map((row) => markup`<tr><th scope="row">${row[0]}</th>${cells(row)}</tr>`)
    }</tbody></table>`,
  );
}
