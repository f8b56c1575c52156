/**
 * A stage as a process of its own, which is killed with all that it started when its time is over.
 *
 * @module
 */
import { join } from "@std/path";
import { type CheckOptions, readFindings } from "./context.ts";
import { thisProgram } from "./processes.ts";

/** How a stage ended. */
export interface Outcome {
  readonly stage: string;
  /** `stopped`: its time was over; what it had found stays. `missing`: this machine lacks something that it needs. */
  readonly ended: "done" | "missing" | "stopped" | "failed";
  /** Why it is not `done`, a sentence. */
  readonly why?: string;
  readonly seconds: number;
  readonly limit: number;
  /** When it began, ISO 8601. */
  readonly began: string;
}

/** Seconds that a killed process is waited for: one that hangs in a driver cannot die. */
const PATIENCE = 5;

/** Leads the group of the stage that runs. */
let running: number | undefined;

/** Runs `stage` for `limit` seconds at most; what it prints is shown with its name, and kept. */
export async function runStage(
  stage: string,
  options: CheckOptions,
  limit: number,
): Promise<Outcome> {
  const began = new Date().toISOString(), started = performance.now();
  using log = openLog(join(options.out, `${stage}.log`));
  const context = JSON.stringify({ ...options, seconds: limit });
  const child = thisProgram(["stage", stage, context], {
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
    detached: true, // leads a group of its own, which is killed together
    env: { XDG_CACHE_HOME: join(options.out, "cache"), ...packagesHere() },
  }).spawn();
  running = child.pid;
  let last = "";
  const show = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      log.write(text);
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop()!;
      for (const line of lines.filter((each) => each.trim() !== "")) {
        last = line.trim();
        console.log(`[${stage}] ${line}`);
      }
    }
  };
  let stopped = false;
  const timer = setTimeout(() => {
    stopped = true;
    killGroup(child.pid);
  }, 1000 * limit);
  const over = Promise.all([show(child.stdout), show(child.stderr), child.status]);
  const hung = delay(1000 * (limit + PATIENCE));
  const ended = await Promise.race([over, hung.promise]);
  clearTimeout(timer);
  hung.clear();
  killGroup(child.pid); // what it left behind
  running = undefined;
  if (ended === undefined) child.unref();
  const seconds = (performance.now() - started) / 1000;
  const findings = await readFindings(options.out, stage) as Record<string, unknown> | undefined;
  const judged = judge(findings, stopped, last);
  return { stage, ...judged, seconds, limit, began };
}

/** A software driver now and then ends a process by a signal when all is over: what was found says how it ended. */
function judge(
  findings: Record<string, unknown> | undefined,
  stopped: boolean,
  last: string,
): Pick<Outcome, "ended" | "why"> {
  const { finished, missing, error } = findings ?? {};
  if (missing !== undefined) return { ended: "missing", why: String(missing) };
  if (error !== undefined) return { ended: "failed", why: String(error) };
  if (finished === true) return { ended: "done" };
  if (stopped) return { ended: "stopped", why: `its time was over; its last line: ${last}` };
  return { ended: "failed", why: `its process ended; its last line: ${last}` };
}

/** Where Deno has its packages, said to a process whose cache folder is another. */
function packagesHere(): Record<string, string> {
  const { DENO_DIR, XDG_CACHE_HOME, HOME } = Deno.env.toObject();
  if (DENO_DIR) return { DENO_DIR };
  if (XDG_CACHE_HOME) return { DENO_DIR: join(XDG_CACHE_HOME, "deno") };
  return HOME ? { DENO_DIR: join(HOME, ".cache", "deno") } : {};
}

/** Keeps text in a file as long as the disk takes it: it is shown as well, and what a stage finds is worth more. */
function openLog(path: string) {
  let file: Deno.FsFile | undefined;
  const close = () => {
    file?.close();
    file = undefined;
  };
  const attempt = (work: () => void) => {
    try {
      work();
    } catch (error) {
      console.log(`${path} is not kept any more: ${(error as Error).message}`);
      close();
    }
  };
  attempt(() => file = Deno.openSync(path, { write: true, create: true, truncate: true }));
  return {
    write: (text: string) => attempt(() => void file?.writeSync(new TextEncoder().encode(text))),
    [Symbol.dispose]: close,
  };
}

function delay(milliseconds: number) {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), milliseconds);
  return { promise, clear: () => clearTimeout(timer) };
}

/** Kills the stage that runs, if one does. */
export function killStage(): void {
  if (running !== undefined) killGroup(running);
}

function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // nobody of it is left
  }
}
