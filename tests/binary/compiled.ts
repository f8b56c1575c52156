/**
 * The program as a compiled binary.
 *
 * A runtime base of this Deno cannot be had everywhere, but one of another Deno can: CI names a file that has one as
 * `MEMLOSS_OTHER_DENORT`, and the Deno that it is of as `MEMLOSS_OTHER_DENO`. `deno task compile` makes the binary of
 * them. Where they are not named, tests of it are skipped, but in CI they fail.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join, resolve } from "@std/path";
import { baseOf } from "../../tasks/compile/base.ts";
import { pack } from "../../tasks/compile/pack.ts";
import { type Ended, type Process, startCommand, startDeno } from "../testing/program.ts";

const CONFIG = resolve(import.meta.dirname!, "..", "..", "deno.json");
const DENO = Deno.env.get("MEMLOSS_OTHER_DENO"), DENORT = Deno.env.get("MEMLOSS_OTHER_DENORT");

/** Whether there is what a binary is made of. */
export const CAN_COMPILE = DENO !== undefined && DENORT !== undefined;

/** Whether tests may run a program as somebody else. */
export const IS_ROOT = CAN_COMPILE && Deno.uid() === 0;

/** Defines a test that needs a binary; outside of CI it is skipped unless `possible`. */
export function binaryTest(
  name: string,
  test: () => Promise<void>,
  possible = CAN_COMPILE,
): void {
  Deno.test({
    name,
    ignore: !possible && Deno.env.get("CI") === undefined,
    async fn() {
      assert.ok(
        CAN_COMPILE,
        "MEMLOSS_OTHER_DENO and MEMLOSS_OTHER_DENORT must name a Deno, its base",
      );
      await test();
    },
  });
}

/** A binary that the task has made. */
export interface Binary {
  readonly path: string;
  /** What the task said. */
  readonly said: string;
  /** Bytes that are not the runtime base's. */
  readonly packed: number;
}

/** Makes the binary in `folder`, where everybody may run it. */
export async function compileBinary(folder: string): Promise<Binary> {
  const path = join(folder, "memloss");
  const { code, stdout, stderr } = await compile(["--deno", DENO!, "--output", path], DENORT!);
  assert.equal(code, 0, stderr);
  await Deno.chmod(folder, 0o755);
  const base = baseOf(await Deno.readFile(DENORT!)).length;
  return { path, said: stdout, packed: (await Deno.stat(path)).size - base };
}

/** Makes the executable `path` of `script`, as the task makes the program's. */
export async function compileScript(script: string, path: string): Promise<void> {
  const base = `${path}-base`;
  await Deno.writeFile(base, baseOf(await Deno.readFile(DENORT!)), { mode: 0o755 });
  await pack(script, path, { deno: DENO!, base });
}

/** `deno task compile ARGS…` with the runtime base `denort`. */
export function compile(args: readonly string[], denort: string): Promise<Ended> {
  const task = ["task", "-q", "--config", CONFIG, "compile", ...args];
  const cwd = resolve(CONFIG, "..");
  return startDeno(task, cwd, { DENORT_BIN: denort, INIT_CWD: cwd }).ended;
}

/** Who runs a binary, and where. */
export interface Situation {
  /** The user's number; the one who runs the tests unless given. */
  readonly uid?: number;
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts the command line `line` in a shell. */
export function startShell(line: string, { uid, cwd, env }: Situation): Process {
  const user = uid === undefined ? {} : { uid, gid: uid };
  return startCommand("/bin/sh", {
    args: ["-c", `exec ${line}`],
    cwd,
    env,
    clearEnv: true,
    ...user,
  });
}
