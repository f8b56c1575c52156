/**
 * The two ways a command can end badly. Anything else that reaches `main` is a bug.
 *
 * @module
 */

/**
 * Wrong use or bad input: an unknown flag, a missing directory, a truncated file. Exit code 2.
 *
 * @example
 * ```ts
 * import { resolveRecipe, UsageError } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * assert.throws(() => resolveRecipe({ epochs: 0 }), UsageError);
 * ```
 */
export class UsageError extends Error {
  /** What kind of error it is, also where the class is not at hand. */
  override readonly name = "UsageError";
  /** What the program ends with. */
  readonly exitCode = 2;
}

/**
 * The command was well-formed but failed while it ran: a NaN loss, a full disk, a lost device. Exit code 1.
 *
 * @example
 * ```ts
 * import { openMemory, RunError } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const run = await Deno.makeTempDir();
 * await Deno.mkdir(`${run}/memory`);
 * await Deno.writeTextFile(`${run}/memory/current.json`, "damaged");
 * await assert.rejects(openMemory(run), RunError);
 * await Deno.remove(run, { recursive: true });
 * ```
 */
export class RunError extends Error {
  /** What kind of error it is, also where the class is not at hand. */
  override readonly name = "RunError";
  /** What the program ends with. */
  readonly exitCode = 1;
}

/**
 * The user stopped the command (Ctrl-C); what was done is saved. Exit code 130, as shells expect for SIGINT.
 *
 * @example
 * ```ts
 * import { Interrupted, startRun } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const run = await Deno.makeTempDir();
 * const tiny = { data: "synthetic", width: 1, limitTrain: 8, limitTest: 4, select: "none" } as const;
 * const recipe = { variant: "v1", epochs: 1, backend: "wasm", ...tiny } as const;
 * const signal = AbortSignal.abort();
 * await assert.rejects(startRun(recipe, run, { signal }), Interrupted);
 * await Deno.remove(run, { recursive: true });
 * ```
 */
export class Interrupted extends Error {
  /** What kind of error it is, also where the class is not at hand. */
  override readonly name = "Interrupted";
  /** What the program ends with. */
  readonly exitCode = 130;
}
