/**
 * The program in a process that may be killed.
 *
 * @module
 */
import { join } from "@std/path";

const ROOT = join(import.meta.dirname!, "..");

/** Starts `memloss` with `args`. */
export function startProgram(args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-P=train", "src/main.ts", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

/**
 * Whether the process that `output` is of was killed before it came to its end.
 *
 * @param what it makes, for the error
 * @throws {Error} with what it said if it failed
 */
export async function wasKilled(
  output: Promise<Deno.CommandOutput>,
  what: string,
): Promise<boolean> {
  const { signal, code, stderr } = await output;
  if (signal === "SIGKILL") return true;
  if (code !== 0) throw new Error(`${what}: ${new TextDecoder().decode(stderr)}`);
  return false;
}

/** Waits for the process's end. Throws an `Error` if it failed or somebody killed it. */
export async function finish(process: Deno.ChildProcess, what: string): Promise<void> {
  if (await wasKilled(process.output(), what)) throw new Error(`${what}: killed`);
}
