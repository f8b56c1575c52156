/**
 * What a reader of a table has to know: what differs from what was published, and by what it was made.
 *
 * @module
 */
import type { Cell } from "./cell.ts";
import { roughly } from "./estimate_run.ts";
import type { NamedFlags } from "./named_flags.ts";
import type { TableFile } from "./table_file.ts";
import { unlikeSeeds } from "./unlike_seeds.ts";

/** The words for what the weights that count were chosen by. */
const SELECTED: ReadonlyMap<unknown, string> = new Map([
  ["test", "the checkpoint with the best PGD-20 accuracy on the test set"],
  ["val", "the checkpoint with the best PGD-20 accuracy on training images held out"],
  ["none", "the last checkpoint, not selected"],
]);

/**
 * The notes of `table` at `scale`, from its finished and unfinished `cells`.
 *
 * @param recipe what the scale changes
 * @param asked cells that the table has when it is finished
 * @param finished cells that are
 * @param strays files among the cells that are none by their names
 * @param noticed sentences about cells that lack a column, and about accuracies that should not be believed
 * @param strangers names of cells that have learnt from another helper than the run that is here
 * @param command what makes and continues the table
 */
export function tableNotes(
  table: TableFile,
  { scale, recipe, cells, asked, finished, strays, noticed, strangers, command }: {
    readonly scale: string;
    readonly recipe: NamedFlags;
    readonly cells: readonly Cell[];
    readonly asked: number;
    readonly finished: number;
    readonly strays: readonly string[];
    readonly noticed: readonly string[];
    readonly strangers: readonly string[];
    readonly command: string;
  },
): string[] {
  const { published } = table;
  const own = different(cells.map((cell) => SELECTED.get(cell.recipe.select) ?? "unknown"));
  const changes = Object.entries(recipe).map(([name, value]) => `--${name} ${value}`).join(" ");
  const images = table.columns.map(({ name, label }) => {
    const n = different(cells.flatMap(({ evaluations: { [name]: found } }) => found?.n ?? []));
    return `${label} on ${n || "?"}`;
  });
  const trainings = new Map(cells.map((cell) => [cell.checkpoint.sha256, cell.times.training]));
  const seconds = [...trainings.values(), ...cells.map(({ times }) => total(times))]
    .reduce((sum, each) => sum + each, 0);
  return [
    ...finished < asked ? [`Not finished: ${finished} of ${asked} cells are.`] : [],
    ...noticed,
    ...strays.map((name) => `Left out: cells/${name}, whose name is not that of a cell.`),
    ...strangers.map((name) =>
      `Out of date: ${name} has learnt from another helper than the run that is here now: ` +
      "move its cell and its run away, and it is made again."
    ),
    ...unlikeSeeds(table, cells),
    "Accuracies in percent: mean ± sample standard deviation over seeds.",
    ...changes ? [`Scale "${scale}": ${changes}; everything else is as in the full table.`] : [],
    ...cells.length > 0 ? [`Here: ${own}; ${images.join(", ")} test images.`] : [],
    ...published
      ? [
        `Published (${published.source}): ${
          SELECTED.get(published.select) ?? published.select
        }, ${published.n} test images, the full scale.`,
      ]
      : [],
    ...cells.length > 0
      ? [
        `${madeBy(cells)} with Deno ${different(cells.map(({ machine }) => machine.deno))} on ${
          different(cells.map(({ machine }) => describeMachine(machine)))
        } in ${roughly(seconds)}: \`${command}\``,
      ]
      : [],
  ];
}

/** Which programs trained the runs, and which finished the cells, where these are others. */
function madeBy(cells: readonly Cell[]): string {
  const said = (programs: readonly Cell["program"][]) =>
    different(programs.map(({ version, digest }) => `${version} (${digest.slice(0, 12)})`));
  const trained = said(cells.map(({ program }) => program));
  return cells.every(({ program, finishedBy }) => program.digest === finishedBy.digest)
    ? `Made by memloss ${trained}`
    : `Trained by memloss ${trained}, evaluated by ${
      said(cells.map(({ finishedBy }) => finishedBy))
    },`;
}

function total({ evaluations }: Cell["times"]): number {
  return Object.values(evaluations).reduce((sum, each) => sum + each, 0);
}

function describeMachine({ backend, adapter, system, processors }: Cell["machine"]): string {
  return `${backend} (${adapter}), ${system} with ${processors} processors`;
}

/** The different ones of `values`, in words. */
function different(values: readonly (string | number)[]): string {
  return [...new Set(values)].join(" and ");
}
