/**
 * What a process asks of the system, as strace tells it.
 *
 * @module
 */
import { resolve } from "@std/path";

/** The calls that change files, and those that flush them. */
const TRACED = "fsync,fdatasync,openat,write,pwrite64,rename,renameat,renameat2,unlink,unlinkat";

/** A call that has succeeded. */
export interface SystemCall {
  readonly kind: "flush" | "write" | "rename" | "unlink";
  /** The absolute path of the file or folder; of a rename the new one. */
  readonly path: string;
  /** When it began and ended, as line numbers of the trace. */
  readonly began: number;
  readonly ended: number;
}

/** Why strace cannot be used here, or undefined if it can. */
export async function straceFault(): Promise<string | undefined> {
  try {
    const probe = await new Deno.Command("strace", { args: ["-f", "true"], stderr: "piped" })
      .output();
    return probe.success ? undefined : new TextDecoder().decode(probe.stderr).trim();
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "it is not installed" : String(error);
  }
}

/** Runs the TypeScript `script` under strace; the calls on files below `directory` in the order in which they began. */
export async function traceScript(script: string, directory: string): Promise<SystemCall[]> {
  const file = resolve(directory, "..", "script.ts"), trace = resolve(directory, "..", "trace");
  await Deno.writeTextFile(file, script);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const deno = [Deno.execPath(), "run", "--allow-read", "--allow-write", "--config", config, file];
  const { success, stderr } = await new Deno.Command("strace", {
    args: ["-f", "-y", "-s", "0", "-e", `trace=${TRACED}`, "-o", trace, ...deno],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const calls = parseTrace(await Deno.readTextFile(trace));
  return calls.filter(({ path }) => path.startsWith(directory));
}

/** Reads strace's lines; a call that another thread's line cuts in two is put together again. */
export function parseTrace(text: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const begun = new Map<string, { text: string; line: number }>();
  text.split("\n").forEach((line, number) => {
    const [, thread = "", rest = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (rest.endsWith("<unfinished ...>")) {
      begun.set(thread, { text: rest.replace(/ *<unfinished \.\.\.>$/, ""), line: number });
      return;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const before = resumed ? begun.get(thread) : undefined;
    const call = readCall(before ? before.text + resumed![1] : rest);
    if (call) calls.push({ ...call, began: before?.line ?? number, ended: number });
  });
  return calls.sort((a, b) => a.began - b.began);
}

function readCall(text: string): Pick<SystemCall, "kind" | "path"> | undefined {
  const match = /^(\w+)\((.*)\) += (\d+)/.exec(text);
  if (match === null) return undefined;
  const [, name = "", args = ""] = match;
  const descriptor = /^\d+<([^>]*)>/.exec(args)?.[1];
  const names = [...args.matchAll(/"([^"]*)"/g)].map(([, path]) => path!);
  switch (name) {
    case "fsync":
    case "fdatasync":
      return { kind: "flush", path: descriptor! };
    case "write":
    case "pwrite64":
      return { kind: "write", path: descriptor! };
    case "rename":
    case "renameat":
    case "renameat2":
      return { kind: "rename", path: names[1]! };
    case "unlink":
    case "unlinkat":
      return { kind: "unlink", path: resolve(descriptor ?? "/", names[0]!) };
    default:
      return undefined;
  }
}
