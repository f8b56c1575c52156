/**
 * This program started again: as a stage, or as memloss itself.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { resolve } from "@std/path";

/** Where a file of this folder's parent is, from source and from a pack alike. */
export function besideTheCheck(path: string): string {
  return fileURLToPath(new URL(path, Deno.mainModule));
}

/** Arguments of Deno that start this program with `args`: a bundle has no configuration beside it. */
function startArguments(args: readonly string[]): string[] {
  const main = fileURLToPath(Deno.mainModule);
  const rights = main.endsWith(".ts")
    ? ["--frozen", "--config", resolve(main, "../../deno.json"), "-P=gpu-check"]
    : ["--allow-all", "--unstable-kv", "--no-config"];
  return ["run", "-q", ...rights, main, ...args];
}

/** This program, to be started with `args`. */
export function thisProgram(args: readonly string[], options: Deno.CommandOptions): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    ...options,
    args: startArguments(args),
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...options.env },
  });
}

/**
 * Runs `memloss` with `args`, told to stop (SIGTERM, on which it saves) after `seconds`.
 *
 * @returns its exit code and what it printed on stdout; the rest went to the terminal
 */
export async function memloss(args: readonly string[], seconds: number) {
  const child = thisProgram(["program", ...args], { stdin: "null", stdout: "piped" }).spawn();
  const stop = () => {
    try {
      child.kill("SIGTERM");
    } catch {
      // it has ended just now
    }
  };
  const timer = setTimeout(stop, Math.max(1, 1000 * seconds));
  const { code, stdout } = await child.output();
  clearTimeout(timer);
  return { code, stdout: new TextDecoder().decode(stdout) };
}
