import assert from "node:assert/strict";
import { join } from "@std/path";
import { writePlan } from "../../../src/cli/reproduce/write_plan.ts";
import { planCells } from "../../../src/reproduce/plan.ts";
import { snakefilePath } from "../../../src/reproduce/scripts/snakemake.ts";
import { slurmFolder } from "../../../src/reproduce/scripts/slurm.ts";
import type { TableFile } from "../../../src/reproduce/table_file.ts";
import { inTemporary } from "../../memory/support.ts";
import { madeTable } from "../../reproduce/made_table.ts";

Deno.test("writePlan() leaves the data folder to the table unless one is given, and calls the program where it was written", () =>
  inTemporary(async (out) => {
    const seeds = [1], scale = "tiny";
    const cells = planCells(madeTable() as TableFile, { scale, seeds });
    const request = { title: "made", table: "made.json", scale, seeds, nEx: undefined, out, cells };
    const paths = {
      slurm: join(slurmFolder(out), "job.sh"),
      snakemake: snakefilePath(out),
    } as const;
    for (const plan of ["slurm", "snakemake"] as const) {
      const written = async (dataDir?: string) => {
        await writePlan(plan, { ...request, shards: 1, device: { dataDir } });
        return await Deno.readTextFile(paths[plan]);
      };
      assert.ok(!(await written()).includes("--data-dir"), plan);
      const given = await written("mine");
      assert.ok(given.includes(`--data-dir ${join(Deno.cwd(), "mine")}`), plan);
      assert.ok(given.includes(`cd ${Deno.cwd()} `), plan);
    }
  }));
