/**
 * A table as a Snakefile, for whoever has another executor behind Snakemake.
 *
 * @module
 */
import { join } from "@std/path";
import { needsOf, type ScriptOptions, shellWords } from "./script.ts";

/** Times that Snakemake runs a step again which failed or was stopped. */
const RETRIES = 3;

/** The Snakefile's path. */
export function snakefilePath(out: string): string {
  return join(out, "snakemake", "Snakefile");
}

/** The Snakefile by its path. */
export function snakemakeScripts(
  options: ScriptOptions & { readonly threads: number },
): Record<string, string> {
  const { out, folder, command, seeds, cells, shards, threads } = options;
  const done = join(out, "snakemake", "done", "x").slice(0, -1);
  const text = (value: string) => JSON.stringify(value);
  const list = (names: readonly string[]) => `[${names.map(text).join(", ")}]`;
  const parts = Array.from({ length: shards }, (_, i) => i + 1);
  const needs = cells.map((plan) => [plan.name, needsOf(plan, cells)] as const)
    .filter(([, others]) => others.length > 0);
  const step = [
    `    threads: ${threads}`,
    `    retries: ${RETRIES}`,
    ...resources(options).map((line) => `    ${line}`),
  ].join("\n");
  const run = (what: string) => `    shell: "{PROGRAM} {params.cell} --step ${what}"`;
  return {
    [snakefilePath(out)]:
      `# A table of ${cells.length} cells: snakemake --snakefile THIS_FILE --cores N
import re

# Called where it was planned: a table's relative paths are from there.
PROGRAM = ${text(`cd ${shellWords([folder])} && ${shellWords(command)}`)}
DONE = ${text(done)}
CELLS = {
${
        cells.map(({ name, row, seed }) =>
          `    ${text(name)}: ${text(`--only ${row} --seeds ${seed}`)},`
        )
          .join("\n")
      }
}
# Runs that have to be trained before others.
NEEDS = {${
        needs.map(([name, others]) => `${text(name)}: ${list(others.map((each) => each.name))}`)
          .join(", ")
      }}


wildcard_constraints:
    name="|".join(map(re.escape, CELLS)),


localrules: table


rule table:
    input: expand(DONE + "{name}.cell", name=CELLS)
    shell: "{PROGRAM} --seeds ${seeds} --step table"


rule train:
    input: lambda wildcards: [DONE + name + ".train" for name in NEEDS.get(wildcards.name, [])]
    output: touch(DONE + "{name}.train")
    params: cell=lambda wildcards: CELLS[wildcards.name]
${step}
${run("train")}

${
        shards > 1
          ? `
rule part:
    input: DONE + "{name}.train"
    output: touch(DONE + "{name}.{part}-of-${shards}")
    params: cell=lambda wildcards: CELLS[wildcards.name]
${step}
${run(`{wildcards.part}/${shards}`)}

`
          : ""
      }
rule cell:
    input: ${
        shards > 1
          ? `expand(DONE + "{{name}}.{part}-of-${shards}", part=[${parts.join(", ")}])`
          : `DONE + "{name}.train"`
      }
    output: touch(DONE + "{name}.cell")
    params: cell=lambda wildcards: CELLS[wildcards.name]
${step}
${run("cell")}
`,
  };
}

/** What a step may take, in the words of Snakemake's executors. */
function resources({ partition, gpus, time }: ScriptOptions): string[] {
  const [count = "", model] = (gpus ?? "").split(":").reverse();
  const all = [
    ...partition === undefined ? [] : [`slurm_partition=${JSON.stringify(partition)}`],
    ...gpus === undefined ? [] : [`gpu=${count}`],
    ...model === undefined ? [] : [`gpu_model=${JSON.stringify(model)}`],
    ...time === undefined ? [] : [`runtime=${minutesOf(time)}`],
  ];
  return all.length > 0 ? [`resources: ${all.join(", ")}`] : [];
}

/** SLURM's `minutes`, `minutes:seconds`, `hours:minutes:seconds` and `days-hours[:minutes[:seconds]]` in minutes. */
export function minutesOf(time: string): number {
  const [days, rest] = time.includes("-") ? time.split("-") as [string, string] : ["0", time];
  const parts = rest.split(":").map(Number);
  const [hours, minutes, seconds] = time.includes("-")
    ? parts
    : parts.length === 3
    ? parts
    : [0, ...parts];
  return Math.ceil(1440 * Number(days) + 60 * hours! + (minutes ?? 0) + (seconds ?? 0) / 60);
}
