/**
 * Scripts that others run a table's cells by: what they have in common, and how they are written.
 *
 * @module
 */
import { dirname } from "@std/path";
import { createDirectory, writeFileAtomically } from "../../disk/files.ts";
import { shellWord } from "../../format/command_line.ts";
import { sha256 } from "../../format/sha256.ts";
import { checkOutput, type OutputKind } from "../../run/output.ts";
import type { CellPlan } from "../plan.ts";

/** A table that is made by other programs' means. */
export interface ScriptOptions {
  /** What the jobs are called. */
  readonly name: string;
  /** The table's folder, as all machines see it. */
  readonly out: string;
  /** Where the command is called, on all machines: what a table names by relative paths is found from there. */
  readonly folder: string;
  /** The command that takes `--only`, `--seeds` and `--step` at its end. */
  readonly command: readonly string[];
  /** The flag that names all seeds. */
  readonly seeds: string;
  readonly cells: readonly CellPlan[];
  /** Parts that AutoAttack is cut into; 1 leaves it whole. */
  readonly shards: number;
  /** Where the jobs run, and what each may take: as SLURM words it. */
  readonly partition?: string | undefined;
  readonly gpus?: string | undefined;
  readonly time?: string | undefined;
}

/** The last line of a script: whoever has changed what stands above is not overwritten. */
const SEAL = /\n# memloss wrote what stands above: ([0-9a-f]{64})\n$/;

const SCRIPT: OutputKind = {
  name: "as memloss wrote it",
  recognise(bytes) {
    const text = new TextDecoder().decode(bytes), seal = SEAL.exec(text);
    return seal !== null && sha256(new TextEncoder().encode(text.slice(0, seal.index))) === seal[1];
  },
};

/**
 * Writes scripts by their paths; one that is there is replaced where nobody has changed it.
 *
 * @param mode what may be done with them
 * @throws {UsageError} if one is there that was changed, or is something else
 * @throws {RunError} if one cannot be written
 */
export async function writeScripts(
  scripts: Readonly<Record<string, string>>,
  mode: number,
): Promise<void> {
  for (const path of Object.keys(scripts)) {
    await createDirectory(dirname(path));
    await checkOutput(path, { flag: "--plan", kind: SCRIPT, inputs: [], overwrite: false });
  }
  for (const [path, text] of Object.entries(scripts)) {
    const digest = sha256(new TextEncoder().encode(text));
    const sealed = `${text}\n# memloss wrote what stands above: ${digest}\n`;
    await writeFileAtomically(path, new TextEncoder().encode(sealed));
    await Deno.chmod(path, mode).catch(() => {}); // a disk without permissions
  }
}

/** The cells among `cells` whose runs have to be trained before that of `plan` is made. */
export function needsOf({ helper, trained }: CellPlan, cells: readonly CellPlan[]): CellPlan[] {
  return cells.filter(({ name }) => name === (trained ?? helper)?.name);
}

/** `words` as a shell reads them. */
export function shellWords(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}
