/**
 * A bundle and a runtime base as one executable, under the program's permissions.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { runDeno } from "./deno.ts";

const CONFIG = join(resolve(import.meta.dirname!, "..", ".."), "deno.json");

/** What a binary is made with. */
export interface Packing {
  /** The Deno that makes it. */
  readonly deno: string;
  /** Its platform; that of the machine unless given. */
  readonly target?: string;
  /** The runtime base; Deno downloads it unless given. */
  readonly base?: string | undefined;
}

/**
 * Makes the executable `path` of `bundle`, a file of JavaScript.
 *
 * @throws {Error} with what Deno says, if it fails
 */
export async function pack(
  bundle: string,
  path: string,
  { deno, target, base }: Packing,
): Promise<void> {
  const rights = ["--config", CONFIG, "--no-lock", "-P=memloss", "--no-prompt"];
  const platform = target === undefined ? [] : ["--target", target];
  const args = ["compile", "-q", "--no-check", ...rights, ...platform, "--output", path, bundle];
  await runDeno(deno, args, base === undefined ? {} : { DENORT_BIN: base });
}
