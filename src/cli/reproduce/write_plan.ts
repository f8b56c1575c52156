/**
 * `memloss reproduce --plan`
 *
 * @module
 */
import { resolve } from "@std/path";
import { sha256 } from "../../format/sha256.ts";
import type { CellPlan } from "../../reproduce/plan.ts";
import { type ScriptOptions, shellWords, writeScripts } from "../../reproduce/scripts/script.ts";
import { slurmFolder, slurmScripts } from "../../reproduce/scripts/slurm.ts";
import { snakefilePath, snakemakeScripts } from "../../reproduce/scripts/snakemake.ts";
import { programAnywhere } from "../shell/program_name.ts";

/** A table, and where it is made. */
interface PlanRequest extends Omit<ScriptOptions, "name" | "folder" | "command" | "seeds"> {
  readonly cells: readonly CellPlan[];
  /** What the table is called. */
  readonly title: string;
  /** As `--table` names it. */
  readonly table: string;
  readonly scale: string;
  readonly seeds: readonly number[];
  readonly nEx: number | undefined;
  readonly device: {
    readonly dataDir?: string | undefined;
    readonly backend?: string | undefined;
    readonly workers?: number | undefined;
  };
}

/** Digits of the digest that tells two tables of one name apart in a queue. */
const DIGITS = 6;
/** What is read, written and run by those who own it, and seen by all. */
const RUNNABLE = 0o755, READABLE = 0o644;

/** Writes the scripts of `plan`, and returns what a person does with them. Throws as {@linkcode writeScripts} does. */
export async function writePlan(
  plan: "slurm" | "snakemake",
  { title, table, scale, seeds, nEx, device, ...place }: PlanRequest,
): Promise<string> {
  const { dataDir, backend, workers } = device, { out } = place;
  const command = [
    ...[...programAnywhere(), "reproduce", "--out", out],
    ...["--table", table.endsWith(".json") ? resolve(table) : table, "--scale", scale],
    ...nEx === undefined ? [] : ["--n-ex", String(nEx)],
    ...dataDir === undefined ? [] : ["--data-dir", resolve(dataDir)],
    ...backend === undefined ? [] : ["--backend", backend],
    ...workers === undefined ? [] : ["--workers", String(workers)],
  ];
  const name = `memloss-${title}-${scale}-${
    sha256(new TextEncoder().encode(out)).slice(0, DIGITS)
  }`;
  const options = { ...place, name, folder: Deno.cwd(), command, seeds: seeds.join(",") };
  if (plan === "slurm") {
    await writeScripts(slurmScripts(options), RUNNABLE);
    return `Submit it with: ${shellWords([`${slurmFolder(out)}/submit.sh`])}`;
  }
  await writeScripts(snakemakeScripts({ ...options, threads: workers ?? 1 }), READABLE);
  return `Make it with: snakemake --snakefile ${shellWords([snakefilePath(out)])} --cores N`;
}
