/**
 * Makes the cells of a table, one after another, beside other processes that do the same.
 *
 * @module
 */
import { join } from "@std/path";
import { FileLock } from "../disk/file_lock.ts";
import { createDirectory } from "../disk/files.ts";
import { refuseIdleEpochs } from "../optimise/idle_epochs.ts";
import type { RecipeInput } from "../recipe/recipe.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { cellsFolder, isFinished, readCell } from "./cell.ts";
import { makeCell, missingRun, type Sitting, trainRun } from "./make_cell.ts";
import { readRecipe } from "./named_flags.ts";
import type { CellPlan } from "./plan.ts";
import { refuseForeignTable } from "./write_table.ts";

/** How the cells are made, and who watches. */
export interface ReproduceOptions extends Sitting {
  /** Told which cell is next. */
  readonly onCell: (plan: CellPlan, position: number) => void;
  /** Called when a cell is finished. */
  readonly onFinished: () => Promise<void>;
}

/**
 * Refuses `cells` that cannot be made, before any is begun.
 *
 * @returns those that are not finished
 * @throws {UsageError} if a recipe is none, a cell that is there was made with another one, or the table would be written
 *   over somebody else's file
 */
export async function unfinishedCells(
  out: string,
  cells: readonly CellPlan[],
  given: RecipeInput,
): Promise<CellPlan[]> {
  await refuseForeignTable(out);
  const open: CellPlan[] = [];
  for (const plan of cells) {
    const recipe = resolveRecipe({ ...readRecipe(plan.request.recipe, plan.row), ...given });
    if (await isMade(out, plan)) continue;
    refuseIdleEpochs(recipe.optimiser, recipe.epochs);
    open.push(plan);
  }
  return open;
}

/**
 * Makes those of `cells` that are not finished and that no other process is at work on.
 *
 * @returns the cells that others still work on
 * @throws {Interrupted} if the work is; the same call continues
 */
export async function reproduce(
  out: string,
  cells: readonly CellPlan[],
  { onCell, onFinished, ...sitting }: ReproduceOptions,
): Promise<CellPlan[]> {
  await createDirectory(cellsFolder(out));
  let open = [...cells];
  for (;;) {
    const held: CellPlan[] = [];
    let made = 0;
    for (const plan of open) {
      if (await isMade(out, plan)) continue; // whoever has locked it only looks
      using lock = await lockCell(out, plan);
      if (lock === undefined) {
        held.push(plan);
        continue;
      }
      if (await isMade(out, plan)) continue; // by another process, a moment ago
      const missing = await missingRun(out, plan);
      using otherLock = missing && await lockCell(out, missing);
      if (missing && otherLock === undefined) { // another process is at work on it
        held.push(plan);
        continue;
      }
      onCell(plan, cells.indexOf(plan));
      if (missing) await trainRun(out, missing, sitting);
      await makeCell(out, plan, sitting);
      await onFinished();
      made++;
    }
    // While this process worked, another may have ended before its time and left a cell behind.
    if (held.length === 0 || made === 0) return held;
    open = held;
  }
}

async function isMade(out: string, plan: CellPlan): Promise<boolean> {
  const cell = await readCell(out, plan);
  return cell !== undefined && isFinished(cell);
}

function lockCell(out: string, { name }: CellPlan): Promise<FileLock | undefined> {
  return FileLock.try(join(cellsFolder(out), `${name}.lock`));
}
