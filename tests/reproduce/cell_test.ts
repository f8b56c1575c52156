import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import {
  cellPath,
  cellsFolder,
  isFinished,
  readCell,
  writeCell,
} from "../../src/reproduce/cell.ts";
import { type CellPlan, planCells } from "../../src/reproduce/plan.ts";
import type { TableFile } from "../../src/reproduce/table_file.ts";
import { inTemporary } from "../memory/support.ts";
import { madeCell } from "./made_cell.ts";
import { madeTable } from "./made_table.ts";

const [PLAN] = planCells(madeTable() as TableFile, { scale: "tiny", seeds: [1] }) as [CellPlan];
const CELL = madeCell(PLAN);

function inFolder(body: (out: string) => Promise<void>): Promise<void> {
  return inTemporary(async (out) => {
    await Deno.mkdir(cellsFolder(out));
    await body(out);
  });
}

Deno.test("readCell() gives back what writeCell() wrote, and nothing where nothing was written", () =>
  inFolder(async (out) => {
    assert.equal(await readCell(out, PLAN), undefined);
    await writeCell(out, PLAN.name, CELL);
    assert.deepEqual(await readCell(out, PLAN), CELL);
  }));

Deno.test("isFinished() wants every evaluation that was requested", () => {
  assert.equal(isFinished(CELL), false);
  const evaluation = CELL.evaluations.clean!;
  const evaluations = { clean: evaluation, pgd2: evaluation, autoattack: evaluation };
  assert.equal(isFinished({ ...CELL, evaluations }), true);
});

Deno.test("readCell() refuses a cell of another recipe or of other images, and says in what it differs", () =>
  inFolder(async (out) => {
    await writeCell(out, PLAN.name, CELL);
    const { recipe, evaluations } = PLAN.request;
    const path = cellPath(out, PLAN.name);
    for (
      const [request, sentence] of [
        [
          { recipe: { ...recipe, width: 4 }, evaluations },
          `${path} was made with --width 1, and this table asks for 4: choose another --out, or move the cell away.`,
        ],
        [
          { recipe: { ...recipe, lr: 0.1 }, evaluations },
          `${path} was made with --lr its default, and this table asks for 0.1: choose another --out, or move the cell away.`,
        ],
        [
          { recipe, evaluations: { ...evaluations, clean: 7 } },
          `${path} was made with clean on images: all, and this table asks for 7: choose another --out, or move the cell away.`,
        ],
      ] as const
    ) {
      await assert.rejects(
        readCell(out, { ...PLAN, request }),
        (error: unknown) => error instanceof UsageError && error.message === sentence,
        sentence,
      );
    }
  }));

Deno.test("readCell() takes a value for the same whether it is text or a number", () =>
  inFolder(async (out) => {
    const { recipe, evaluations } = PLAN.request;
    await writeCell(out, PLAN.name, CELL); // width 1
    const asking = (more: typeof recipe) =>
      readCell(out, { ...PLAN, request: { recipe: { ...recipe, ...more }, evaluations } });
    assert.deepEqual(await asking({ width: "1" }), CELL);
    assert.deepEqual(await asking({ width: "2/2", seed: "1" }), CELL);
    await assert.rejects(asking({ width: "2" }), /with --width 1, and this table asks for 2:/);
    await assert.rejects(asking({ data: 1 }), /with --data cifar10, and this table asks for 1:/);
  }));

Deno.test("readCell() names a cell whose numbers contradict each other", () =>
  inFolder(async (out) => {
    const { clean } = CELL.evaluations, path = cellPath(out, PLAN.name);
    const member = { accuracy: 0.5, correct: 1, n: 2, attacked: 2, broken: 1 };
    for (
      const [found, said] of [
        [{ accuracy: 0.25 }, /must be correct \/ n, of at most n/],
        [{ correct: 3, accuracy: 1 }, /must be correct \/ n, of at most n/],
        [{ verdicts: "011" }, /must have n verdicts/],
        [{ verdicts: "11" }, /must have n verdicts, of which `correct` are 1/],
        [{ correct: 0, n: 0, accuracy: 0, verdicts: "" }, /\bn must /],
        [{ perAttack: { square: { ...member, correct: 2 } } }, /square must be correct/],
      ] as const
    ) {
      const evaluations = { clean: { ...clean!, ...found } };
      await Deno.writeTextFile(path, JSON.stringify({ ...CELL, evaluations }));
      await assert.rejects(readCell(out, PLAN), (error: Error) => {
        assert.match(error.message, /v1-seed1\.json is no cell of a table: evaluations.*clean/);
        assert.match(error.message, said);
        return error instanceof UsageError;
      });
    }
    const evaluations = { clean: { ...clean!, perAttack: { square: member } } };
    await writeCell(out, PLAN.name, { ...CELL, evaluations });
    assert.deepEqual((await readCell(out, PLAN))!.evaluations, evaluations);
  }));

Deno.test("readCell() names a file that is no cell", () =>
  inFolder(async (out) => {
    const path = cellPath(out, PLAN.name);
    await Deno.writeTextFile(path, "{");
    await assert.rejects(readCell(out, PLAN), /v1-seed1\.json is not valid JSON: move it away/);
    await Deno.writeTextFile(path, JSON.stringify({ ...CELL, checkpoint: {} }));
    await assert.rejects(
      readCell(out, PLAN),
      /v1-seed1\.json is no cell of a table: checkpoint has no name\./,
    );
  }));
