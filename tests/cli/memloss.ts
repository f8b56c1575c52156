/**
 * The program as a user runs it from source, and what it promises about bad input.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { startDeno } from "../testing/program.ts";

/** The repository's folder. */
export const ROOT = join(import.meta.dirname!, "..", "..");

/** How a process ended and what it printed. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `deno ARGS…` in the repository's folder. */
export async function deno(...args: string[]): Promise<Outcome> {
  return await startDeno(args, ROOT).ended;
}

/** Runs `memloss ARGS…` under the program's own permissions. */
export function memloss(...args: string[]): Promise<Outcome> {
  return deno("run", "--no-prompt", "-P=memloss", "src/main.ts", ...args);
}

/** Runs `memloss ARGS…`, which must succeed. */
export async function memlossDone(...args: string[]): Promise<Outcome> {
  const outcome = await memloss(...args);
  assert.equal(outcome.code, 0, outcome.stderr);
  return outcome;
}

/** Fails unless a process ended with `code`, one line on stderr that matches `sentence`, and nothing on stdout. */
export function assertRefused(outcome: Outcome, code: 1 | 2, sentence: RegExp): void {
  assert.match(outcome.stderr, /^error: (?![a-z]+ )\S.*$/, "one line, that begins like a sentence");
  assert.match(outcome.stderr, sentence);
  assert.equal(outcome.code, code, outcome.stderr);
  assert.equal(outcome.stdout, "");
}

/** `more`, and those of `defaults`, each of them `--name=value`, that are not among them: a flag may be given once. */
export function withDefaults(defaults: readonly string[], more: readonly string[]): string[] {
  const nameOf = (flag: string) => flag.split("=")[0]!;
  const given = new Set(more.map(nameOf));
  return [...defaults.filter((flag) => !given.has(nameOf(flag))), ...more];
}
