/**
 * Kills `memloss reproduce` again and again, starts the same command each time, and holds the table it ends with against
 * one that was left alone.
 *
 * `deno task kill-reproduce --data-dir DIR [--kills N] [--seed S]` prints one line for each kill.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { join } from "@std/path";
import { Purpose, Stream } from "../src/random/stream.ts";
import { finish, startProgram, wasKilled } from "./kill_program.ts";

/** Two rows of the smallest network, three epochs of three steps; every kind of evaluation, on a few images. */
const TABLE = {
  format: 1,
  name: "killed",
  title: "Killed",
  recipe: {
    data: "cifar10",
    width: 1,
    epochs: 3,
    "batch-size": 8,
    "limit-train": 20,
    lr: 0.05,
    select: "none",
    "checkpoint-every": 1,
  },
  columns: [
    { name: "clean", label: "clean" },
    { name: "pgd3", label: "PGD-3" },
    { name: "autoattack", label: "AutoAttack" },
  ],
  rows: [
    { name: "v1", label: "V1", recipe: { variant: "v1" } },
    { name: "pgd-at", label: "PGD-AT", recipe: { variant: "pgd-at" } },
  ],
  scales: { few: { recipe: {}, n: { clean: 12, pgd3: 12, autoattack: 2 } } },
  claims: [{ text: "V1 over PGD-AT", column: "clean", order: ["v1", "pgd-at"] }],
};

/** How often to kill, and what decides when. */
export interface ReproduceKillOptions {
  readonly kills: number;
  readonly seed: number;
  /** CIFAR-10's files. */
  readonly dataDir: string;
  /** An empty folder to work in. */
  readonly directory: string;
  /** Takes a line for each kill and each table that was finished. */
  log(line: string): void;
}

/**
 * Kills tables at random moments until there were `kills`, and lets the last one end.
 *
 * @returns how many tables got to their end, each of them with the JSON of the one that was left alone but for times
 * @throws {Error} if one ends with other JSON
 */
export async function killReproduce(options: ReproduceKillOptions): Promise<number> {
  const { kills, seed, directory, log } = options;
  const stream = new Stream(seed, Purpose.synthetic);
  await Deno.writeTextFile(join(directory, "table.json"), JSON.stringify(TABLE));
  const started = performance.now();
  await finish(start(options, "whole"), "whole");
  const length = performance.now() - started;
  const expected = await results(join(directory, "whole"));
  log(`left alone: ${(length / 1000).toFixed(1)} s, ${Object.keys(expected).length} files of JSON`);
  let done = 0, finished = 0;
  while (done < kills) {
    const out = `killed-${finished}`;
    while (done < kills) {
      const milliseconds = length * stream.uniform();
      if (!await runAndKill(options, out, milliseconds)) break;
      done++;
      const cells = await cellNames(join(directory, out));
      const made = cells.length > 0 ? cells.join(" ") : "no cell";
      log(`kill ${done}: after ${(milliseconds / 1000).toFixed(2)} s, ${made}`);
    }
    await finish(start(options, out), out);
    const ended = await results(join(directory, out));
    const differing = Object.keys({ ...expected, ...ended }).filter((name) =>
      expected[name] !== ended[name]
    );
    if (differing.length > 0) throw new Error(`${out} differs in ${differing.join(", ")}`);
    finished++;
    log(`table ${finished} ended with the same ${Object.keys(ended).length} files of JSON`);
  }
  return finished;
}

function start({ directory, dataDir }: ReproduceKillOptions, out: string): Deno.ChildProcess {
  return startProgram([
    "reproduce",
    ...["--table", join(directory, "table.json"), "--scale", "few", "--seeds", "1"],
    ...["--out", join(directory, out), "--data-dir", dataDir, "--backend", "wasm"],
    ...["--workers", "1"],
  ]);
}

/** Makes the table in `out` for so long; false if it came to its end before. */
async function runAndKill(
  options: ReproduceKillOptions,
  out: string,
  milliseconds: number,
): Promise<boolean> {
  const child = start(options, out);
  const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
  return await wasKilled(child.output(), out).finally(() => clearTimeout(timer));
}

/** Files of cells, finished or not. */
async function cellNames(out: string): Promise<string[]> {
  const folder = join(out, "cells");
  if (!await Deno.stat(folder).then(() => true, () => false)) return [];
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  return names.filter((name) => name.endsWith(".json")).sort();
}

/** The JSON of cells and table by file name, without times. */
async function results(out: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await cellNames(out)) {
    const cell = JSON.parse(await Deno.readTextFile(join(out, "cells", name)));
    found[name] = JSON.stringify({ ...cell, times: undefined });
  }
  const table = await Deno.readTextFile(join(out, "table.json"));
  return { ...found, "table.json": table.replace(/in [\d.]+ hours/, "") };
}

if (import.meta.main) {
  const given = parseArgs(Deno.args, { string: ["kills", "seed", "data-dir"] });
  const directory = await Deno.makeTempDir({ prefix: "memloss-kills-" });
  const kills = Number(given.kills ?? 20), seed = Number(given.seed ?? 1);
  const dataDir = String(given["data-dir"] ?? "data");
  try {
    const finished = await killReproduce({ kills, seed, dataDir, directory, log: console.log });
    console.log(`${kills} kills; ${finished} tables ended with the same JSON. Seed ${seed}.`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
