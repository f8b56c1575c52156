/**
 * A small cell.
 *
 * @module
 */
import type { Cell } from "../../src/reproduce/cell.ts";
import type { CellPlan } from "../../src/reproduce/plan.ts";

const PROGRAM = { version: "0.1.0", digest: "d" };

/** The cell of `plan` after its first evaluation. */
export function madeCell({ row, seed, request }: CellPlan): Cell {
  return {
    format: 1,
    row,
    seed,
    request,
    recipe: { variant: row, data: "cifar10" },
    recipeSha256: "r",
    dataSha256: "i",
    program: PROGRAM,
    finishedBy: PROGRAM,
    machine: { backend: "wasm", adapter: "a", deno: "2", system: "linux x86_64", processors: 2 },
    checkpoint: { name: "last", sha256: "c" },
    evaluations: {
      clean: {
        ...{ accuracy: 0.5, correct: 1, n: 2, verdicts: "01" },
        attack: { norm: "linf", radius: "8/255", seed: 1 },
      },
    },
    times: { training: 1, evaluations: { clean: 1 }, written: "now" },
  };
}
