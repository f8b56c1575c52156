import assert from "node:assert/strict";
import { join } from "@std/path";
import { estimate } from "../../src/reproduce/estimate.ts";
import { planCells } from "../../src/reproduce/plan.ts";
import type { TableFile } from "../../src/reproduce/table_file.ts";
import { inTemporary } from "../memory/support.ts";
import { writeTinyData } from "../cli/tiny.ts";
import { madeTable } from "./made_table.ts";

Deno.test("estimate() counts a run that two rows measure once, whichever of them are asked for, and takes its steps once", () =>
  inTemporary(async (out) => {
    await writeTinyData(join(out, "data"));
    const average = { variant: "standard", "weight-average": "ema" };
    const table = madeTable({
      columns: [{ name: "clean", label: "clean" }],
      rows: [
        { name: "raw", label: "Raw", recipe: {}, rawOf: "ema" },
        { name: "ema", label: "EMA", recipe: average },
      ],
      scales: { tiny: { recipe: { epochs: 100, select: "test" }, n: { clean: 1 } } },
      claims: [],
    }) as TableFile;
    const given = { dataDir: join(out, "data"), backend: "wasm", workers: 1 } as const;
    const measured: string[] = [];
    const rowsOf = async (only: string[]) => {
      const cells = planCells(table, { scale: "tiny", seeds: [1], only });
      const note = (label: string) => void measured.push(label);
      return (await estimate(out, cells, cells, { given }, note, false)).rows;
    };
    const [raw, ema] = await rowsOf(["raw", "ema"]);
    assert.deepEqual(measured, ["Raw"]);
    assert.ok(raw!.seconds > 0 && raw!.seconds < ema!.seconds / 100, "neither trains nor selects");
    assert.ok(raw!.bytes === 0 && ema!.bytes > 0);
    const [alone] = await rowsOf(["raw"]);
    assert.equal(alone!.bytes, ema!.bytes, "the run has to be trained first");
    assert.ok(alone!.seconds > 10 * raw!.seconds);
  }));
