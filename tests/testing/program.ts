/**
 * The program as a process of its own, as a user starts it.
 *
 * @module
 */
import { resolve } from "@std/path";

const ROOT = resolve(import.meta.dirname!, "..", "..");

/** How a process ended. */
export interface Ended {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  /** Without Deno's own warnings. */
  readonly stderr: string;
}

/** A process; one that a test leaves behind is killed when it goes out of scope (`await using`). */
export interface Process extends AsyncDisposable {
  readonly pid: number;
  kill(signal: Deno.Signal): void;
  readonly ended: Promise<Ended>;
  running(): boolean;
}

/** Starts Deno with `args`, and `env` added to its environment. */
export function startDeno(
  args: readonly string[],
  cwd?: string,
  env: Readonly<Record<string, string>> = {},
): Process {
  return startCommand(Deno.execPath(), {
    args: [...args],
    ...cwd !== undefined && { cwd },
    env: { NO_COLOR: "1", ...env },
  });
}

/** Starts `program`. */
export function startCommand(program: string, options: Deno.CommandOptions): Process {
  const child = new Deno.Command(program, {
    ...options,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let running = true;
  const ended = child.output().then(({ code, signal, stdout, stderr }): Ended => {
    running = false;
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, signal, stdout: text(stdout), stderr: withoutWarnings(text(stderr)) };
  });
  return {
    pid: child.pid,
    kill: (signal) => child.kill(signal),
    ended,
    running: () => running,
    async [Symbol.asyncDispose]() {
      try {
        if (running) child.kill("SIGKILL");
      } catch {
        // It has ended a moment ago, which nobody has been told yet.
      }
      await ended;
    },
  };
}

/** Starts `memloss` with `args` from source, under the permissions that training gets. */
export function startProgram(args: readonly string[]): Process {
  const config = resolve(ROOT, "deno.json"), main = resolve(ROOT, "src", "main.ts");
  return startDeno(["run", "--no-prompt", "-P=train", "--config", config, main, ...args]);
}

/** Runs `memloss` with `args` to its end. */
export function runProgram(args: readonly string[]): Promise<Ended> {
  return startProgram(args).ended;
}

function withoutWarnings(text: string): string {
  return text.split("\n").filter((line) => !line.startsWith("Warning ")).join("\n").trim();
}
